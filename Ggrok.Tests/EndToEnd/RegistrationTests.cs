using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.EndToEnd;

/// <summary>Names, tokens, and what visitors see when there is nobody behind a name.</summary>
public class RegistrationTests
{
    [Fact]
    public async Task A_taken_name_is_refused_with_the_holders_label()
    {
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(c => c.Response.WriteAsync("first"));
        await using var second = new RunningClient(RunningClient.Options(ggrok.Server.Url, ggrok.App.Url));

        ClientExit exit = await second.Exit;

        exit.Code.ShouldBe(ExitCode.NameTaken);
        exit.Message!.ShouldContain("held by anna@laptop");
        (await ggrok.Visitor.GetStringAsync("/")).ShouldBe("first");
    }

    [Fact]
    public async Task The_same_client_replaces_its_own_session_at_once_and_the_old_one_stops()
    {
        await using LocalApp one = await LocalApp.StartAsync(c => c.Response.WriteAsync("one"));
        await using LocalApp two = await LocalApp.StartAsync(c => c.Response.WriteAsync("two"));
        await using RunningServer server = await RunningServer.StartAsync();
        await using var first = new RunningClient(RunningClient.Options(server.Url, one.Url, id: "same"));
        Uri url = (await first.Events.NextReadyAsync())[0].Url;

        await using var second = new RunningClient(RunningClient.Options(server.Url, two.Url, id: "same"));
        await second.Events.NextReadyAsync();

        (await first.Exit).Code.ShouldBe(ExitCode.Replaced);
        using var visitor = new HttpClient();
        (await visitor.GetStringAsync(url)).ShouldBe("two");
    }

    [Fact]
    public async Task The_longest_path_wins_and_strip_path_removes_it()
    {
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync($"{c.Request.Path} {c.Request.Headers["X-Forwarded-Prefix"]}"));
        await using RunningServer server = await RunningServer.StartAsync();
        await using var root = new RunningClient(RunningClient.Options(server.Url, app.Url));
        await root.Events.NextReadyAsync();
        await using var alice = new RunningClient(RunningClient.Options(server.Url, app.Url, t => t with { Path = "/alice", StripPath = true }));
        Uri url = (await alice.Events.NextReadyAsync())[0].Url;
        await using var deep = new RunningClient(RunningClient.Options(server.Url, app.Url, t => t with { Path = "/alice/deep" }));
        await deep.Events.NextReadyAsync();
        using var visitor = new HttpClient { BaseAddress = server.Url };

