using System.Globalization;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Diagnosis;

/// <summary>TLS and the server's certificate, judged as tunnels judge it.</summary>
internal sealed class TlsCheck : ICheck
{
    private const int FewDays = 14;

    public CheckName Name => CheckName.Tls;

    public string? Obstacle(Examination examination) => !examination.IsReached ? "there is no connection"
        : examination.Options!.Server is { IsLoopback: true } server && server.Scheme != Uri.UriSchemeHttps ? "not used on this machine"
        : null;

    public async Task<Finding> LookAsync(Examination examination, CancellationToken limit)
    {
        TunnelClientOptions options = examination.Options!;
        if (options.Server.Scheme != Uri.UriSchemeHttps)
        {
            return Finding.Warn("not used", $"Everybody on the way can read {(options.Token is null ? "all" : "the token and all")} that passes; if the server has TLS, write --server https://{options.Server.Host}");
        }

        ServerProbe probe = examination.Probe;
        await Task.WhenAny(probe.First, probe.Secured).WaitAsync(limit).ConfigureAwait(false);
        if (probe.Secured.IsCompletedSuccessfully)
        {
            examination.IsSecured = true;
            return Describe(await probe.Secured.ConfigureAwait(false), probe.Check);
        }

        return probe.Check.Problem is { } problem
            ? Finding.Fail($"{options.Server.Authority} {problem}")
            : Broken(options.Server, probe.First.Exception?.InnerException);
    }

    private static Finding Broken(Uri server, Exception? exception) => exception?.InnerException is AuthenticationException tls
        ? Finding.Fail($"TLS to {server.Authority} failed: {tls.Message.TrimEnd('.')}", $"If the server speaks plain HTTP, write --server http://{server.Authority}")
        : Finding.Fail(Unreachable.Explain(server, exception ?? new HttpRequestException("it speaks no TLS.")));

    private static Finding Describe(TlsFacts facts, ServerCertificateCheck check)
    {
        X509Certificate2 certificate = facts.Certificate;
        int days = (int)Math.Floor((certificate.NotAfter.ToUniversalTime() - DateTime.UtcNow).TotalDays);
        string found = string.Create(CultureInfo.InvariantCulture,
            $"{Version(facts.Protocol)}, certificate of {NameOf(certificate, false)} by {NameOf(certificate, true)}, {days} day{(days == 1 ? "" : "s")} left, trusted by {check.TrustedBy ?? "this system"}");
        var measured = new Dictionary<string, double> { ["daysLeft"] = days };
        return days < FewDays
            ? Finding.Warn(found, "Renew the certificate at the server; without that no tunnel opens when it expires.") with { Measured = measured }
            : Finding.Pass(found) with { Measured = measured };
    }

    private static string NameOf(X509Certificate2 certificate, bool issuer) => Printable.Clean(certificate.GetNameInfo(X509NameType.SimpleName, issuer));

    private static string Version(SslProtocols protocol) => protocol switch
    {
        SslProtocols.Tls13 => "TLS 1.3",
        SslProtocols.Tls12 => "TLS 1.2",
        _ => protocol.ToString(),
    };
}
