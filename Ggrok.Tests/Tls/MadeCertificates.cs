using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Ggrok.Client.Certificates;
using Ggrok.Client.Cli;
using Ggrok.Client.Connection;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Tls;

/// <summary>A folder of certificates made by the command that people use, and visitors who trust its CA and no other.</summary>
internal sealed class MadeCertificates : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-tls").FullName;

    public string Ca => this["ca.crt"];

    public string this[string file] => Path.Combine(_folder, file);

    public static async Task<MadeCertificates> MakeAsync(params string[] names)
    {
        var made = new MadeCertificates();
        if (names.Length > 0)
        {
            await made.CreateAsync(names);
        }

        return made;
    }

    /// <summary>Runs <c>ggrok certs create</c>; it must work.</summary>
    public async Task<string> CreateAsync(params string[] arguments)
    {
        (int code, string output, string error) = await RunAsync(arguments);
        code.ShouldBe(0, error);
        return output;
    }

    public async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var line = new CommandLine(output, error, isTerminal: false, _ => null, (_, _, _) => throw new InvalidOperationException("no tunnel is opened"));
        int code = await line.InvokeAsync(["certs", "create", .. arguments, "--out", _folder], default);
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>A CA of a year ago and, from it, certificates that were good for a month.</summary>
    public void MakeExpired()
    {
        var then = new Then(DateTimeOffset.UtcNow - TimeSpan.FromDays(365));
        Issuer issuer = Issuer.Make("Old CA", then);
        var folder = new CertificateFolder(_folder, then);
        folder.Write("ca", issuer.Certificate, issuer.Certificate.GetECDsaPrivateKey()!);
        (X509Certificate2 server, System.Security.Cryptography.ECDsa serverKey) = issuer.ForServer(new CertificateNames(["localhost"]), 30);
        folder.Write("localhost", server, serverKey);
        (X509Certificate2 client, System.Security.Cryptography.ECDsa clientKey) = issuer.ForClient("late", 30);
        folder.Write("late", client, clientKey);
    }

    public (string Name, string Value)[] Settings(params string[] names) =>
    [
        ("GGROK_TLS_CERT", string.Join(",", names.Select(n => this[n + ".crt"]))),
        ("GGROK_TLS_KEY", string.Join(",", names.Select(n => this[n + ".key"]))),
        ("GGROK_TLS_PORT", "0"),
    ];

    public ServerTrust Trust(string? client = null) => new()
    {
        CaFile = Ca,
        CertificateFile = client is null ? null : this[client + ".crt"],
        KeyFile = client is null ? null : this[client + ".key"],
    };

    /// <summary>A visitor by HTTP that trusts the CA.</summary>
    public HttpClient Visitor(Uri url, X509Certificate2? certificate = null) => new(Handler(certificate)) { BaseAddress = url, Timeout = Within.Limit };

    public SocketsHttpHandler Handler(X509Certificate2? certificate = null) => new()
    {
        UseProxy = false,
        SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = Policy(),
            LocalCertificateSelectionCallback = certificate is null ? null : (_, _, _, _, _) => certificate,
        },
    };

    public static Uri SecureUrl(RunningServer server, string host = "localhost") => new(string.Create(
        CultureInfo.InvariantCulture, $"https://{host}:{new Uri(server.App.Urls.First(u => u.StartsWith("https://", StringComparison.Ordinal))).Port}"));

    /// <summary>A handshake that asks for a name; what the server shows is judged by the CA.</summary>
    public async Task<(SslStream Stream, X509Certificate2 Shown)> ShakeHandsAsync(RunningServer server, string name, SslProtocols protocols = SslProtocols.None)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, SecureUrl(server).Port);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await Within.Bound(stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = name,
            CertificateChainPolicy = Policy(),
            EnabledSslProtocols = protocols,
            AllowTlsResume = false,
            RemoteCertificateValidationCallback = (_, _, _, errors) => (errors & SslPolicyErrors.RemoteCertificateChainErrors) == 0,
        }), "the handshake");
        return (stream, new X509Certificate2(stream.RemoteCertificate!));
    }

    /// <summary>
    /// An open connection. The platform keeps the contexts of sessions in a cache, from which those without a connection
    /// go when a process, as that of the tests, makes many.
    /// </summary>
    public async Task<IAsyncDisposable> HoldContextAsync(RunningServer server) => (await ShakeHandsAsync(server, "localhost")).Stream;

    /// <summary>The first name of the certificate that is shown for a name.</summary>
    public async Task<string> ShownForAsync(RunningServer server, string name)
    {
        (SslStream stream, X509Certificate2 shown) = await ShakeHandsAsync(server, name);
        await stream.DisposeAsync();
        return shown.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(Ca));
        return policy;
    }

    private sealed class Then(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
