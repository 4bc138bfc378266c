using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inspector;

/// <summary>Recorded requests, sent to the local service again.</summary>
public sealed class ReplayTests : IAsyncLifetime
{
    private readonly WatchedApp _app = new();
    private InspectorScene _scene = null!;

    public async Task InitializeAsync() => _scene = await InspectorScene.StartAsync(AppAsync, inspect => inspect with { MaxBodyBytes = 100_000 });

    public async Task DisposeAsync() => await _scene.DisposeAsync();

    [Fact]
    public async Task A_replay_is_the_same_request_with_a_correlation_id_of_its_own()
    {
        await VisitAsync(HttpMethod.Post, "/a%2Fb?q=%C3%A9&q=2", Enumerable.Range(0, 256).Select(i => (byte)i).ToArray(), r => r.Headers.Add("X-Twice", ["1", "2"]));
        SeenRequest first = await SeenAsync();

        JsonElement replay = (await _scene.PostAsync("/api/exchanges/1/replay", new { })).EnumerateArray().Single();

        SeenRequest second = await SeenAsync();
        second.Line.ShouldBe(first.Line);
        second.Body.ShouldBe(first.Body);
        second.Headers.Where(h => h.Name != "X-Request-ID").ShouldBe(first.Headers.Where(h => h.Name != "X-Request-ID"));
        second.Id.ShouldNotBe(first.Id);
        second.Id.ShouldBe(replay.GetProperty("id").GetString());
        replay.GetProperty("number").GetInt64().ShouldBe(2);
        replay.GetProperty("source").GetString().ShouldBe("replay");
        replay.GetProperty("replayOf").GetInt64().ShouldBe(1);
        replay.GetProperty("state").GetString().ShouldBe("done");
        replay.GetProperty("status").GetInt32().ShouldBe(201);
        (await _scene.GetAsync("/api/exchanges/1")).GetProperty("replays").EnumerateArray().Select(n => n.GetInt64()).ShouldBe([2]);
    }

    [Fact]
    public async Task A_body_without_a_length_stays_without_one()
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/upload") { Content = new StringContent("some bytes") };
        request.Headers.TransferEncodingChunked = true;
        (await _scene.Visitor.SendAsync(request)).Dispose();
        SeenRequest first = await SeenAsync();
        await _scene.DoneAsync(1);

        await _scene.PostAsync("/api/exchanges/1/replay", new { });

