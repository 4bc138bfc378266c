using System.Globalization;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Chaos;

/// <summary>One server, several tenants behind links that misbehave, and visitors who check every answer.</summary>
internal sealed class ChaosScene : IAsyncDisposable
{
    public const string AdminToken = "admin-secret-0123456789";

    // No visit is as long as the grace, with what a loaded machine adds.
    private static readonly TimeSpan VisitLimit = TimeSpan.FromSeconds(ChaosScale.IsLong ? 120 : 60);

    private readonly SocketsHttpHandler _handler;

    private ChaosScene(Chance chance, IChaosServer server)
    {
        Chance = chance;
        Server = server;
        _handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false };
        Http = new HttpClient(_handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public Chance Chance { get; }

    public IChaosServer Server { get; }

    public List<Tenant> Tenants { get; } = [];

    public HttpClient Http { get; }

    public Ledger Ledger { get; } = new();

    /// <summary>A scene within this process; every client is ready.</summary>
    public static Task<ChaosScene> HereAsync(Chance chance, int tenants, TimeProvider? time = null, params (string Name, string Value)[] settings) =>
        HereAsync(chance, Ones(tenants), time, settings);

    /// <summary>The same with one tenant for each number, whose client has so many connections.</summary>
    public static async Task<ChaosScene> HereAsync(Chance chance, int[] connections, TimeProvider? time = null, params (string Name, string Value)[] settings)
    {
        RunningServer server = await RunningServer.StartAsync([.. Settings(connections.Length), .. settings], time: time);
        var scene = new ChaosScene(chance, new ServerHere(server));
        foreach (int each in connections)
        {
            await scene.JoinAsync(each, async (app, url) => await ClientHere.StartAsync(app, url, isRaw: true, time ?? TimeProvider.System, each));
        }

        return scene;
    }

    /// <summary>A scene whose server and clients are processes of their own; every client is ready.</summary>
    public static Task<ChaosScene> ProgramsAsync(Chance chance, int tenants, bool isRaw) => ProgramsAsync(chance, Ones(tenants), isRaw);

    /// <summary>The same with one tenant for each number, whose client has so many connections.</summary>
    public static async Task<ChaosScene> ProgramsAsync(Chance chance, int[] connections, bool isRaw)
    {
        var scene = new ChaosScene(chance, await ServerProgram.StartAsync([.. Settings(connections.Length)]));
        foreach (int each in connections)
        {
            await scene.JoinAsync(each, async (app, url) => await ClientProgram.StartAsync(app, url, isRaw, each));
        }

        return scene;
    }

    /// <summary>One visitor in three speaks HTTP/2. Not where connections of visitors break, whose streams would share that fate, nor where one connection is too narrow for all.</summary>
    public bool HasHttp2 { get; set; } = true;

    public Visitor VisitorOf(Tenant tenant) => new(tenant, Http) { UsesHttp2 = HasHttp2 && Chance.OneIn(3) };

    /// <summary>Runs one visit and keeps its outcome.</summary>
    public Task VisitAsync(Tenant tenant, string what, Func<Visitor, string, Task> visit, TimeSpan? limit = null)
    {
        string id = $"{tenant.Name}-{what}";
        return Ledger.KeepAsync(id, () => visit(VisitorOf(tenant), id), limit ?? VisitLimit);
    }

    /// <summary>Runs visits of every kind to all tenants, so many at once.</summary>
    /// <param name="visits">How many.</param>
    /// <param name="atOnce">How many at once.</param>
    /// <param name="kinds">Kinds to choose from; null for <see cref="AllKinds"/>.</param>
    /// <param name="prefix">What tells these visits from others of the same scene.</param>
    public Task VisitAllAsync(int visits, int atOnce, IReadOnlyList<VisitKind>? kinds = null, string prefix = "")
    {
        int next = -1;
        return Task.WhenAll(Enumerable.Range(0, atOnce).Select(async _ =>
        {
            while (Interlocked.Increment(ref next) is var number && number < visits)
            {
                await VisitAsync(number, kinds ?? AllKinds, prefix);
            }
        }));
    }

    /// <summary>What visitors do, in the shares in which they do it.</summary>
    public static IReadOnlyList<VisitKind> AllKinds { get; } =
    [
        .. Enumerable.Repeat(VisitKind.Small, 10), .. Enumerable.Repeat(VisitKind.Echo, 8), VisitKind.Download, VisitKind.Upload, VisitKind.WebSocket, VisitKind.Raw,
    ];

    /// <summary>Everything is well: every visit answered, nothing repeated, nothing strayed, nothing left behind.</summary>
    public async Task AllAnsweredAsync()
    {
        string[] failures = [.. Ledger.Failures];
        failures.Length.ShouldBe(0, string.Join("\n", failures.Take(10)));
        NothingTwice();
        foreach (string id in Tenants.SelectMany(t => t.App.Seen.Keys))
        {
            Ledger.IsAnswered(id).ShouldBeTrue(id);
        }

        Tenants.Sum(t => t.App.Seen.Count).ShouldBe(Ledger.Answered);
        await ReleasedAsync();
    }

    /// <summary>No request came twice, and none came to another tenant.</summary>
    public void NothingTwice()
    {
        string.Join(", ", Tenants.SelectMany(t => t.App.Repeated()).Take(10)).ShouldBe("");
        string.Join(", ", Tenants.SelectMany(t => t.App.Strays).Take(10)).ShouldBe("");
    }

    /// <summary>Connections of all clients.</summary>
    public int Connections => Tenants.Sum(t => t.Connections);

    /// <summary>No stream is left on either side, and one link for each connection of each tenant.</summary>
    public async Task ReleasedAsync()
    {
        await Eventually.BecomesAsync(async () => await Server.LookAsync() with { SessionsOpened = 0 }, new Holdings(Connections, 0, 0));
        await Eventually.BecomesAsync(() => Task.FromResult(Tenants.Max(t => t.Client.OpenStreams)), Tenants.Max(t => t.Client.OpenStreams < 0 ? -1 : 0));
        await Eventually.BecomesAsync(() => Task.FromResult(Tenants.Max(t => t.Link.Open - t.Connections)), 0);
    }

    /// <summary>The most memory that server and clients held, for the figures; nothing where they are not processes of their own.</summary>
    public string Memory() => Server is not ServerProgram server ? "" : string.Create(CultureInfo.InvariantCulture,
        $"; at most {server.PeakBytes >> 20} MiB in the server, {Tenants.Max(t => ((ClientProgram)t.Client).PeakBytes) >> 20} MiB in a client");

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        foreach (Tenant tenant in Tenants)
        {
            await tenant.DisposeAsync();
        }

        await Server.DisposeAsync();
    }

