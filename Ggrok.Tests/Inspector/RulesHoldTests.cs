using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Rules;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inspector;

/// <summary>Requests that wait for somebody's decision.</summary>
public sealed class RulesHoldTests
{
    private static readonly object HoldAll = new { name = "stop", hold = true };

    [Fact]
    public async Task A_held_request_shows_its_body_and_goes_on_as_it_came_when_it_is_released()
    {
        var seen = new ConcurrentQueue<string>();
        await using RulesScene scene = await RulesScene.StartAsync(Echo(seen));
        await scene.AddRuleAsync(new { name = "stop", method = "post,PUT", path = "/checkout/*", hold = true });

        (await scene.Visitor.GetStringAsync("/checkout/1")).ShouldBe("GET /checkout/1 ");
        Task<HttpResponseMessage> visit = scene.Visitor.PostAsync("/checkout/2?a=b", new StringContent("money"));
        long number = await scene.NextHeldAsync();
        await Eventually.BecomesAsync(async () => (string?)(await scene.GetAsync($"/api/exchanges/{number}"))["request"]!["body"]!["text"], "money");
        seen.Count.ShouldBe(1);
        (await scene.GetAsync("/api/rules"))[0]!["hits"]!.GetValue<int>().ShouldBe(1);
        await scene.ReleaseAsync(number);

        (await (await visit).Content.ReadAsStringAsync()).ShouldBe("POST /checkout/2?a=b money");
        JsonNode done = await scene.DoneAsync(number);
        ((string?)done["summary"]!["rule"], (bool)done["summary"]!["edited"]!, (int)done["summary"]!["requestBytes"]!).ShouldBe(("stop", false, 5));
        ((string?)done["request"]!["body"]!["text"]).ShouldBe("money");
        ((double)done["timings"]!["heldMs"]!).ShouldBeGreaterThan(0);
        (await scene.SendAsync(HttpMethod.Post, $"/api/exchanges/{number}/release", new { })).Status.ShouldBe(HttpStatusCode.Conflict);
        (await scene.SendAsync(HttpMethod.Post, "/api/exchanges/999/release", new { })).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_service_that_answers_and_reads_no_more_does_not_keep_the_exchange_for_ever()
    {
        using var local = new RawListener();
        await using RulesScene scene = await RulesScene.StartAsync(_ => Task.CompletedTask, tunnel: t => t with { Target = local.Url });
        await scene.AddRuleAsync(HoldAll);

        Task<HttpResponseMessage> visit = scene.Visitor.PostAsync("/", new StringContent("small"));
        long number = await scene.NextHeldAsync();
        await Eventually.BecomesAsync(async () => (int)(await scene.GetAsync($"/api/exchanges/{number}"))["request"]!["body"]!["bytes"]!, 5);
        await scene.ReleaseAsync(number, new { body = new string('x', 40 * 1024 * 1024) });
        using RawSocket service = await local.AcceptAsync();
        await service.ReadUntilAsync("\r\n\r\n");
        await service.SendAsync("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");

        (await visit).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        ((int)(await scene.DoneAsync(number))["summary"]!["status"]!).ShouldBe(413);
    }

    [Theory]
    [InlineData("http1")]
    [InlineData("h2c")]
    public async Task An_edited_request_is_what_the_local_service_gets_and_the_visitor_gets_its_answer(string protocol)
    {
        await using RulesScene scene = await RulesScene.StartAsync(
            async context =>
            {
                string body = await new StreamReader(context.Request.Body).ReadToEndAsync();
                await context.Response.WriteAsync($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} {context.Request.Headers["X-New"]}|{context.Request.Headers["X-Old"]}|{context.Request.ContentLength}|{body}");
            },
            localKestrel: k => k.ConfigureEndpointDefaults(e => e.Protocols = protocol == "h2c"
                ? Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http2 : Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http1),
            tunnel: t => t with { TargetProtocol = protocol == "h2c" ? TargetProtocol.H2c : TargetProtocol.Http1 });
        await scene.AddRuleAsync(HoldAll);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/a") { Content = new StringContent("old body") };
        request.Headers.Add("X-Old", "1");

        Task<HttpResponseMessage> visit = scene.Visitor.SendAsync(request);
        long number = await scene.NextHeldAsync();
        await Eventually.BecomesAsync(async () => (int)(await scene.GetAsync($"/api/exchanges/{number}"))["request"]!["body"]!["bytes"]!, 8);
        await scene.ReleaseAsync(number, new
        {
            method = "PUT", target = "/b?c=d", body = "a longer body than before", headers = new string[][] { ["X-New", "2"], ["Content-Length", "3"] },
        });

        (await (await visit).Content.ReadAsStringAsync()).ShouldBe("PUT /b?c=d 2||25|a longer body than before");
        JsonNode done = await scene.DoneAsync(number);
        ((bool)done["summary"]!["edited"]!, (string?)done["summary"]!["method"], (string?)done["summary"]!["target"]).ShouldBe((true, "PUT", "/b?c=d"));
        ((string?)done["request"]!["body"]!["text"], (int)done["request"]!["body"]!["bytes"]!).ShouldBe(("a longer body than before", 25));
        ((string?)done["response"]!["body"]!["text"]).ShouldStartWith("PUT /b?c=d");
    }

    [Fact]
    public async Task A_head_can_be_edited_while_the_body_stays_and_a_body_can_be_added_or_taken_away()
    {
        var seen = new ConcurrentQueue<string>();
        await using RulesScene scene = await RulesScene.StartAsync(Echo(seen));
        await scene.AddRuleAsync(HoldAll);

        (await ReleasedAsync(scene, scene.Visitor.PostAsync("/a", new StringContent("kept")), new { target = "/b" })).ShouldBe("POST /b kept");
        (await ReleasedAsync(scene, scene.Visitor.GetAsync("/a"), new { method = "POST", bodyBase64 = Convert.ToBase64String("new"u8) })).ShouldBe("POST /a new");
        (await ReleasedAsync(scene, scene.Visitor.PostAsync("/a", new StringContent("gone")), new { body = "" })).ShouldBe("POST /a ");

        // As a stream, so that it travels in chunks.
        (await ReleasedAsync(scene, scene.Visitor.PostAsync("/a", new StreamContent(new UnknownLength("chunks"u8.ToArray()))), new { target = "/c" })).ShouldBe("POST /c chunks");
    }

    [Fact]
    public async Task A_large_upload_that_was_held_arrives_byte_for_byte()
    {
        byte[] body = RandomNumberGenerator.GetBytes(HeldRequest.MaxBodyBytes * 5 / 2);
        await using RulesScene scene = await RulesScene.StartAsync(async context =>
        {
            byte[] hash = await SHA256.HashDataAsync(context.Request.Body);
            await context.Response.WriteAsync(Convert.ToHexString(hash) + context.Request.Path);
        });
        await scene.AddRuleAsync(HoldAll);

        foreach (object order in (object[])[new { }, new { target = "/edited" }])
        {
            Task<HttpResponseMessage> visit = scene.Visitor.PostAsync("/sent", new ByteArrayContent(body));
            long number = await scene.NextHeldAsync();
            await Eventually.BecomesAsync(async () => (int)(await scene.GetAsync($"/api/exchanges/{number}"))["request"]!["body"]!["bytes"]! >= HeldRequest.MaxBodyBytes, true);
            (HttpStatusCode status, JsonNode? problem) = await scene.SendAsync(HttpMethod.Post, $"/api/exchanges/{number}/release", new { body = "other" });
            status.ShouldBe(HttpStatusCode.Conflict);
            ((string?)problem!["title"]).ShouldBe("The request's body is not here as a whole, so it cannot be replaced.");
            await scene.ReleaseAsync(number, order);

            (await (await visit).Content.ReadAsStringAsync()).ShouldStartWith(Convert.ToHexString(SHA256.HashData(body)));
            JsonNode done = await scene.DoneAsync(number);
            ((int)done["request"]!["body"]!["bytes"]!).ShouldBe(body.Length);
            (await scene.Api.GetByteArrayAsync($"/api/exchanges/{number}/request/body"))
                .ShouldBe(body[..(int)done["request"]!["body"]!["keptBytes"]!]);
        }
    }

    [Theory]
    [InlineData("{}", "POST /a first second")]
    [InlineData("""{"target":"/b"}""", "POST /b first second")]
    [InlineData("""{"headers":[["X-New","1"],["Content-Length","3"]]}""", "POST /a first second")]
    [InlineData("""{"action":"respond","response":{"status":200,"body":"mocked"}}""", "mocked")]
    public async Task A_request_can_be_released_while_its_body_is_still_arriving(string order, string answer)
    {
        await using RulesScene scene = await RulesScene.StartAsync(Echo(new ConcurrentQueue<string>()));
        await scene.AddRuleAsync(HoldAll);
        using RawSocket visitor = await RawSocket.ConnectAsync(scene.PublicUrl);
        await visitor.SendAsync($"POST /a HTTP/1.1\r\nHost: {scene.PublicUrl.Authority}\r\nContent-Length: 12\r\n\r\nfirst");
        long number = await scene.NextHeldAsync();
        await Eventually.BecomesAsync(async () => (int)(await scene.GetAsync($"/api/exchanges/{number}"))["request"]!["body"]!["bytes"]!, 5);
        (await scene.SendAsync(HttpMethod.Post, $"/api/exchanges/{number}/release", new { body = "other" })).Status.ShouldBe(HttpStatusCode.Conflict);

        (await scene.SendAsync(HttpMethod.Post, $"/api/exchanges/{number}/release", order)).Status.ShouldBe(HttpStatusCode.NoContent);
        await visitor.SendAsync(" second");

        await visitor.ReadUntilAsync(answer);
        ((string?)(await scene.DoneAsync(number))["request"]!["body"]!["text"]).ShouldBe("first second");
    }

    [Fact]
    public async Task What_has_arrived_goes_on_at_once_although_more_is_to_come()
    {
        await using RulesScene scene = await RulesScene.StartAsync(async context =>
        {
            await context.Request.Body.ReadExactlyAsync(new byte[5]);
            await context.Response.WriteAsync("early");
            await context.Response.Body.FlushAsync();
            await context.Request.Body.CopyToAsync(context.Response.Body);
        });
        await scene.AddRuleAsync(HoldAll);
        using RawSocket visitor = await RawSocket.ConnectAsync(scene.PublicUrl);
        await visitor.SendAsync($"POST /a HTTP/1.1\r\nHost: {scene.PublicUrl.Authority}\r\nContent-Length: 12\r\n\r\nfirst");
        long number = await scene.NextHeldAsync();
        await Eventually.BecomesAsync(async () => (int)(await scene.GetAsync($"/api/exchanges/{number}"))["request"]!["body"]!["bytes"]!, 5);

        await scene.ReleaseAsync(number);

        await visitor.ReadUntilAsync("early");
        await visitor.SendAsync(" second");
        await visitor.ReadUntilAsync(" second");
    }

    [Fact]
    public async Task A_held_request_can_be_answered_or_broken_off()
    {
        var seen = new ConcurrentQueue<string>();
        await using RulesScene scene = await RulesScene.StartAsync(Echo(seen));
        await scene.AddRuleAsync(HoldAll);

        Task<HttpResponseMessage> visit = scene.Visitor.PostAsync("/a", new StringContent("question"));
        await scene.ReleaseAsync(await scene.NextHeldAsync(), new { action = "respond", response = new { status = 418, body = "tea", headers = new string[][] { ["X-Pot", "1"] } } });
        HttpResponseMessage answer = await visit;
        ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.GetValues("X-Pot").Single()).ShouldBe((418, "tea", "1"));

        visit = scene.Visitor.GetAsync("/b");
        long number = await scene.NextHeldAsync();
        await scene.ReleaseAsync(number, new { action = "abort" });
        answer = await visit;
        (answer.StatusCode, answer.Headers.GetValues("X-Ggrok-Error").Single()).ShouldBe((HttpStatusCode.BadGateway, "LocalCancelled"));
        ((string?)(await scene.DoneAsync(number))["summary"]!["error"]).ShouldBe("LocalCancelled");
        seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_visitor_who_leaves_is_not_held_any_more()
    {
        var seen = new ConcurrentQueue<string>();
        await using RulesScene scene = await RulesScene.StartAsync(Echo(seen));
        await scene.AddRuleAsync(HoldAll);

        foreach (HttpContent? content in (HttpContent?[])[null, new StringContent("body")])
        {
            using var leave = new CancellationTokenSource();
            using var request = new HttpRequestMessage(content is null ? HttpMethod.Get : HttpMethod.Post, "/a") { Content = content };
            Task<HttpResponseMessage> visit = scene.Visitor.SendAsync(request, leave.Token);
            long number = await scene.NextHeldAsync();
            await leave.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(visit);

            ((string?)(await scene.DoneAsync(number))["summary"]!["error"]).ShouldBe("VisitorGone");
            (await scene.HeldAsync()).ShouldBeEmpty();
        }

        seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task Fifty_requests_are_held_at_once_and_released_one_by_one()
    {
        var seen = new ConcurrentQueue<string>();
        await using RulesScene scene = await RulesScene.StartAsync(Echo(seen));
        await scene.AddRuleAsync(HoldAll);

        Task<HttpResponseMessage>[] visits = [.. Enumerable.Range(0, 50).Select(i => scene.Visitor.PostAsync($"/{i}", new StringContent($"body {i}")))];
        await Eventually.BecomesAsync(async () => (await scene.HeldAsync()).Length, 50);
        seen.ShouldBeEmpty();
        foreach (long number in await scene.HeldAsync())
        {
            await scene.ReleaseAsync(number);
        }

        for (int i = 0; i < visits.Length; i++)
        {
            (await (await visits[i]).Content.ReadAsStringAsync()).ShouldBe($"POST /{i} body {i}");
        }
    }

    [Fact]
    public async Task Beyond_the_most_that_are_held_requests_pass_with_a_notice()
    {
        await using RulesScene scene = await RulesScene.StartAsync(context => context.Response.WriteAsync("through"));
        await scene.AddRuleAsync(HoldAll);

        Task<string>[] held = [.. Enumerable.Range(0, HeldRequests.Most).Select(i => scene.Visitor.GetStringAsync($"/{i}"))];
        await Eventually.BecomesAsync(async () => (await scene.HeldAsync()).Length, HeldRequests.Most);
        (await scene.Visitor.GetStringAsync("/more")).ShouldBe("through");
        (await scene.Visitor.GetStringAsync("/more")).ShouldBe("through");

        scene.Events.Log.Count(l => l.StartsWith("notice: 100 requests are held", StringComparison.Ordinal)).ShouldBe(1);
        (await scene.SendAsync(HttpMethod.Delete, "/api/rules/stop")).Status.ShouldBe(HttpStatusCode.NoContent);
        (await Within.Bound(Task.WhenAll(held), "the release of all")).ShouldAllBe(t => t == "through");
    }

    [Theory]
    [InlineData("deleted")]
    [InlineData("disabled")]
    [InlineData("changed")]
    [InlineData("stopped")]
    public async Task What_is_held_goes_on_when_its_rule_ends_or_the_client_stops(string how)
    {
        var seen = new ConcurrentQueue<string>();
        await using RulesScene scene = await RulesScene.StartAsync(Echo(seen));
        await scene.AddRuleAsync(HoldAll);
        Task<HttpResponseMessage> visit = scene.Visitor.PostAsync("/a", new StringContent("held"));
        await scene.NextHeldAsync();

        if (how == "stopped")
        {
            scene.Stop();
        }

        (HttpStatusCode status, _) = await (how switch
        {
            "deleted" => scene.SendAsync(HttpMethod.Delete, "/api/rules/stop"),
            "disabled" => scene.SendAsync(HttpMethod.Put, "/api/rules/stop", new { name = "stop", hold = true, enabled = false }),
            "changed" => scene.SendAsync(HttpMethod.Put, "/api/rules/stop", new { name = "stop", latencyMs = 1 }),
            _ => Task.FromResult((HttpStatusCode.OK, (JsonNode?)null)),
        });
        status.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.NoContent);

        (await (await visit).Content.ReadAsStringAsync()).ShouldBe("POST /a held");
        if (how == "stopped")
        {
            (await scene.Exit).Code.ShouldBe(ExitCode.Ok);
        }
    }

    [Fact]
    public async Task A_visitor_who_waits_to_be_asked_for_the_body_is_asked_while_it_is_held()
    {
        var seen = new ConcurrentQueue<string>();
        await using RulesScene scene = await RulesScene.StartAsync(Echo(seen));
        await scene.AddRuleAsync(HoldAll);
        using RawSocket visitor = await RawSocket.ConnectAsync(scene.PublicUrl);
        await visitor.SendAsync($"POST /a HTTP/1.1\r\nHost: {scene.PublicUrl.Authority}\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
        await visitor.ReadUntilAsync("100 Continue\r\n\r\n");
        await visitor.SendAsync("body");
        long number = await scene.NextHeldAsync();
        await Eventually.BecomesAsync(async () => (int)(await scene.GetAsync($"/api/exchanges/{number}"))["request"]!["body"]!["bytes"]!, 4);

        await scene.ReleaseAsync(number);

        (await visitor.ReadUntilAsync("POST /a body")).ShouldStartWith("HTTP/1.1 200 OK");
    }

    [Fact]
    public async Task An_upgrade_is_held_before_the_local_service_sees_it_and_its_head_can_be_edited()
    {
        await using RulesScene scene = await RulesScene.StartAsync(async context =>
        {
            using System.Net.WebSockets.WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            await socket.SendAsync(Encoding.UTF8.GetBytes(context.Request.Path + " " + context.Request.Headers["X-New"]), System.Net.WebSockets.WebSocketMessageType.Text, true, default);
            byte[] buffer = new byte[100];
            System.Net.WebSockets.WebSocketReceiveResult received = await socket.ReceiveAsync(buffer, default);
            await socket.SendAsync(buffer.AsMemory(0, received.Count), System.Net.WebSockets.WebSocketMessageType.Text, true, default);
            await socket.CloseAsync(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, null, default);
        });
        await scene.AddRuleAsync(HoldAll);
        using var socket = new System.Net.WebSockets.ClientWebSocket();
        Task connecting = socket.ConnectAsync(new UriBuilder(scene.PublicUrl) { Scheme = "ws", Path = "/a" }.Uri, default);
        long number = await scene.NextHeldAsync();
        JsonNode held = await scene.GetAsync($"/api/exchanges/{number}");
        string[][] fields = [.. held["request"]!["headers"]!.AsArray().Select(f => new[] { (string)f![0]!, (string)f[1]! }), ["X-New", "edited"]];

        (await scene.SendAsync(HttpMethod.Post, $"/api/exchanges/{number}/release", new { body = "none" })).Status.ShouldBe(HttpStatusCode.BadRequest);
        await scene.ReleaseAsync(number, new { target = "/b", headers = fields });

        await Within.Bound(connecting, "the upgrade");
        byte[] buffer = new byte[100];
        var first = await socket.ReceiveAsync(buffer, default);
        Encoding.UTF8.GetString(buffer, 0, first.Count).ShouldBe("/b edited");
        await socket.SendAsync("echo"u8.ToArray(), System.Net.WebSockets.WebSocketMessageType.Text, true, default);
        var second = await socket.ReceiveAsync(buffer, default);
        Encoding.UTF8.GetString(buffer, 0, second.Count).ShouldBe("echo");
        await socket.CloseAsync(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, null, default);
        JsonNode done = await scene.DoneAsync(number);
        ((string?)done["summary"]!["kind"], (bool)done["summary"]!["edited"]!).ShouldBe(("websocket", true));
    }

    [Theory]
    [InlineData("""{"action":"go"}""", "The action is none of continue, respond and abort.")]
    [InlineData("""{"action":"respond"}""", "respond needs a response.")]
    [InlineData("""{"action":"respond","response":{"status":99}}""", "response.status: \"99\" is no status that can be sent here; write one from 200 to 599, such as 200, 302 or 404.")]
    [InlineData("""{"action":"abort","target":"/b"}""", "abort sends nothing to the local service, so nothing of the request can be changed.")]
    [InlineData("""{"response":{"status":200}}""", "continue takes no response.")]
    [InlineData("""{"method":"A B"}""", "method: \"A B\" is no method that can be sent.")]
    [InlineData("""{"method":"HEAD"}""", "method: The visitor waits for another answer than HEAD has.")]
    [InlineData("""{"target":"b c"}""", "target: \"b c\" is no request target.")]
    [InlineData("""{"headers":[["A"]]}""", "headers[0] is no pair.")]
    [InlineData("""{"headers":[["A","1\r\nB: 2"]]}""", "headers: The value of A cannot stand in a field.")]
    [InlineData("""{"body":"a","bodyBase64":"YQ=="}""", "There are two bodies.")]
    [InlineData("""{"bodyBase64":"?"}""", "bodyBase64 is not Base64.")]
    [InlineData("""{"acton":"abort"}""", "The body cannot be read.")]
    public async Task A_release_that_makes_no_sense_is_refused_and_the_request_stays_held(string order, string title)
    {
        await using RulesScene scene = await RulesScene.StartAsync(Echo(new ConcurrentQueue<string>()));
        await scene.AddRuleAsync(HoldAll);
        Task<HttpResponseMessage> visit = scene.Visitor.GetAsync("/a");
        long number = await scene.NextHeldAsync();

        (HttpStatusCode status, JsonNode? problem) = await scene.SendAsync(HttpMethod.Post, $"/api/exchanges/{number}/release", order);

        (status, (string?)problem!["title"]).ShouldBe((HttpStatusCode.BadRequest, title));
        await scene.ReleaseAsync(number);
        (await visit).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static RequestDelegate Echo(ConcurrentQueue<string> seen) => async context =>
    {
        string body = await new StreamReader(context.Request.Body).ReadToEndAsync();
        seen.Enqueue(context.Request.Path);
        await context.Response.WriteAsync($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} {body}");
    };

    private static async Task<string> ReleasedAsync(RulesScene scene, Task<HttpResponseMessage> visit, object order)
    {
        long number = await scene.NextHeldAsync();

        // A body can be replaced once it is whole.
        await Eventually.BecomesAsync(async () => (await scene.SendAsync(HttpMethod.Post, $"/api/exchanges/{number}/release", order)).Status, HttpStatusCode.NoContent);
        using HttpResponseMessage response = await visit;
        string text = await response.Content.ReadAsStringAsync();
        await scene.DoneAsync(number);
        return text;
    }

    private sealed class UnknownLength(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