        url.AbsolutePath.ShouldBe("/alice");
        (await visitor.GetStringAsync("/alice/x")).ShouldBe("/x /alice");
        (await visitor.GetStringAsync("/alice")).ShouldBe("/ /alice");
        (await visitor.GetStringAsync("/alice?q")).ShouldBe("/ /alice");
        (await visitor.GetStringAsync("/alice/deep/y")).ShouldBe("/alice/deep/y ");
        (await visitor.GetStringAsync("/alicette")).ShouldBe("/alicette ");
    }

    [Fact]
    public async Task With_a_domain_clients_get_subdomains_and_the_same_random_name_again()
    {
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync("sub"));
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_DOMAIN", "tunnels.example.com")]);
        await using var named = new RunningClient(RunningClient.Options(server.Url, app.Url, t => t with { Subdomain = "Alice" }));
        (await named.Events.NextReadyAsync())[0].Url.Host.ShouldBe("alice.tunnels.example.com");
        string first = await RandomHostAsync(server, app);
        string again = await RandomHostAsync(server, app);

        first.ShouldEndWith(".tunnels.example.com");
        again.ShouldBe(first);
        using var visitor = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, server.Url) { Headers = { Host = "ALICE.tunnels.example.com:1234" } };
        using HttpResponseMessage response = await visitor.SendAsync(request);
        (await response.Content.ReadAsStringAsync()).ShouldBe("sub");
    }

    [Theory]
    [InlineData("secret-two", null)]
    [InlineData("wrong", ExitCode.TokenRefused)]
    [InlineData(null, ExitCode.TokenRefused)]
    public async Task Tokens_guard_registration(string? token, ExitCode? expected)
    {
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync("ok"));
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TOKENS", "secret-one, secret-two")]);
        await using var client = new RunningClient(RunningClient.Options(server.Url, app.Url, token: token));

        if (expected is null)
        {
            await client.Events.NextReadyAsync();
        }
        else
        {
            ClientExit exit = await client.Exit;
            exit.Code.ShouldBe(expected.Value);
            exit.Message!.ShouldContain("--token");
        }

        server.Logs.Lines.ShouldNotContain(l => l.Message.Contains("secret-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_open_server_says_so_loudly()
    {
        await using RunningServer server = await RunningServer.StartAsync();

        server.Logs.Lines.ShouldContain(l => l.Message.Contains("THIS SERVER IS OPEN", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("text/html,*/*;q=0.8", "text/html")]
    [InlineData("application/json", "application/json")]
    public async Task Without_a_tunnel_the_answer_tells_how_to_start_one(string accept, string type)
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using var visitor = new HttpClient { BaseAddress = server.Url };
        visitor.DefaultRequestHeaders.Accept.ParseAdd(accept);

        using HttpResponseMessage response = await visitor.GetAsync("/any");

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        response.Headers.GetValues("X-Ggrok-Error").ShouldBe(["NoTunnel"]);
        response.Content.Headers.ContentType!.MediaType.ShouldBe(type);
        (await response.Content.ReadAsStringAsync()).ShouldContain($"ggrok --server {server.Url.Authority} --port 3000");
    }

    [Fact]
    public async Task A_client_that_is_lost_is_away_and_one_that_stops_is_gone()
    {
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(c => c.Response.WriteAsync("ok"));
        foreach (Server.Tunnels.TunnelSession session in ggrok.Server.Get<Server.Tunnels.SessionDirectory>().Sessions)
        {
            // What a network loss looks like: the connection ends without a word, and another client wants the name.
            session.Connection.RequestClose(Shared.Protocol.CloseReason.TransportLost);
            await session.Connection.Ended;
        }

        await ggrok.Client.Events.NextLostAsync();
        await using var other = new RunningClient(RunningClient.Options(ggrok.Server.Url, ggrok.App.Url));
        (await other.Exit).Code.ShouldBe(ExitCode.NameTaken);
        await ggrok.Client.Events.NextReadyAsync();
        (await ggrok.Visitor.GetStringAsync("/")).ShouldBe("ok");

        ggrok.Client.Stop();
        (await ggrok.Client.Exit).Code.ShouldBe(ExitCode.Ok);
        await Eventually.BecomesAsync(async () =>
        {
            using HttpResponseMessage response = await ggrok.Visitor.GetAsync("/");
            return response.StatusCode;
        }, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_away_client_answers_503_with_retry_after()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        server.Get<Server.Tunnels.TunnelRegistry>().Register(
        [
            new Server.Tunnels.TunnelRoute
            {
                Key = Ggrok.Server.Tunnels.RouteKey.Http("127.0.0.1", "/"),
                Owner = new("id", "anna@laptop"),
                AwayUntil = DateTimeOffset.UtcNow + TimeSpan.FromMinutes(1),
            },
        ]);
        using var visitor = new HttpClient { BaseAddress = server.Url };

        using HttpResponseMessage response = await visitor.GetAsync("/");

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Headers.RetryAfter.ShouldBe(new RetryConditionHeaderValue(TimeSpan.FromSeconds(5)));
        response.Headers.GetValues("X-Ggrok-Error").ShouldBe(["TunnelAway"]);
    }

    [Fact]
    public async Task A_local_service_that_is_down_is_502_and_a_silent_one_504()
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync([("GGROK_RESPONSE_TIMEOUT", "5s")]);
        using var visitor = new HttpClient { BaseAddress = ggrok.Server.Url };

        using HttpResponseMessage silent = await visitor.GetAsync("/");
        ggrok.Local.Dispose();
        using HttpResponseMessage down = await visitor.PostAsync("/", new StringContent("x"));

        silent.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        silent.Headers.GetValues("X-Ggrok-Error").ShouldBe(["ResponseHeadTimeout"]);
        down.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        using JsonDocument json = JsonDocument.Parse(await down.Content.ReadAsStringAsync());
        json.RootElement.GetProperty("error").GetString().ShouldBe("LocalUnreachable");
    }

    [Fact]
    public async Task A_head_beyond_the_limit_and_a_stream_too_many_are_named_and_harm_no_other()
    {
        var release = new TaskCompletionSource();
        var entered = new SemaphoreSlim(0);
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(
            async c =>
            {
                entered.Release();
                await release.Task;
                await c.Response.WriteAsync("done");
            },
            [("GGROK_MAX_STREAMS", "2"), ("GGROK_MAX_HEAD_BYTES", "2000")]);
        Task<string>[] running = [ggrok.Visitor.GetStringAsync("/1"), ggrok.Visitor.GetStringAsync("/2")];
        await entered.WaitAsync();
        await entered.WaitAsync();

        using HttpResponseMessage third = await ggrok.Visitor.GetAsync("/3");
        using var large = new HttpRequestMessage(HttpMethod.Get, "/4");
        large.Headers.Add("X-Large", new string('x', 2500));
        using HttpResponseMessage fourth = await ggrok.Visitor.SendAsync(large);
        release.SetResult();

        third.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        third.Headers.GetValues("X-Ggrok-Error").ShouldBe(["TooManyStreams"]);
        fourth.StatusCode.ShouldBe(HttpStatusCode.RequestHeaderFieldsTooLarge);
        fourth.Headers.GetValues("X-Ggrok-Error").ShouldBe(["RequestHeadTooLarge"]);
        (await Task.WhenAll(running)).ShouldBe(["done", "done"]);
    }

    [Fact]
    public async Task A_token_has_room_for_so_many_tunnels()
    {
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync("ok"));
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_MAX_TUNNELS_PER_TOKEN", "1")]);
        await using var first = new RunningClient(RunningClient.Options(server.Url, app.Url, t => t with { Path = "/a" }));
        await first.Events.NextReadyAsync();
        await using var second = new RunningClient(RunningClient.Options(server.Url, app.Url, t => t with { Path = "/b" }));

        (string reason, TimeSpan retryIn) = await second.Events.NextLostAsync();

        reason.ShouldContain("1 tunnels at once");
        retryIn.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Draining_tells_clients_lets_requests_finish_and_ends_the_server()
    {
        var release = new TaskCompletionSource();
        var entered = new TaskCompletionSource();
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(async c =>
        {
            entered.TrySetResult();
            await release.Task;
            await c.Response.WriteAsync("finished");
        });
        Task<string> running = ggrok.Visitor.GetStringAsync("/");
        await Within.Bound(entered.Task, "the request");

        Task stopped = ggrok.Server.App.StopAsync();
        (string reason, _) = await ggrok.Client.Events.NextLostAsync();
        release.SetResult();

        reason.ShouldContain("shutting down");
        (await running).ShouldBe("finished");
        await Within.Bound(stopped, "the server to stop");
    }

    [Fact]
    public async Task The_client_comes_back_after_a_restart_of_the_server()
    {
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync("ok"));
        RunningServer server = await RunningServer.StartAsync(port: FreePorts.One());
        Uri url = server.Url;
        await using var client = new RunningClient(RunningClient.Options(url, app.Url));
        await client.Events.NextReadyAsync();

        await server.DisposeAsync();
        await client.Events.NextLostAsync();
        await using RunningServer again = await RunningServer.StartAsync(port: url.Port);
        await client.Events.NextReadyAsync();

        using var visitor = new HttpClient { BaseAddress = url };
        (await visitor.GetStringAsync("/")).ShouldBe("ok");
    }

    [Theory]
    [InlineData("/$$ggrok/health", HttpStatusCode.OK)]
    [InlineData("/$$ggrok/health/live", HttpStatusCode.OK)]
    [InlineData("/$$ggrok/health/ready", HttpStatusCode.OK)]
    [InlineData("/$$ggrok", HttpStatusCode.UpgradeRequired)]
    [InlineData("/$$ggrok/other", HttpStatusCode.NotFound)]
    public async Task The_servers_own_paths_are_never_relayed(string path, HttpStatusCode expected)
    {
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(c => c.Response.WriteAsync("local"));

        using HttpResponseMessage response = await ggrok.Visitor.GetAsync(path);

        response.StatusCode.ShouldBe(expected);
        (await response.Content.ReadAsStringAsync()).ShouldNotBe("local");
    }

    [Fact]
    public async Task Something_that_is_no_ggrok_server_ends_the_client_with_a_sentence()
    {
        await using LocalApp other = await LocalApp.StartAsync(c => c.Response.WriteAsync("hello"));
        await using var client = new RunningClient(RunningClient.Options(other.Url, other.Url));

        ClientExit exit = await client.Exit;

        exit.Code.ShouldBe(ExitCode.NotAGgrokServer);
        exit.Message!.ShouldContain("Check --server");
    }

    private static async Task<string> RandomHostAsync(RunningServer server, LocalApp app)
    {
        await using var client = new RunningClient(RunningClient.Options(server.Url, app.Url, id: "steady"));
        return (await client.Events.NextReadyAsync())[0].Url.Host;
    }
}