    private static IEnumerable<(string Name, string Value)> Settings(int tenants) =>
    [
        ("GGROK_TOKENS", string.Join(", ", Enumerable.Range(0, tenants).Select(Name).Append(AdminToken + " admin"))),
        ("GGROK_TCP_PORTS", "0"), ("GGROK_PORTS_ADDRESS", "127.0.0.1"), ("GGROK_LOG_REQUESTS", "false"),
    ];

    private static string Name(int tenant) => string.Create(CultureInfo.InvariantCulture, $"tenant{tenant}");

    private static int[] Ones(int tenants) => [.. Enumerable.Repeat(1, tenants)];

    private async Task JoinAsync(int connections, Func<TenantApp, Uri, Task<IChaosClient>> start)
    {
        TenantApp app = await TenantApp.StartAsync(Name(Tenants.Count));
        ChaosProxy link = ChaosProxy.Start(Server.Url);
        Tenants.Add(new Tenant(app, link, Server) { Client = await start(app, link.Url), Connections = connections });
        await Eventually.BecomesAsync(async () => (await Server.LookAsync()).Sessions, Connections);
    }

    private Task VisitAsync(int number, IReadOnlyList<VisitKind> kinds, string prefix)
    {
        Tenant tenant = Tenants[Chance.Next(0, Tenants.Count)];
        VisitKind kind = kinds[Chance.Next(0, kinds.Count)];
        int bytes = Chance.Size(kind == VisitKind.Echo ? 20_000 : 1_000_000);
        bool chunked = Chance.OneIn(2);
        return VisitAsync(tenant, string.Create(CultureInfo.InvariantCulture, $"{prefix}{kind}-{number}"), (visitor, id) => kind switch
        {
            VisitKind.Small => visitor.SmallAsync(id),
            VisitKind.Echo => visitor.EchoAsync(id, bytes, chunked),
            VisitKind.Download => visitor.DownloadAsync(id, bytes, number),
            VisitKind.Upload => visitor.UploadAsync(id, bytes, number, chunked),
            VisitKind.WebSocket => visitor.WebSocketAsync(id, 20, () => Chance.Size(30_000)),
            _ => visitor.RawAsync(id, bytes),
        });
    }
}

/// <summary>What a visitor does.</summary>
internal enum VisitKind
{
    Small,
    Echo,
    Download,
    Upload,
    WebSocket,
    Raw,
}
