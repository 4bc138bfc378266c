using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Inbox.Client;
using Ggrok.Tests.Inspector;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inbox;

/// <summary>Clients that share a name, and with it an inbox.</summary>
public class PoolInboxTests(PostgresFixture fixture) : IClassFixture<PostgresFixture>
{
    private const string Token = "team-secret";
    private static readonly (string, string) Tokens = ("GGROK_TOKENS", Token);

    [Fact]
    public async Task What_came_while_all_were_away_is_delivered_in_order_to_the_first_who_is_back()
    {
        await using InboxScene scene = await InboxScene.StartAsync(settings: [Tokens]);
        var received = new ConcurrentQueue<string>();
        await using var anna = new PoolMember("anna", received);
        await using var ben = new PoolMember("ben", received);
        await BeAwayAsync(scene.Url, anna, ben);
        string[] sent = await StoreAsync(scene, 5);

        await ben.OpenAppAsync();
        await ben.ComeAsync(scene.Url);
        await EmptiesAsync(scene);

        received.ShouldBe(sent.Select(s => "ben " + s));
        (await scene.PostAsync("/live", "live")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task While_the_local_service_of_one_is_down_requests_pass_live_to_the_others()
    {
        await using InboxScene scene = await InboxScene.StartAsync(settings: [Tokens]);
        var received = new ConcurrentQueue<string>();
        await using var anna = new PoolMember("anna", received);
        await using var ben = new PoolMember("ben", received);
        await ben.OpenAppAsync();
        await anna.ComeAsync(scene.Url);
        await ben.ComeAsync(scene.Url);

        for (int n = 0; n < 6; n++)
        {
            using HttpResponseMessage answer = await scene.PostAsync("/", n.ToString(CultureInfo.InvariantCulture), n % 2 == 0 ? [("X-GitHub-Event", "push")] : []);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            answer.Headers.Contains("Ggrok-Delivery-Id").ShouldBeFalse();
        }

        received.ShouldBe(Enumerable.Range(0, 6).Select(n => string.Create(CultureInfo.InvariantCulture, $"ben {n}")));
        (await ItemsAsync(scene)).ShouldBe(0);

        // With nobody left it is kept.
        await ben.CloseAppAsync();
        await StoreAsync(scene, 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_waits_goes_to_the_one_whose_local_service_is_up(bool isFirstDown)
    {
        await using InboxScene scene = await InboxScene.StartAsync(settings: [Tokens]);
        var received = new ConcurrentQueue<string>();
        await using var anna = new PoolMember("anna", received);
        await using var ben = new PoolMember("ben", received);
        await BeAwayAsync(scene.Url, anna, ben);
        string[] sent = await StoreAsync(scene, 5);
        await (isFirstDown ? ben : anna).OpenAppAsync();

        await anna.ComeAsync(scene.Url);
        await ben.ComeAsync(scene.Url);
        await EmptiesAsync(scene);

        received.ShouldBe(sent.Select(s => (isFirstDown ? "ben " : "anna ") + s));
    }

    [Fact]
    public async Task What_arrived_at_one_and_was_refused_is_tried_again_and_nobody_else_got_it_meanwhile()
    {
        await using InboxScene scene = await InboxScene.StartAsync(settings: [Tokens]);
        var received = new ConcurrentQueue<string>();
        await using var anna = new PoolMember("anna", received);
        await using var ben = new PoolMember("ben", received);
        await BeAwayAsync(scene.Url, anna, ben);
        string[] sent = await StoreAsync(scene, 2);
        var attempts = new ConcurrentQueue<string>();
        anna.Answer = ben.Answer = c =>
        {
            attempts.Enqueue(c.Request.Headers["Ggrok-Attempt"].ToString());
            c.Response.StatusCode = attempts.Count == 1 ? 500 : 200;
        };
        await anna.OpenAppAsync();
        await ben.OpenAppAsync();

        await Task.WhenAll(anna.ComeAsync(scene.Url), ben.ComeAsync(scene.Url));
        await EmptiesAsync(scene);

        received.Select(r => r.Split(' ')[1]).ShouldBe([sent[0], .. sent]);
        attempts.ShouldBe(["1", "2", "1"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Two_who_come_back_at_once_get_nothing_twice(bool atTwoServers)
    {
        (string, string)[] settings = atTwoServers ? [Tokens, ("DATABASE_URL", await fixture.Cluster.NewDatabaseAsync())] : [Tokens];
        await using InboxScene scene = await InboxScene.StartAsync(settings: settings);
        var received = new ConcurrentQueue<string>();
        await using var anna = new PoolMember("anna", received);
        await using var ben = new PoolMember("ben", received);
        await BeAwayAsync(scene.Url, anna, ben);
        await using RunningServer? other = atTwoServers ? await RunningServer.StartAsync(settings) : null;
        string[] sent = await StoreAsync(scene, 40);
        await anna.OpenAppAsync();
        await ben.OpenAppAsync();

        await Task.WhenAll(anna.ComeAsync(scene.Url), ben.ComeAsync(other?.Url ?? scene.Url));
        await EmptiesAsync(scene);

        received.Select(r => r.Split(' ')[1]).ShouldBe(sent);
    }

    [Fact]
    public async Task Every_member_sees_the_inbox_of_the_pool_and_others_do_not()
    {
        await using InboxScene scene = await InboxScene.StartAsync(settings: [("GGROK_TOKENS", Token + ",other-secret")]);
        await using var anna = new PoolMember("anna", []);
        await using var ben = new PoolMember("ben", []);
        await BeAwayAsync(scene.Url, anna, ben);
        await StoreAsync(scene, 2);

        foreach (PoolMember member in new[] { anna, ben })
        {
            (await member.RunAsync(scene.Url, Token, "list")).Fine().Lines.Length.ShouldBe(2);
        }

        (await ben.RunAsync(scene.Url, "other-secret", "list")).Output.ShouldBeEmpty();
        (await anna.RunAsync(scene.Url, Token, "drop", "--all", "--yes")).Fine();
        (await ben.RunAsync(scene.Url, Token, "list")).Fine().Output.ShouldBeEmpty();
    }

    // From then on the name is theirs, and nobody is there.
    private static async Task BeAwayAsync(Uri server, params PoolMember[] members)
    {
        foreach (PoolMember member in members)
        {
            await member.ComeAsync(server);
        }

        foreach (PoolMember member in members)
        {
            await member.GoAsync();
        }
    }

    private static async Task<string[]> StoreAsync(InboxScene scene, int count)
    {
        string[] bodies = [.. Enumerable.Range(0, count).Select(n => n.ToString(CultureInfo.InvariantCulture))];
        foreach (string body in bodies)
        {
            await scene.StoreAsync("/", body);
        }

        return bodies;
    }

    private static async Task<int> ItemsAsync(InboxScene scene) =>
        (await scene.ApiAsync(HttpMethod.Get, "items", token: Token)).Body.GetProperty("items").GetArrayLength();

    private static Task EmptiesAsync(InboxScene scene) => Eventually.BecomesAsync(() => ItemsAsync(scene), 0);
}

/// <summary>A client that shares the name of a scene, with a local service of its own.</summary>
internal sealed class PoolMember(string name, ConcurrentQueue<string> received) : IAsyncDisposable
{
    private readonly string _id = Guid.NewGuid().ToString("N");
    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-member").FullName;
    private readonly int _port = FreePorts.One();
    private LocalApp? _app;
    private RunningClient? _client;

    /// <summary>How the local service answers; 200 unless changed.</summary>
    public Action<HttpContext> Answer { get; set; } = _ => { };

    public async Task OpenAppAsync() => _app = await LocalApp.StartAsync(
        async context =>
        {
            using var body = new StreamReader(context.Request.Body);
            string text = await body.ReadToEndAsync();
            Answer(context);
            received.Enqueue($"{name} {text}");
        },
        port: _port);

    public async Task CloseAppAsync()
    {
        await _app!.DisposeAsync();
        _app = null;
    }

    public async Task ComeAsync(Uri server)
    {
        var target = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}"));
        PolicyDirective[] policies = [new PolicyDirective("inbox", "/*"), new PolicyDirective("inbox-retry", "1ms")];
        _client = new RunningClient(RunningClient.Options(server, target, t => t with { Pool = new PoolRequest(), Policies = policies }, "team-secret", _id));
        await _client.Events.NextReadyAsync();
    }

    public async Task GoAsync()
    {
        await _client!.DisposeAsync();
        _client = null;
    }

    /// <summary><c>ggrok inbox</c> on the machine of this member.</summary>
    public async Task<CommandResult> RunAsync(Uri server, string token, params string[] arguments)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "client-id"), _id);
        return await CommandRun.RunAsync(
            ["inbox", .. arguments, "--server", server.AbsoluteUri, "--token", token], variables: new Dictionary<string, string> { ["GGROK_CONFIG"] = Path.Combine(_folder, "ggrok.yml") });
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.DisposeAsync();
        }

        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }
}