        SeenRequest second = await SeenAsync();
        Encoding.ASCII.GetString(second.Body).ShouldBe("some bytes");
        (first.Find("Transfer-Encoding"), first.Find("Content-Length")).ShouldBe(("chunked", null));
        (second.Find("Transfer-Encoding"), second.Find("Content-Length")).ShouldBe(("chunked", null));
    }

    [Fact]
    public async Task It_is_sent_as_often_as_asked_and_a_replay_of_a_replay_belongs_to_the_first()
    {
        await VisitAsync(HttpMethod.Get, "/many");
        await SeenAsync();

        JsonElement[] rows = [.. (await _scene.PostAsync("/api/exchanges/last/replay", new { count = 5, pauseMs = 1 })).EnumerateArray()];
        JsonElement again = (await _scene.PostAsync("/api/exchanges/6/replay", new { })).EnumerateArray().Single();

        rows.Select(r => r.GetProperty("number").GetInt64()).ShouldBe([2, 3, 4, 5, 6]);
        again.GetProperty("replayOf").GetInt64().ShouldBe(1);
        for (int i = 0; i < 6; i++)
        {
            (await SeenAsync()).Line.ShouldBe("GET /many");
        }
    }

    [Fact]
    public async Task Every_part_can_be_edited_and_the_length_follows_the_body()
    {
        await VisitAsync(HttpMethod.Post, "/before", "12345"u8.ToArray(), r => r.Headers.Add("X-Old", "1"));
        SeenRequest first = await SeenAsync();

        await _scene.PostAsync("/api/exchanges/1/replay", new { method = "PATCH", target = "/after?x=1", headers = new[] { new[] { "X-New", "a b" }, ["Content-Length", "5"] }, body = "ä€" });

        SeenRequest second = await SeenAsync();
        first.Find("Content-Length").ShouldBe("5");
        second.Line.ShouldBe("PATCH /after?x=1");
        second.Find("X-New").ShouldBe("a b");
        second.Find("X-Old").ShouldBeNull();
        second.Find("Content-Length").ShouldBe("5");
        Encoding.UTF8.GetString(second.Body).ShouldBe("ä€");
        await _scene.PostAsync("/api/exchanges/1/replay", new { bodyBase64 = Convert.ToBase64String([0, 255, 10]) });
        SeenRequest third = await SeenAsync();
        third.Find("Content-Length").ShouldBe("3");
        third.Body.ShouldBe(new byte[] { 0, 255, 10 });
    }

    [Fact]
    public async Task A_request_without_a_body_can_get_one_and_one_with_a_body_can_lose_it()
    {
        await VisitAsync(HttpMethod.Get, "/none");
        await SeenAsync();

        await _scene.PostAsync("/api/exchanges/1/replay", new { method = "POST", body = "now" });
        SeenRequest with = await SeenAsync();
        await _scene.PostAsync("/api/exchanges/2/replay", new { body = "" });
        SeenRequest without = await SeenAsync();

        (with.Find("Content-Length"), Encoding.ASCII.GetString(with.Body)).ShouldBe(("3", "now"));
        (without.Find("Content-Length"), without.Body.Length).ShouldBe(("0", 0));
    }

    [Fact]
    public async Task It_can_go_to_another_service()
    {
        var elsewhere = new TaskCompletionSource<string>();
        await using LocalApp other = await LocalApp.StartAsync(context =>
        {
            elsewhere.TrySetResult($"{context.Request.Method} {context.Request.Path} {context.Request.Host}");
            context.Response.StatusCode = 418;
            return Task.CompletedTask;
        });
        await VisitAsync(HttpMethod.Get, "/moved");

        string address = other.Url.AbsoluteUri.TrimEnd('/');
        JsonElement row = (await _scene.PostAsync("/api/exchanges/1/replay", new { url = address })).EnumerateArray().Single();

        row.GetProperty("status").GetInt32().ShouldBe(418);
        (await Within.Bound(elsewhere.Task, "the other service")).ShouldBe($"GET /moved {other.Url.Authority}");
        (await _scene.GetAsync("/api/exchanges/2")).GetProperty("otherTarget").GetString().ShouldBe(address);
    }

    [Fact]
    public async Task A_service_that_is_away_is_an_error_of_the_exchange()
    {
        await VisitAsync(HttpMethod.Get, "/gone");

        JsonElement row = (await _scene.PostAsync("/api/exchanges/1/replay", new { url = $"http://127.0.0.1:{FreePorts.One()}" })).EnumerateArray().Single();

        row.GetProperty("error").GetString().ShouldBe("LocalUnreachable");
        row.GetProperty("status").GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task A_body_that_was_kept_in_part_cannot_be_sent_but_replaced()
    {
        await VisitAsync(HttpMethod.Post, "/large", new byte[150_000]);
        await SeenAsync();

        (int status, string text) = await _scene.RefusalAsync("/api/exchanges/1/replay", new { target = "/other" });
        await _scene.PostAsync("/api/exchanges/1/replay", new { body = "small" });

        status.ShouldBe(409);
        text.ShouldStartWith("Only 97.7 KiB of the request's body of 146.5 KiB were kept. Give a body");
        (await SeenAsync()).Body.Length.ShouldBe(5);
    }

    [Fact]
    public async Task A_large_body_of_an_edit_arrives_whole()
    {
        await VisitAsync(HttpMethod.Post, "/large");
        await SeenAsync();
        byte[] body = new byte[8 * 1024 * 1024];
        Random.Shared.NextBytes(body);

        await _scene.PostAsync("/api/exchanges/1/replay", new { bodyBase64 = Convert.ToBase64String(body) });

        (await SeenAsync()).Body.SequenceEqual(body).ShouldBeTrue();
    }

    [Fact]
    public async Task A_WebSocket_cannot_be_replayed()
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(_scene.PublicUrl) { Scheme = "ws", Path = "/socket" }.Uri, CancellationToken.None);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);

        (int status, string text) = await _scene.RefusalAsync("/api/exchanges/1/replay", new { });

        (status, text).ShouldBe((409, "A connection upgraded to websocket cannot be replayed. Its messages answer each other; open a new one with a client for them."));
    }

    [Theory]
    [InlineData("""{"count":0}""", "count must be a number from 1 to 1000.")]
    [InlineData("""{"count":1001}""", "count must be a number from 1 to 1000.")]
    [InlineData("""{"pauseMs":60001}""", "pauseMs must be a number from 0 to 60000.")]
    [InlineData("""{"method":"G T"}""", "method: \"G T\" is no method")]
    [InlineData("""{"method":"CONNECT"}""", "method: \"CONNECT\" is no method")]
    [InlineData("""{"target":"x"}""", "target: \"x\" is no request target. Begin with a slash")]
    [InlineData("""{"target":"/a b"}""", "target: \"/a b\" is no request target.")]
    [InlineData("""{"headers":[["A"]]}""", "headers[0] is no pair.")]
    [InlineData("""{"headers":[["A","1"],null]}""", "headers[1] is no pair.")]
    [InlineData("""{"headers":[["A b","1"]]}""", "headers: \"A b\" is no field name.")]
    [InlineData("""{"headers":[["A","1\r\nB: 2"]]}""", "headers: The value of A cannot stand in a field.")]
    [InlineData("""{"headers":[["A","€"]]}""", "headers: The value of A cannot stand in a field.")]
    [InlineData("""{"headers":[["Transfer-Encoding","chunked"]]}""", "headers: Transfer-Encoding belongs to the connection")]
    [InlineData("""{"headers":[["Host","elsewhere"]]}""", "headers: Host is what the tunnel says")]
    [InlineData("""{"body":"a","bodyBase64":"YQ=="}""", "There are two bodies.")]
    [InlineData("""{"bodyBase64":"?"}""", "bodyBase64 is not Base64.")]
    [InlineData("""{"url":"localhost:4000"}""", "url is no address of a service. Write scheme, host and port: http://localhost:4000")]
    [InlineData("""{"url":"ftp://localhost"}""", "url is no address of a service.")]
    [InlineData("""{"url":"http://localhost:4000/api"}""", "url has a path, which would not be used.")]
    [InlineData("""{"cuont":2}""", "The body cannot be read.")]
    [InlineData("""[]""", "The body cannot be read.")]
    public async Task A_mistake_is_answered_with_what_to_write(string json, string expected)
    {
        await VisitAsync(HttpMethod.Get, "/");
        await _scene.DoneAsync(1);

        using HttpResponseMessage response = await _scene.Api.PostAsync("/api/exchanges/1/replay", new StringContent(json));

        (int status, string text) = await InspectorScene.ProblemOf(response);
        status.ShouldBe(400, text);
        text.ShouldStartWith(expected);
        (await _scene.GetAsync("/api/exchanges")).GetProperty("items").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task An_exchange_that_is_not_kept_is_said_to_be_missing()
    {
        (int status, string text) = await _scene.RefusalAsync("/api/exchanges/7/replay", new { });

        status.ShouldBe(404);
        text.ShouldStartWith("There is no exchange 7.");
    }

    [Fact]
    public async Task Who_hangs_up_ends_the_replay_and_at_most_eight_run_at_once()
    {
        await VisitAsync(HttpMethod.Get, "/once-then-never");
        await SeenAsync();
        using var gone = new CancellationTokenSource();
        Task<HttpResponseMessage>[] asking = [.. Enumerable.Range(0, 8).Select(_ => _scene.Api.PostAsync("/api/exchanges/1/replay", new StringContent("{}"), gone.Token))];
        for (int i = 0; i < asking.Length; i++)
        {
            await SeenAsync();
        }

        (int status, string text) = await _scene.RefusalAsync("/api/exchanges/1/replay", new { });
        await gone.CancelAsync();

        (status, text).ShouldBe((429, "Too many replays are running. At most 8 run at once; wait until one is over, or end one."));
        await Eventually.BecomesAsync(
            async () => (await _scene.GetAsync("/api/exchanges?status=error")).GetProperty("items").EnumerateArray().Count(e => e.GetProperty("error").GetString() == "VisitorGone"), 8);
        await Eventually.BecomesAsync(async () => (await _scene.Api.PostAsync("/api/exchanges/1/replay", new StringContent("""{"target":"/fine"}"""))).StatusCode, HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_client_stops_while_a_replay_runs()
    {
        await VisitAsync(HttpMethod.Get, "/once-then-never");
        await SeenAsync();
        Task<HttpResponseMessage> asking = _scene.Api.PostAsync("/api/exchanges/1/replay", new StringContent("{}"));
        await SeenAsync();

        _scene.Stop();

        await _scene.Exit;
        await Within.Bound(asking.ContinueWith(_ => { }, TaskScheduler.Default), "an answer or none");
    }

    private async Task AppAsync(HttpContext context)
    {
        if (context.WebSockets.IsWebSocketRequest)
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            await socket.ReceiveAsync(new byte[10], context.RequestAborted);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
            return;
        }

        SeenRequest seen = await _app.TakeAsync(context);
        if (context.Request.Path == "/once-then-never" && seen.Id!.StartsWith("replay-", StringComparison.Ordinal))
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        }

        context.Response.StatusCode = 201;
    }

    private Task<SeenRequest> SeenAsync() => _app.NextAsync();

    private async Task VisitAsync(HttpMethod method, string target, byte[]? body = null, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(_scene.PublicUrl, target));
        request.Content = body is null ? null : new ByteArrayContent(body);
        change?.Invoke(request);
        (await _scene.Visitor.SendAsync(request)).Dispose();
        await _scene.DoneAsync(1);
    }
}
