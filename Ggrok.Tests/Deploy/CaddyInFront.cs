using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Deploy;

/// <summary>
/// The repository's Caddyfile in a real Caddy, in front of a real server, client and local app. It listens on a free port of
/// the loopback interface and issues its certificates itself.
/// </summary>
public sealed class CaddyInFront : IAsyncLifetime
{
    public const string Domain = "tunnels.test";

    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-caddy").FullName;
    private RunningProgram? _caddy;
    private LocalApp _app = null!;
    private RunningServer _server = null!;
    private RunningClient _client = null!;

    public static bool IsAvailable { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, "caddy")));

    /// <summary>What the local app does; each test sets its own.</summary>
    public RequestDelegate App { get; set; } = _ => Task.CompletedTask;

    /// <summary>A visitor who comes through Caddy whatever name is asked for.</summary>
    public HttpClient Visitor { get; private set; } = null!;

    /// <summary>What the visitor uses.</summary>
    public SocketsHttpHandler Handler { get; private set; } = null!;

    public Uri Url { get; } = new($"https://alice.{Domain}/");

    public async Task InitializeAsync()
    {
        if (!IsAvailable)
        {
            return;
        }

        _app = await LocalApp.StartAsync(context => App(context));
        _server = await RunningServer.StartAsync([("GGROK_DOMAIN", Domain), ("GGROK_TRUSTED_PROXIES", "*")]);
        _client = new RunningClient(RunningClient.Options(_server.Url, _app.Url, t => t with { Subdomain = "alice" }));
        await _client.Events.NextReadyAsync();
        int port = await StartCaddyAsync();
        Handler = NewHandler(port);
        Visitor = new HttpClient(Handler, disposeHandler: false) { BaseAddress = Url, Timeout = Within.Limit };
    }

    public async Task DisposeAsync()
    {
        if (_caddy is not null)
        {
            Visitor.Dispose();
            Handler.Dispose();
            await _caddy.DisposeAsync();
            await _client.DisposeAsync();
            await _server.DisposeAsync();
            await _app.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    // Caddy cannot choose a free port itself, and one found for it may be taken by then.
    private async Task<int> StartCaddyAsync()
    {
        for (int attempt = 1; ; attempt++)
        {
            int port = FreePorts.One();
            WriteCaddyfile(port);
            _caddy = RunningProgram.Start("caddy", "run --config Caddyfile --adapter caddyfile", _folder, [("XDG_CONFIG_HOME", _folder), ("XDG_DATA_HOME", _folder)]);
            Task<string> serving = _caddy.LineAsync("serving initial configuration");
            if (await Task.WhenAny(serving, _caddy.ExitAsync()) == serving)
            {
                await serving;
                return port;
            }

            attempt.ShouldBeLessThan(5, _caddy.Output);
            await _caddy.DisposeAsync();
        }
    }

    private void WriteCaddyfile(int port)
    {
        string globals = $"""
            {"{"}
            	admin off
            	local_certs
            	skip_install_trust
            	auto_https disable_redirects
            	default_bind 127.0.0.1
            	https_port {port}
            	storage file_system {_folder}/data

            """;
        string text = Repository.Read("Caddyfile").Replace("ggrok:8080", $"127.0.0.1:{_server.Url.Port}", StringComparison.Ordinal);
        int options = text.IndexOf("\n{\n", StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "Caddyfile"), text[..(options + 1)] + globals + text[(options + 3)..]);
    }

    private static SocketsHttpHandler NewHandler(int port) => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ConnectCallback = async (_, cancellation) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
        SslOptions = new SslClientAuthenticationOptions
        {
            // Issued for the name asked for, by Caddy's own authority: that is unknown to this machine and nothing else.
            RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                certificate is X509Certificate2 && (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == SslPolicyErrors.None,
        },
    };
}

/// <summary>A test with Caddy; skipped, and counted as such, where it is not installed.</summary>
internal sealed class CaddyFactAttribute : FactAttribute
{
    public CaddyFactAttribute()
    {
        if (!CaddyInFront.IsAvailable)
        {
            Skip = "Install caddy for the tests of the Caddyfile.";
        }
    }
}
