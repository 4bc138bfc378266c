using System.Net;
using System.Net.WebSockets;
using Ggrok.Client.Connection;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Balancing;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Balancing;

/// <summary>Tunnels of one host that are told apart by method and header, and who may open them.</summary>
public class MatchTests
{
    [Fact]
    public async Task The_longest_path_wins_then_the_most_conditions_then_the_text()
    {
        await using PoolScene scene = await PoolScene.StartAsync();
        await ServeAsync(scene, "plain", "/");
        await ServeAsync(scene, "writes", "/", "method=post,put");
        await ServeAsync(scene, "beta", "/", "header=X-Beta");
        await ServeAsync(scene, "staging", "/", "header=X-Env: staging");
        await ServeAsync(scene, "staging beta writes", "/", "method=POST", "header=X-Env: staging", "header=X-Beta");
        await ServeAsync(scene, "api", "/api");
        await ServeAsync(scene, "api reads", "/api", "method=GET");

        (await AskAsync(scene, "GET", "/")).ShouldBe("plain");
        (await AskAsync(scene, "PATCH", "/")).ShouldBe("plain");
        (await AskAsync(scene, "PUT", "/")).ShouldBe("writes");
        (await AskAsync(scene, "GET", "/", ("x-beta", "anything"))).ShouldBe("beta");
        (await AskAsync(scene, "GET", "/", ("X-Env", "staging"))).ShouldBe("staging");
        (await AskAsync(scene, "GET", "/", ("X-Env", "Staging"))).ShouldBe("plain");
        (await AskAsync(scene, "GET", "/", ("X-Env", "other"), ("X-Env", "staging"))).ShouldBe("plain", "HttpClient joins them to one value");

        // One condition each: in the order of their texts, header before method.
        (await AskAsync(scene, "POST", "/", ("X-Beta", "1"))).ShouldBe("beta");
        (await AskAsync(scene, "GET", "/", ("X-Env", "staging"), ("X-Beta", "1"))).ShouldBe("beta");
        (await AskAsync(scene, "POST", "/", ("X-Env", "staging"), ("X-Beta", "1"))).ShouldBe("staging beta writes");
        (await AskAsync(scene, "GET", "/api/x", ("X-Beta", "1"))).ShouldBe("api reads");
        (await AskAsync(scene, "POST", "/api/x", ("X-Beta", "1"))).ShouldBe("api");
    }

    [Fact]
    public async Task A_request_that_no_condition_lets_in_has_no_tunnel()
    {
        await using PoolScene scene = await PoolScene.StartAsync();
        await ServeAsync(scene, "writes", "/", "method=POST");

        (await scene.VisitAsync(HttpMethod.Get)).Error.ShouldBe("NoTunnel");
        (await scene.VisitAsync(HttpMethod.Post)).Error.ShouldBeNull();
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_WebSocket_counts_as_GET_in_every_version_of_HTTP(string version)
    {
        await using PoolScene scene = await PoolScene.StartAsync();
        await ServeAsync(scene, "all", "/");
        await scene.JoinAsync(async c =>
        {
            using WebSocket accepted = await c.WebSockets.AcceptWebSocketAsync();
            await accepted.CloseAsync(WebSocketCloseStatus.NormalClosure, "reads", default);
        }, t => t with { Match = RouteMatch.Parse(["method=GET"]) });
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = Version.Parse(version);
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;

        await Within.Bound(socket.ConnectAsync(new UriBuilder(scene.Server.Url) { Scheme = "ws" }.Uri, invoker, default), "the WebSocket");

        (await Within.Bound(socket.ReceiveAsync(new byte[100], default), "the close")).CloseStatusDescription.ShouldBe("reads");
    }

    [Fact]
    public async Task Nobody_takes_a_part_of_a_path_that_another_party_has()
    {
        await using PoolScene scene = await PoolScene.StartAsync();
        await ServeAsync(scene, "owner", "/");
        await ServeAsync(scene, "writes", "/shop", "method=POST");

        ClientExit thief = await scene.RefusalAsync(t => t with { Match = RouteMatch.Parse(["method=GET"]) }, "other-secret");
        ClientExit rest = await scene.RefusalAsync(t => t with { Path = "/shop" }, "other-secret");
        ClientExit other = await scene.RefusalAsync(t => t with { Path = "/shop", Match = RouteMatch.Parse(["method=GET"]) }, "other-secret");

        (thief.Code, rest.Code, other.Code).ShouldBe((ExitCode.NameTaken, ExitCode.NameTaken, ExitCode.NameTaken));
        rest.Message!.ShouldContain("/shop (method=POST) is held by");
        (await AskAsync(scene, "GET", "/")).ShouldBe("owner");

        // A path below is a name of its own, as it always was.
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync("below"));
        RunningClient below = scene.Begin(app.Url, t => t with { Path = "/below", Match = RouteMatch.Parse(["method=GET"]) }, "other-secret");
        await below.Events.NextReadyAsync();
        (await AskAsync(scene, "GET", "/below")).ShouldBe("below");
        (await AskAsync(scene, "POST", "/below")).ShouldBe("owner");
    }

    [Fact]
    public async Task Where_anybody_is_let_in_only_the_same_installation_divides_its_path()
    {
        await using PoolScene scene = await PoolScene.OpenToAllAsync();
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync("reads"));
        RunningClient owner = await scene.JoinAsync(c => c.Response.WriteAsync("owner"), t => t);

