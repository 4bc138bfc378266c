using System.Net;
using Ggrok.Client.Connection;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Balancing;

/// <summary>A server and any number of real clients behind one of its names, each with a local app of its own.</summary>
public sealed class PoolScene : IAsyncDisposable
{
    public const string Token = "team-secret";

    private readonly List<IAsyncDisposable> _parts = [];

    private PoolScene(RunningServer server)
    {
        Server = server;
        Visitor = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
        {
            BaseAddress = server.Url,
            Timeout = Within.Limit,
        };
    }

    public RunningServer Server { get; }

    public HttpClient Visitor { get; }

    public static async Task<PoolScene> StartAsync(params (string Name, string Value)[] settings) =>
        new(await RunningServer.StartAsync([("GGROK_TOKENS", $"{Token}, other-secret"), .. settings]));

    /// <summary>On a server that lets anybody in.</summary>
    public static async Task<PoolScene> OpenToAllAsync() => new(await RunningServer.StartAsync());

    /// <summary>A pool of members that answer with their names: a, b, c…</summary>
    public static async Task<PoolScene> WithMembersAsync(int members, string? balance = null, params (string Name, string Value)[] settings)
    {
        PoolScene scene = await StartAsync(settings);
        for (int i = 0; i < members; i++)
        {
            await scene.JoinAsync(((char)('a' + i)).ToString(), balance);
        }

        return scene;
    }

    /// <summary>A member that answers each request with its name.</summary>
    public Task<RunningClient> JoinAsync(string name, string? balance = null, string? id = null) =>
        JoinAsync(c => c.Response.WriteAsync(name), t => t with { Pool = new PoolRequest(balance) }, id);

    public async Task<RunningClient> JoinAsync(RequestDelegate app, Func<LocalTunnel, LocalTunnel>? tunnel = null, string? id = null)
    {
        LocalApp local = await LocalApp.StartAsync(app);
        _parts.Add(local);
        return await JoinAsync(local.Url, tunnel, id);
    }

    public async Task<RunningClient> JoinAsync(Uri target, Func<LocalTunnel, LocalTunnel>? tunnel = null, string? id = null)
    {
        RunningClient client = Begin(target, tunnel ?? (t => t with { Pool = new PoolRequest() }), id: id);
        await client.Events.NextReadyAsync();
        return client;
    }

    /// <summary>A client that may be refused.</summary>
    public RunningClient Begin(Uri target, Func<LocalTunnel, LocalTunnel> tunnel, string? token = Token, string? id = null)
    {
        var client = new RunningClient(RunningClient.Options(Server.Url, target, tunnel, token, id));
        _parts.Add(client);
        return client;
    }

    /// <summary>How a client with such a tunnel is refused.</summary>
    public Task<ClientExit> RefusalAsync(Func<LocalTunnel, LocalTunnel> tunnel, string? token = Token) =>
        Begin(new Uri("http://127.0.0.1:1"), tunnel, token).Exit;

    /// <summary>An address at which nothing listens.</summary>
    public static async Task<Uri> NowhereAsync()
    {
        await using LocalApp gone = await LocalApp.StartAsync(_ => Task.CompletedTask);
        return gone.Url;
    }

    /// <summary>The session of a member.</summary>
    public TunnelSession SessionOf(RunningClient client) =>
        Server.Get<SessionDirectory>().Sessions.Single(s => s.Hello.Client == client.ClientId);

    /// <summary>Who answers so many requests, one after the other.</summary>
    public async Task<List<string>> AskAsync(int times, string path = "/")
    {
        var answers = new List<string>();
        for (int i = 0; i < times; i++)
        {
            answers.Add(await Visitor.GetStringAsync(path));
        }

        return answers;
    }

    public async Task<(HttpStatusCode Status, string? Error)> VisitAsync(HttpMethod method, string path = "/", string? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body) };
        using HttpResponseMessage response = await Visitor.SendAsync(request);
        return (response.StatusCode, response.Headers.TryGetValues("X-Ggrok-Error", out IEnumerable<string>? error) ? error.Single() : null);
    }

    public async ValueTask DisposeAsync()
    {
        Visitor.Dispose();
        foreach (IAsyncDisposable part in Enumerable.Reverse(_parts))
        {
            await part.DisposeAsync();
        }

        await Server.DisposeAsync();
    }
}
