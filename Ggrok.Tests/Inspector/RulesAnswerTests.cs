using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Ggrok.Client.Inspector.Rules;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inspector;

/// <summary>Requests that a rule answers, delays or fails; and what stays as it is.</summary>
public sealed class RulesAnswerTests
{
    [Fact]
    public async Task Without_a_rule_that_matches_nothing_changes()
    {
        byte[] body = RandomNumberGenerator.GetBytes(700_000);
        await using RulesScene scene = await RulesScene.StartAsync(async context =>
        {
            context.Response.ContentLength = context.Request.ContentLength;
            await context.Request.Body.CopyToAsync(context.Response.Body);
        });
        (await EchoedAsync()).ShouldBe(body);

        foreach (object rule in (object[])
        [
            new { name = "method", method = "GET", respond = new { status = 500 } }, new { name = "path", path = "/other/*", hold = true }, new { name = "host", host = "*.example.com", hold = true },
            new { name = "header", header = "X-Absent", hold = true }, new { name = "off", enabled = false, hold = true }, new { name = "never", path = "/a%62", hold = true },
        ])
        {
            await scene.AddRuleAsync(rule);
        }

        (await EchoedAsync()).ShouldBe(body);
        (await scene.GetAsync("/api/rules")).AsArray().Sum(r => (int)r!["hits"]!).ShouldBe(0);

        async Task<byte[]> EchoedAsync() => await (await scene.Visitor.PostAsync("/ab?path=/other/", new ByteArrayContent(body))).Content.ReadAsByteArrayAsync();
    }

    [Fact]
    public async Task The_first_rule_that_matches_answers_and_the_answer_is_in_the_list()
    {
        var seen = new ConcurrentQueue<string>();
        await using RulesScene scene = await RulesScene.StartAsync(context =>
        {
            seen.Enqueue(context.Request.Path);
            return context.Response.WriteAsync("local");
        });
        await scene.AddRuleAsync(new { name = "push", method = "POST", path = "/hooks/*", header = "x-github-event: PUSH", respond = new { status = 202, body = "{}", headers = new string[][] { ["Content-Type", "application/json"], ["X-A", "1"], ["X-A", "2"], ["Content-Length", "99"], ["Connection", "close"] } } });
        await scene.AddRuleAsync(new { name = "all-hooks", path = "/hooks*", respond = new { status = 404 } });

        using var request = new HttpRequestMessage(HttpMethod.Post, "/hooks/1?a=b") { Content = new StringContent("payload") };
        request.Headers.Add("X-GitHub-Event", "push");
        HttpResponseMessage first = await scene.Visitor.SendAsync(request);
        (first.StatusCode, await first.Content.ReadAsStringAsync(), first.Content.Headers.ContentType!.ToString(), first.Content.Headers.ContentLength).ShouldBe((HttpStatusCode.Accepted, "{}", "application/json", 2));
        first.Headers.GetValues("X-A").ShouldBe(["1", "2"]);
        (await scene.Visitor.GetAsync("/hooks")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await scene.Visitor.GetStringAsync("/other")).ShouldBe("local");

        seen.ShouldBe(["/other"]);
        JsonNode done = await scene.DoneAsync(1);
        ((string?)done["summary"]!["rule"], (int)done["summary"]!["status"]!, (string?)done["request"]!["body"]!["text"], (string?)done["response"]!["body"]!["text"])
            .ShouldBe(("push", 202, "payload", "{}"));
        (await scene.Events.NextExchangeAsync()).ShouldSatisfyAllConditions(e => e.Status.ShouldBe(202), e => e.RequestBytes.ShouldBe(7), e => e.ResponseBytes.ShouldBe(2));
        (await scene.GetAsync("/api/rules")).AsArray().Select(r => ((string?)r!["name"], (int)r["hits"]!)).ShouldBe([("push", 1), ("all-hooks", 1)]);
    }