        ClientExit thief = await scene.RefusalAsync(t => t with { Match = RouteMatch.Parse(["method=GET"]) });
        RunningClient reads = scene.Begin(app.Url, t => t with { Match = RouteMatch.Parse(["method=GET"]) }, id: owner.ClientId);
        await reads.Events.NextReadyAsync();

        thief.Code.ShouldBe(ExitCode.NameTaken);
        (await AskAsync(scene, "GET", "/")).ShouldBe("reads");
        (await AskAsync(scene, "POST", "/")).ShouldBe("owner");
    }

    [Fact]
    public async Task The_same_conditions_are_the_same_name_however_they_are_written()
    {
        await using PoolScene scene = await PoolScene.StartAsync();
        await ServeAsync(scene, "first", "/", "header=X-Env:staging", "method=PUT, post");

        ClientExit second = await scene.RefusalAsync(t => t with { Match = RouteMatch.Parse(["METHOD=POST,PUT,POST", "Header=x-env:  staging"]) });

        second.Code.ShouldBe(ExitCode.NameTaken);
    }

    [Fact]
    public async Task A_lost_client_with_conditions_is_away_for_its_requests_only()
    {
        await using PoolScene scene = await PoolScene.StartAsync();
        await ServeAsync(scene, "all", "/");
        scene.Server.Get<TunnelRegistry>().Register([new TunnelRoute
        {
            Key = RouteKey.Http("127.0.0.1", "/", "method=PUT"),
            Match = RouteMatch.Parse(["method=PUT"]),
            Owner = scene.Server.Get<TunnelRegistry>().Find(RouteKey.Http("127.0.0.1", "/"))!.Owner,
            AwayUntil = DateTimeOffset.UtcNow + TimeSpan.FromMinutes(1),
        }]).Lease.ShouldNotBeNull();

        (await scene.VisitAsync(HttpMethod.Put)).Error.ShouldBe("TunnelAway");
        (await scene.VisitAsync(HttpMethod.Get)).Error.ShouldBeNull();
    }

    [Fact]
    public void Finding_a_route_allocates_nothing_with_or_without_conditions()
    {
        var registry = new TunnelRegistry(TimeProvider.System);
        var owner = new RouteOwner("id", "anna");
        RouteMatch match = RouteMatch.Parse(["method=POST", "header=X-Env: staging"])!;
        registry.Register([new TunnelRoute { Key = RouteKey.Http("plain", "/"), Owner = owner, AwayUntil = DateTimeOffset.MaxValue }]);
        registry.Register([new TunnelRoute { Key = RouteKey.Http("divided", "/"), Owner = owner, AwayUntil = DateTimeOffset.MaxValue }]);
        registry.Register([new TunnelRoute { Key = RouteKey.Http("divided", "/", match.Canonical), Match = match, Owner = owner, AwayUntil = DateTimeOffset.MaxValue }]);
        HttpRequest request = new DefaultHttpContext().Request;
        request.Method = "POST";
        request.Headers["X-Env"] = "staging";

        long Allocated(string host)
        {
            registry.Find(host, "/x", request);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 1000; i++)
            {
                registry.Find(host, "/x", request);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        (Allocated("plain"), Allocated("divided")).ShouldBe((0, 0));
        registry.Find("divided", "/x", request)!.Match.ShouldBe(match);
    }

    [Fact]
    public async Task The_client_tells_which_conditions_hold()
    {
        await using PoolScene scene = await PoolScene.StartAsync();
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync("x"));
        RunningClient client = scene.Begin(app.Url, t => t with { Match = RouteMatch.Parse(["method=post", "header=X-Beta"]) });

        (await client.Events.NextReadyAsync())[0].Remark.ShouldBe("(header=x-beta, method=POST)");
    }

    [Theory]
    [InlineData("path=/x", "is no condition")]
    [InlineData("method=", "is no condition")]
    [InlineData("method=GET POST", "is no condition")]
    [InlineData("header=", "is no condition")]
    [InlineData("header=X-Env:", "is no condition")]
    [InlineData("header=X Env", "is no condition")]
    [InlineData("header=X-Env: \u001b[31m", "is no condition")]
    [InlineData("header=Host: x", "use subdomain or host")]
    public void What_is_no_condition_is_said(string text, string expected) =>
        Should.Throw<FormatException>(() => RouteMatch.Parse([text])).Message.ShouldContain(expected);

    [Theory]
    [InlineData("method=GET", "method=POST", "method=POST,PUT")]
    [InlineData("header=X-Env: a", "header=x-env: b", "leave one out")]
    public void Conditions_that_contradict_each_other_are_refused(string first, string second, string expected) =>
        Should.Throw<FormatException>(() => RouteMatch.Parse([first, second])).Message.ShouldContain(expected);

    [Fact]
    public void More_conditions_than_anybody_needs_are_refused() =>
        Should.Throw<FormatException>(() => RouteMatch.Parse([.. Enumerable.Range(0, 9).Select(i => $"header=X-{i}")])).Message.ShouldContain("more than 8");

    private static Task<RunningClient> ServeAsync(PoolScene scene, string name, string path, params string[] match) =>
        scene.JoinAsync(c => c.Response.WriteAsync(name), t => t with { Path = path == "/" ? null : path, Match = RouteMatch.Parse(match) });

    private static async Task<string> AskAsync(PoolScene scene, string method, string path, params (string Name, string Value)[] fields)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        foreach ((string name, string value) in fields)
        {
            request.Headers.Add(name, value);
        }

        using HttpResponseMessage response = await scene.Visitor.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }
}
