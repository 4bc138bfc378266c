using System.Net;
using System.Net.Quic;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Ggrok.Server.Edge;
using Ggrok.Server.Tunnels;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Ggrok.Server.Tls;

/// <summary>The endpoint with TLS: which protocols it speaks and what each handshake gets.</summary>
internal sealed class TlsEndpoint(TlsOptions options, CertificateStore store, TunnelRegistry registry, PolicyBook policies)
{
    /// <summary>Whether this system can speak HTTP/3; QUIC needs msquic, which .NET does not bring along on Linux.</summary>
    public static bool IsHttp3Possible => (OperatingSystem.IsLinux() || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()) && QuicListener.IsSupported;

    /// <summary>Whether visitors get HTTP/3. A port that the system chooses would not be the same for TCP and UDP.</summary>
    public static bool HasHttp3(TlsOptions options) => options.Http3 && options.Port != 0 && IsHttp3Possible;

    /// <summary>Adds the endpoint on all interfaces.</summary>
    public void AddTo(KestrelServerOptions kestrel) => kestrel.ListenAnyIP(options.Port, listen =>
    {
        listen.Protocols = HasHttp3(options) ? HttpProtocols.Http1AndHttp2AndHttp3 : HttpProtocols.Http1AndHttp2;

        // A middleware that looks at the connection before TLS goes here: listen.Use(…).
        listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = OnHandshakeAsync });
    });

    private async ValueTask<SslServerAuthenticationOptions> OnHandshakeAsync(TlsHandshakeCallbackContext handshake)
    {
        CertificateIndex index = await store.ForHandshakeAsync().ConfigureAwait(false);

        // QUIC has no SslStream, whatever the annotations say; there nobody is asked.
        bool isTcp = handshake.SslStream is not null;
        bool ofVisitors = isTcp && AsksVisitors(handshake);

        // A new object each time: Kestrel adds the protocols that it speaks on this transport (ALPN, RFC 7301).
        var answer = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = index.Find(handshake.ClientHelloInfo.ServerName, ofVisitors),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        };

        // Clients register over TCP.
        if (ofVisitors || (index.Clients is not null && isTcp))
        {
            // Asked for, and looked at only when somebody registers, or by the policy of a tunnel: with a wrong one, or none,
            // a visitor is still a visitor.
            answer.ClientCertificateRequired = true;
            answer.CertificateChainPolicy = index.Clients?.Policy(ofClients: true) ?? Unchecked();
            answer.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        }

        return answer;
    }

    // Before a request is there only the name is known. Whoever calls an address instead of a name sends none.
    private bool AsksVisitors(TlsHandshakeCallbackContext handshake)
    {
        string? host = handshake.ClientHelloInfo.ServerName is { Length: > 0 } name ? HostNames.Normalize(name)
            : handshake.Connection.LocalEndPoint is IPEndPoint local ? Visitors.VisitorConnection.TextOf(local.Address)
            : null;
        return host is not null && registry.OfHost(host).Any(r => policies.PipelineOf(r)?.AsksForCertificate == true);
    }

    // The policy of the tunnel checks; nothing is fetched meanwhile.
    private static X509ChainPolicy Unchecked() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };
}
