using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using Ggrok.Server.Tls;
using Ggrok.Shared.Certificates;
using Ggrok.Shared.Edge.Certificate;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge.Certificate;

/// <summary>Lets visitors pass whose own TLS connection carries a client certificate of the tunnel's CA, and says to the local service which.</summary>
internal sealed class CertificatePolicy(PemAuthorities authorities, TimeProvider time) : IEdgePolicy
{
    // Of a connection the certificate is one object, and building its chain costs more than a request.
    private readonly ConditionalWeakTable<X509Certificate2, StrongBox<string?>> _problems = [];

    public ValueTask<RelayError> InvokeAsync(EdgeExchange exchange, EdgeNext next)
    {
        ClientCertificateFields.RemoveFrom(exchange.Head.Headers);
        X509Certificate2? certificate = exchange.Context.Connection.ClientCertificate;
        if (certificate is null)
        {
            ConnectAnew(exchange);
            return ValueTask.FromResult(RelayError.ClientCertificateRequired);
        }

        if (ProblemOf(certificate) is { } problem)
        {
            return ValueTask.FromResult(exchange.Refuse(RelayError.ClientCertificateRequired, problem));
        }

        ClientCertificateFields.AddTo(exchange.Head.Headers, certificate);
        return next.InvokeAsync();
    }

    private string? ProblemOf(X509Certificate2 certificate)
    {
        // A connection may live longer than what opened it.
        if (certificate.NotAfter.ToUniversalTime() < time.GetUtcNow().UtcDateTime)
        {
            return "The client certificate is not valid at this time.";
        }

        return _problems.GetValue(certificate, c => new StrongBox<string?>(Examine(c))).Value;
    }

    private string? Examine(X509Certificate2 certificate)
    {
        using var chain = new X509Chain { ChainPolicy = authorities.Policy(ofClients: true) };
        bool valid = chain.Build(certificate);
        ClientCertificateProblem problem = valid ? ClientCertificateProblem.None : ClientCertificateAuthenticator.ProblemOf(chain);
        foreach (X509ChainElement element in chain.ChainElements)
        {
            element.Certificate.Dispose();
        }

        return problem switch
        {
            ClientCertificateProblem.None => null,
            ClientCertificateProblem.Foreign => "The client certificate is not issued by the CA that the owner of the tunnel accepts.",
            ClientCertificateProblem.Expired => "The client certificate is not valid at this time.",
            _ => "The certificate is not one for clients.",
        };
    }

    // Browsers use one connection for several hosts of one certificate, and QUIC asks for none: another connection, made for
    // this host, is asked (RFC 9110 section 15.5.20).
    private static void ConnectAnew(EdgeExchange exchange)
    {
        string? asked = exchange.Context.Features.Get<Microsoft.AspNetCore.Connections.Features.ITlsHandshakeFeature>()?.HostName;
        bool isHttp3 = HttpProtocol.IsHttp3(exchange.Context.Request.Protocol);
        bool isShared = HttpProtocol.IsHttp2(exchange.Context.Request.Protocol) && !string.Equals(asked, exchange.Route.Key.Host, StringComparison.OrdinalIgnoreCase);
        if (isHttp3 || isShared)
        {
            exchange.Record.Status = StatusCodes.Status421MisdirectedRequest;
            exchange.OnResponse((_, response) =>
            {
                response.StatusCode = StatusCodes.Status421MisdirectedRequest;
                if (isHttp3)
                {
                    response.Headers.AltSvc = "clear";
                }
            });
        }
    }
}

/// <summary>Makes <see cref="CertificatePolicy"/>.</summary>
/// <param name="options">The server's options.</param>
/// <param name="time">Clock.</param>
internal sealed class CertificatePolicyFactory(Hosting.ServerOptions options, TimeProvider time) : IEdgePolicyFactory
{
    public EdgeStage Stage => EdgeStage.Certificate;

    public IEnumerable<string> Keys => [CertificateOptions.Key];

    public IEdgePolicy Create(PolicyValues values, EdgeScope scope) => options.Tls is null
        ? throw new FormatException("this server does not end TLS itself, so no certificate reaches it; set GGROK_TLS_CERT at the server, or leave it out")
        : new CertificatePolicy(CertificateOptions.Parse(values.Single(CertificateOptions.Key)!), time);
}
