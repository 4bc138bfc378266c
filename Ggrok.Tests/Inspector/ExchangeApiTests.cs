using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Ggrok.Client.Inspector;
using Ggrok.Shared.Webhooks;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inspector;

/// <summary>What the inspector tells of what passed.</summary>
public class ExchangeApiTests
{
    [Fact]
    public async Task A_request_and_its_response_are_told_as_they_passed()
    {
        await using InspectorScene scene = await InspectorScene.StartAsync(async context =>
        {
            context.Response.StatusCode = 418;
            context.Response.Headers.Append("Set-Cookie", "a=1");
            context.Response.Headers.Append("Set-Cookie", "b=2; HttpOnly");
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("{\"tea\":\"é\"}");
        });
        using var request = new HttpRequestMessage(HttpMethod.Put, "/pots/a%20b?x=1&y=%C3%A9&z") { Content = new FormUrlEncodedContent([new("k", "v 1"), new("k", "2&3")]) };
        request.Headers.Add("Cookie", "sid=\"q\"; t=u=v");
        request.Headers.Add("X-Request-ID", "abc-123");
        using HttpResponseMessage response = await scene.Visitor.SendAsync(request);
        ((int)response.StatusCode).ShouldBe(418);

        JsonElement row = await scene.NewestDoneAsync();
        JsonElement details = await scene.GetAsync($"/api/exchanges/{row.GetProperty("number")}");

        row.GetProperty("id").GetString().ShouldBe("abc-123");
        row.GetProperty("status").GetInt32().ShouldBe(418);
        row.GetProperty("source").GetString().ShouldBe("visitor");
        row.GetProperty("durationMs").GetDouble().ShouldBeGreaterThan(0);
        JsonElement sent = details.GetProperty("request");
        sent.GetProperty("method").GetString().ShouldBe("PUT");
        sent.GetProperty("target").GetString().ShouldBe("/pots/a%20b?x=1&y=%C3%A9&z");
        sent.GetProperty("path").GetString().ShouldBe("/pots/a b");
        Pairs(sent.GetProperty("query")).ShouldBe([("x", "1"), ("y", "é"), ("z", "")]);
        Pairs(sent.GetProperty("cookies")).ShouldBe([("sid", "\"q\""), ("t", "u=v")]);
        Pairs(sent.GetProperty("form")).ShouldBe([("k", "v 1"), ("k", "2&3")]);
        JsonElement got = details.GetProperty("response");
        got.GetProperty("cookies").EnumerateArray().Select(c => c.GetString()).ShouldBe(["a=1", "b=2; HttpOnly"]);
        got.GetProperty("body").GetProperty("text").GetString().ShouldBe("{\"tea\":\"é\"}");
        JsonElement timings = details.GetProperty("timings");
        double[] phases = [.. new[] { "connectBeganMs", "connectedMs", "firstByteMs", "endedMs" }.Select(p => timings.GetProperty(p).GetDouble())];
        phases.ShouldBeInOrder();

        // Both directions flow at once: the answer may be there before the sender has noted that it was done.
        timings.GetProperty("requestSentMs").GetDouble().ShouldBeInRange(phases[1], phases[3]);
    }

