using System.Globalization;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector;
using Ggrok.Server.Hosting;
using Ggrok.Shared.Webhooks;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Ggrok.Screenshots;

/// <summary>A shop on this machine, a server, and the client between them with its inspector.</summary>
internal sealed class Scene : IAsyncDisposable
{
    private static readonly string Folder = Directory.CreateTempSubdirectory("ggrok-pictures").FullName;

    private readonly CancellationTokenSource _stop;
    private readonly WebApplication _shop;
    private readonly WebApplication _server;
    private readonly Task _clients;

    private Scene(WebApplication shop, WebApplication server, Task clients, CancellationTokenSource stop)
    {
        _shop = shop;
        _server = server;
        _clients = clients;
        _stop = stop;
    }

    /// <summary>What the senders of webhooks sign with.</summary>
    public static IReadOnlyDictionary<WebhookProvider, string> Secrets { get; } = new Dictionary<WebhookProvider, string>
    {
        [WebhookProvider.GitHub] = "its-secret",
        [WebhookProvider.Stripe] = "whsec_its-secret",
    };

    /// <summary>For the server's own page.</summary>
    public const string AdminToken = "a-long-admin-secret";

    private const string ClientToken = "a-long-client-secret";

    /// <summary>Where visitors come in, and under which name.</summary>
    public required Uri Server { get; init; }

    public required Uri PublicUrl { get; init; }

    public required Uri Inspector { get; init; }

    public static async Task<Scene> StartAsync()
    {
        WebApplication shop = await Shop.StartAsync();
        WebApplication server = GgrokServer.Build([], builder =>
        {
            builder.Configuration.Sources.Clear();
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["URLS"] = "http://127.0.0.1:0",
                ["GGROK_DOMAIN"] = "example.com",
                ["GGROK_TOKENS"] = $"{AdminToken} name=anna admin, {ClientToken} name=team",
                ["GGROK_TOKENS_STORE"] = Path.Combine(Folder, "tokens.json"),
                ["Logging:LogLevel:Default"] = "None",
            });
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Logging.ClearProviders();
        });
        await server.StartAsync();
        var events = new Events();
        var stop = new CancellationTokenSource();
        var relay = new Uri(server.Urls.First());
        Task<ClientExit> client = InspectedClient.RunAsync(OptionsFor(relay, new Uri(shop.Urls.First())), events, TimeProvider.System, stop.Token);
        Task<ClientExit> other = InspectedClient.RunAsync(SecondOptions(relay, new Uri(shop.Urls.First())), new Events(), TimeProvider.System, stop.Token);
        return new Scene(shop, server, Task.WhenAll(client, other), stop) { Server = relay, PublicUrl = await events.PublicUrl.Task, Inspector = await events.Inspector.Task };
    }

    private static TunnelClientOptions OptionsFor(Uri server, Uri shop) => new()
    {
        Server = server,
        Token = ClientToken,
        ClientId = Guid.NewGuid().ToString("N"),
        Label = "anna@laptop",
        Tunnels = [new LocalTunnel { Name = "shop", Target = shop, Subdomain = "shop" }],
        DrainTimeout = TimeSpan.FromSeconds(1),
        Inspect = new InspectOptions { Port = 0, WebhookSecrets = Secrets.ToDictionary(s => s.Key, s => (IReadOnlyList<string>)[s.Value]) },
    };

    private static TunnelClientOptions SecondOptions(Uri server, Uri shop) => new()
    {
        Server = server,
        Token = ClientToken,
        ClientId = Guid.NewGuid().ToString("N"),
        Label = "ben@desktop",
        Tunnels =
        [
            new LocalTunnel { Name = "api", Target = shop, Subdomain = "api" },
            new LocalTunnel { Name = "db", Target = new Uri($"tcp://127.0.0.1:{shop.Port}"), Kind = Ggrok.Shared.Protocol.TunnelKind.Tcp, PrivateName = "db" },
        ],
        DrainTimeout = TimeSpan.FromSeconds(1),
    };

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _clients;
        await _server.DisposeAsync();
        await _shop.DisposeAsync();
        _stop.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