    [Fact]
    public async Task An_answer_to_a_large_upload_leaves_the_connection_good_for_the_next_request()
    {
        await using RulesScene scene = await RulesScene.StartAsync(context => context.Response.WriteAsync("local"));
        await scene.AddRuleAsync(new { name = "mock", path = "/mock", respond = new { status = 201, body = "mocked" } });
        byte[] body = new byte[5_000_000];
        string host = scene.PublicUrl.Authority;
        using RawSocket visitor = await RawSocket.ConnectAsync(scene.PublicUrl);

        for (int i = 0; i < 2; i++)
        {
            await visitor.SendAsync($"POST /mock HTTP/1.1\r\nHost: {host}\r\nContent-Length: {body.Length}\r\n\r\n");
            await visitor.SendAsync(body);
            (await visitor.ReadUntilAsync("mocked")).ShouldStartWith("HTTP/1.1 201 Created");
        }

        await visitor.SendAsync($"POST /mock HTTP/1.1\r\nHost: {host}\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
        await visitor.ReadUntilAsync("100 Continue\r\n\r\n");
        await visitor.SendAsync("body");
        (await visitor.ReadUntilAsync("mocked")).ShouldStartWith("HTTP/1.1 201 Created");
        await visitor.SendAsync($"GET /local HTTP/1.1\r\nHost: {host}\r\n\r\n");
        (await visitor.ReadUntilAsync("local")).ShouldStartWith("HTTP/1.1 200 OK");
        ((int)(await scene.DoneAsync(1))["request"]!["body"]!["bytes"]!).ShouldBe(body.Length);
    }

    [Fact]
    public async Task Answers_without_a_body_have_none()
    {
        await using RulesScene scene = await RulesScene.StartAsync(context => context.Response.WriteAsync("local"));
        await scene.AddRuleAsync(new { name = "head", method = "HEAD", respond = new { status = 200, body = "12345" } });
        await scene.AddRuleAsync(new { name = "empty", path = "/empty", respond = new { status = 204, body = "no" } });
        await scene.AddRuleAsync(new { name = "same", path = "/same", respond = new { status = 304, body = "no" } });
        string host = scene.PublicUrl.Authority;
        using RawSocket visitor = await RawSocket.ConnectAsync(scene.PublicUrl);

        await visitor.SendAsync($"HEAD / HTTP/1.1\r\nHost: {host}\r\n\r\nGET /empty HTTP/1.1\r\nHost: {host}\r\n\r\nGET /same HTTP/1.1\r\nHost: {host}\r\n\r\nGET / HTTP/1.1\r\nHost: {host}\r\n\r\n");

        (await visitor.ReadUntilAsync("\r\n\r\n")).ShouldContain("Content-Length: 5\r\n");
        (await visitor.ReadUntilAsync("\r\n\r\n")).ShouldStartWith("HTTP/1.1 204 No Content");
        (await visitor.ReadUntilAsync("\r\n\r\n")).ShouldStartWith("HTTP/1.1 304 Not Modified");
        (await visitor.ReadUntilAsync("local")).ShouldStartWith("HTTP/1.1 200 OK");
    }

    [Fact]
    public async Task A_large_answer_arrives_byte_for_byte_and_bytes_need_not_be_text()
    {
        byte[] body = RandomNumberGenerator.GetBytes(RuleValues.MostBodyBytes);
        await using RulesScene scene = await RulesScene.StartAsync(context => context.Response.WriteAsync("local"));
        await scene.AddRuleAsync(new { name = "large", respond = new { status = 200, bodyBase64 = Convert.ToBase64String(body) } });

        HttpResponseMessage response = await scene.Visitor.GetAsync("/");

        (await response.Content.ReadAsByteArrayAsync()).ShouldBe(body);
        response.Content.Headers.ContentType!.ToString().ShouldBe("application/octet-stream");
        ((string?)(await scene.GetAsync("/api/rules"))[0]!["respond"]!["bodyBase64"]).ShouldBe(Convert.ToBase64String(body));
    }

    [Fact]
    public async Task An_upgrade_is_answered_like_any_other_request()
    {
        await using RulesScene scene = await RulesScene.StartAsync(context => context.Response.WriteAsync("local"));
        await scene.AddRuleAsync(new { name = "no", header = "Sec-WebSocket-Version", respond = new { status = 426, body = "no" } });
        using var socket = new System.Net.WebSockets.ClientWebSocket();

        System.Net.WebSockets.WebSocketException refusal = await Should.ThrowAsync<System.Net.WebSockets.WebSocketException>(
            socket.ConnectAsync(new UriBuilder(scene.PublicUrl) { Scheme = "ws" }.Uri, default));

        refusal.Message.ShouldContain("426");
        ((string?)(await scene.DoneAsync(1))["summary"]!["error"]).ShouldBeNull();
    }

    [Fact]
    public async Task A_share_of_the_requests_gets_an_error()
    {
        var numbers = new Queue<double>([0.05, 0.5, 0.0999, 0.1]);
        var book = new RuleBook([new Rule { Name = "flaky", ErrorRate = 0.1, ErrorStatus = 500 }]);
        var interceptor = new Interceptor(book, null, TimeProvider.System, numbers.Dequeue, default);
        await using var pair = new TunnelPair();
        (_, Ggrok.Shared.Multiplexing.MuxStream stream) = await pair.OpenAsync();
        var tunnel = new Ggrok.Client.Connection.LocalTunnel { Name = "web", Target = new Uri("http://localhost") };
        var request = new RequestHead { Method = "GET", Target = "/" };

        var answered = new List<bool>();
        for (int i = 0; i < 4; i++)
        {
            interceptor.TryIntercept(stream, request, tunnel, null, out Task<Ggrok.Client.Local.Interception> what).ShouldBeTrue();
            answered.Add((await what).Answer is not null);
        }

        answered.ShouldBe([true, false, true, false]);
        book.All[0].Hits.Count.ShouldBe(4);
    }

    [Fact]
    public async Task Every_request_gets_the_error_when_the_share_is_all()
    {
        await using RulesScene scene = await RulesScene.StartAsync(context => context.Response.WriteAsync("local"));
        await scene.AddRuleAsync(new { name = "down", errorRate = 1 });

        HttpResponseMessage response = await scene.Visitor.PostAsync("/", new StringContent("body"));

        (response.StatusCode, await response.Content.ReadAsStringAsync()).ShouldBe((HttpStatusCode.ServiceUnavailable, "The rule down of ggrok answers some requests with 503.\n"));
    }

    [Fact]
    public async Task A_latency_delays_the_request_and_ends_when_the_visitor_leaves_or_the_client_stops()
    {
        var seen = new ConcurrentQueue<string>();
        await using RulesScene scene = await RulesScene.StartAsync(context =>
        {
            seen.Enqueue(context.Request.Path);
            return context.Response.WriteAsync("local");
        });
        await scene.AddRuleAsync(new { name = "slow", path = "/slow", latencyMs = 300 });
        await scene.AddRuleAsync(new { name = "slower", path = "/slower*", latencyMs = 600_000 });

        var clock = Stopwatch.StartNew();
        (await scene.Visitor.GetStringAsync("/slow")).ShouldBe("local");
        clock.ElapsedMilliseconds.ShouldBeGreaterThanOrEqualTo(295);
        ((double)(await scene.DoneAsync(1))["timings"]!["heldMs"]!).ShouldBeGreaterThanOrEqualTo(295);

        using var leave = new CancellationTokenSource();
        Task<string> leaving = scene.Visitor.GetStringAsync("/slower/1", leave.Token);
        await Eventually.BecomesAsync(async () => (string?)(await scene.GetAsync("/api/exchanges"))["items"]![0]!["rule"], "slower");
        await leave.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(leaving);
        ((string?)(await scene.DoneAsync(2))["summary"]!["error"]).ShouldBe("VisitorGone");

        Task<string> waiting = scene.Visitor.GetStringAsync("/slower/2");
        await Eventually.BecomesAsync(async () => (int)(await scene.GetAsync("/api/rules"))[1]!["hits"]!, 2);
        scene.Stop();
        (await waiting).ShouldBe("local");
        seen.ShouldBe(["/slow", "/slower/2"]);
    }

    [Fact]
    public async Task Rules_of_a_file_act_without_an_inspector()
    {
        await using RulesScene scene = await RulesScene.StartAsync(
            context => context.Response.WriteAsync("local"),
            [new Rule { Name = "mock", Path = "/mock", Response = FixedResponse.OfText(200, "mocked") }],
            inspect: false);

        (await (await scene.Visitor.PostAsync("/mock", new StringContent("body"))).Content.ReadAsStringAsync()).ShouldBe("mocked");
        (await scene.Visitor.GetStringAsync("/")).ShouldBe("local");
    }

    [Theory]
    [InlineData("/a", "/a", true)]
    [InlineData("/a", "/a?b=c", true)]
    [InlineData("/a", "/a/", false)]
    [InlineData("/a/*", "/a/b/c", true)]
    [InlineData("/a/*", "/a", false)]
    [InlineData("*.json", "/a/b.json?x", true)]
    [InlineData("/a/*/c", "/a/b/b/c", true)]
    [InlineData("/a/*/c", "/a/c", false)]
    [InlineData("/*ab*b", "/abab", true)]
    [InlineData("/*ab*ab", "/aab", false)]
    [InlineData("/a%2Fb", "/a%2Fb", true)]
    [InlineData("/a%2Fb", "/a%2fb", false)]
    [InlineData("/A", "/a", false)]
    [InlineData("*", "/", true)]
    public void A_path_is_matched_as_it_was_sent(string pattern, string target, bool matches) =>
        new Rule { Name = "r", Path = pattern }.Matches("web", new RequestHead { Method = "GET", Target = target }).ShouldBe(matches);

    [Theory]
    [InlineData("shop.test", "shop.test", true)]
    [InlineData("shop.test", "SHOP.test:8080", true)]
    [InlineData("shop.test:8080", "shop.test:8080", true)]
    [InlineData("shop.test:8080", "shop.test", false)]
    [InlineData("*.test", "a.b.test:1", true)]
    [InlineData("[::1]", "[::1]:80", true)]
    [InlineData("[::1]", "[::1]", true)]
    [InlineData("test", "a.test", false)]
    public void A_host_is_matched_with_or_without_its_port(string pattern, string host, bool matches) =>
        new Rule { Name = "r", Host = pattern }.Matches("web", new RequestHead { Method = "GET", Target = "/", Host = host }).ShouldBe(matches);
}