    [Fact]
    public async Task Bodies_are_given_as_they_travelled_and_decoded()
    {
        byte[] plain = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("twelve drummers ", 100)));
        var zipped = new MemoryStream();
        await using (var gzip = new GZipStream(zipped, CompressionLevel.Optimal, leaveOpen: true))
        {
            await gzip.WriteAsync(plain);
        }

        await using InspectorScene scene = await InspectorScene.StartAsync(async context =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.Body.WriteAsync(zipped.ToArray());
        });
        await scene.Visitor.GetByteArrayAsync("/");
        JsonElement row = await scene.NewestDoneAsync();

        (await scene.Api.GetByteArrayAsync($"/api/exchanges/{row.GetProperty("number")}/response/body")).ShouldBe(zipped.ToArray());
        using HttpResponseMessage decoded = await scene.Api.GetAsync($"/api/exchanges/{row.GetProperty("number")}/response/body?decoded=true");
        (await decoded.Content.ReadAsByteArrayAsync()).ShouldBe(plain);
        decoded.Content.Headers.ContentDisposition!.DispositionType.ShouldBe("attachment");
        decoded.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("sandbox");
        JsonElement details = await scene.GetAsync("/api/exchanges/last");
        JsonElement body = details.GetProperty("response").GetProperty("body");
        body.GetProperty("text").GetString().ShouldBe(Encoding.UTF8.GetString(plain));
        body.GetProperty("encodings").EnumerateArray().Single().GetString().ShouldBe("gzip");
    }

    [Fact]
    public async Task Of_a_large_body_the_beginning_is_told_and_the_visitor_gets_all()
    {
        byte[] large = new byte[3_000_000];
        Random.Shared.NextBytes(large);
        await using InspectorScene scene = await InspectorScene.StartAsync(c => c.Response.Body.WriteAsync(large).AsTask(), o => o with { MaxBodyBytes = 1000 });

        (await scene.Visitor.GetByteArrayAsync("/")).ShouldBe(large);

        JsonElement row = await scene.NewestDoneAsync();
        row.GetProperty("responseBytes").GetInt64().ShouldBe(large.Length);
        (await scene.Api.GetByteArrayAsync($"/api/exchanges/{row.GetProperty("number")}/response/body")).ShouldBe(large[..1000]);
        JsonElement status = await scene.GetAsync("/api/status");
        status.GetProperty("recorder").GetProperty("cutBodies").GetInt64().ShouldBe(1);
    }

    [Fact]
    public async Task The_list_can_be_filtered_paged_and_cleared()
    {
        await using InspectorScene scene = await InspectorScene.StartAsync(c =>
        {
            c.Response.StatusCode = c.Request.Path == "/missing" ? 404 : 200;
            return Task.CompletedTask;
        });
        foreach (string path in new[] { "/a", "/b", "/missing", "/c" })
        {
            await scene.Visitor.GetAsync(path);
        }

        await scene.Visitor.PostAsync("/posted", new StringContent("x"));
        await scene.NewestDoneAsync(e => e.GetProperty("target").GetString() == "/posted");

        (await TargetsAsync(scene, "")).ShouldBe(["/posted", "/c", "/missing", "/b", "/a"]);
        (await TargetsAsync(scene, "?status=4xx")).ShouldBe(["/missing"]);
        (await TargetsAsync(scene, "?status=404,5xx")).ShouldBe(["/missing"]);
        (await TargetsAsync(scene, "?method=post")).ShouldBe(["/posted"]);
        (await TargetsAsync(scene, "?text=MISS")).ShouldBe(["/missing"]);
        (await TargetsAsync(scene, "?before=3&limit=1")).ShouldBe(["/b"]);
        (await scene.Api.GetAsync("/api/exchanges?status=fine")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await scene.Api.GetAsync("/api/exchanges?limit=0")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);

        (await scene.SendAsync(HttpMethod.Delete, "/api/exchanges")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await TargetsAsync(scene, "")).ShouldBeEmpty();
        (await scene.Api.GetAsync("/api/exchanges/1")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Pages_are_told_what_happens_while_it_happens()
    {
        var release = new TaskCompletionSource();
        await using InspectorScene scene = await InspectorScene.StartAsync(_ => release.Task);
        using Stream stream = await scene.Api.GetStreamAsync("/api/events");
        using var events = new StreamReader(stream);

        Task<HttpResponseMessage> visit = scene.Visitor.GetAsync("/slow");
        JsonElement active = await NextAsync(events, "exchanges", e => e.EnumerateArray().Any(r => r.GetProperty("target").GetString() == "/slow"));
        active.EnumerateArray().Single().GetProperty("state").GetString().ShouldBe("active");

        release.SetResult();
        (await visit).StatusCode.ShouldBe(HttpStatusCode.OK);
        await NextAsync(events, "exchanges", e => e.EnumerateArray().Any(r => r.GetProperty("state").GetString() == "done"));
        (await NextAsync(events, "status", _ => true)).GetProperty("state").GetString().ShouldBe("ready");
        await scene.SendAsync(HttpMethod.Delete, "/api/exchanges");
        await NextAsync(events, "cleared", _ => true);
        (await NextAsync(events, "stats", _ => true)).GetProperty("at").GetDateTimeOffset().ShouldBeGreaterThan(DateTimeOffset.UnixEpoch);
    }

    [Fact]
    public async Task A_webhook_is_recognised_and_its_signature_verified()
    {
        const string Secret = "It's a secret";
        const string Body = """{"action":"opened","number":1}""";
        var secrets = new Dictionary<WebhookProvider, IReadOnlyList<string>> { [WebhookProvider.GitHub] = [Secret] };
        await using InspectorScene scene = await InspectorScene.StartAsync(_ => Task.CompletedTask, o => o with { WebhookSecrets = secrets });
        string signature = Convert.ToHexStringLower(System.Security.Cryptography.HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(Body)));

        foreach (string sent in new[] { signature, signature.Replace(signature[0], signature[0] == '0' ? '1' : '0') })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/hook") { Content = new StringContent(Body, Encoding.UTF8, "application/json") };
            request.Headers.Add("X-GitHub-Event", "pull_request");
            request.Headers.Add("X-Hub-Signature-256", "sha256=" + sent);
            await scene.Visitor.SendAsync(request);
        }

        JsonElement second = await scene.NewestDoneAsync(e => e.GetProperty("number").GetInt64() == 2);
        second.GetProperty("webhook").GetString().ShouldBe("GitHub pull_request.opened");
        (await VerdictAsync(scene, 1)).ShouldBe("valid");
        (await VerdictAsync(scene, 2)).ShouldBe("invalid");
    }

    [Fact]
    public async Task Messages_of_a_WebSocket_are_told_in_both_directions()
    {
        await using InspectorScene scene = await InspectorScene.StartAsync(async context =>
        {
            using System.Net.WebSockets.WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            byte[] buffer = new byte[100];
            var got = await socket.ReceiveAsync(buffer, default);
            await socket.SendAsync(Encoding.UTF8.GetBytes("echo " + Encoding.UTF8.GetString(buffer, 0, got.Count)), System.Net.WebSockets.WebSocketMessageType.Text, true, default);
            await socket.ReceiveAsync(buffer, default);
        });
        using var visitor = new System.Net.WebSockets.ClientWebSocket();
        await visitor.ConnectAsync(new UriBuilder(scene.PublicUrl) { Scheme = "ws" }.Uri, default);
        await visitor.SendAsync("hello"u8.ToArray(), System.Net.WebSockets.WebSocketMessageType.Text, true, default);
        await visitor.ReceiveAsync(new byte[100], default);

        JsonElement live = await scene.GetAsync("/api/exchanges/last/messages");
        live.GetProperty("protocol").GetString().ShouldBe("WebSocket");
        live.GetProperty("items").EnumerateArray().Select(m => (m.GetProperty("direction").GetString(), m.GetProperty("text").GetString()))
            .ShouldBe([("in", "hello"), ("out", "echo hello")]);
        await visitor.CloseOutputAsync(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, null, default);
        (await scene.NewestDoneAsync()).GetProperty("kind").GetString().ShouldBe("websocket");
    }

    [Fact]
    public async Task Without_a_local_service_the_failure_has_its_name()
    {
        int nobody = FreePorts.One();
        await using InspectorScene scene = await InspectorScene.StartAsync(_ => Task.CompletedTask, tunnel: t => t with { Target = new Uri($"http://127.0.0.1:{nobody}") });

        (await scene.Visitor.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.BadGateway);

        JsonElement row = await scene.NewestDoneAsync();
        row.GetProperty("error").GetString().ShouldBe("LocalUnreachable");
        (await scene.GetAsync("/api/exchanges/last")).GetProperty("failure").GetProperty("advice").GetString().ShouldNotBeNull().ShouldContain("Start the local service");
        row.GetProperty("status").GetInt32().ShouldBe(0);
        (await TargetsAsync(scene, "?status=error")).ShouldBe(["/"]);
    }

    private static async Task<string?> VerdictAsync(InspectorScene scene, int number)
    {
        JsonElement details = await scene.GetAsync($"/api/exchanges/{number}");
        return details.GetProperty("webhook").GetProperty("signature").GetString();
    }

    private static async Task<string?[]> TargetsAsync(InspectorScene scene, string query)
    {
        JsonElement page = await scene.GetAsync("/api/exchanges" + query);
        return [.. page.GetProperty("items").EnumerateArray().Select(e => e.GetProperty("target").GetString())];
    }

    private static async Task<JsonElement> NextAsync(StreamReader events, string name, Func<JsonElement, bool> fits)
    {
        while (true)
        {
            string line = await Within.Bound(events.ReadLineAsync(), $"the event {name}") ?? throw new EndOfStreamException();
            if (line == "event: " + name)
            {
                string data = (await Within.Bound(events.ReadLineAsync(), "its data"))!;
                JsonElement value = JsonElement.Parse(data["data: ".Length..]);
                if (fits(value))
                {
                    return value;
                }
            }
        }
    }

    private static (string?, string?)[] Pairs(JsonElement pairs) => [.. pairs.EnumerateArray().Select(p => (p[0].GetString(), p[1].GetString()))];
}
