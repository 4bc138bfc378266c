using System.Net;
using System.Net.WebSockets;
using System.Text;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Deploy;

/// <summary>What the Caddyfile promises, in a real Caddy.</summary>
public class CaddyTests(CaddyInFront caddy) : IClassFixture<CaddyInFront>
{
    [CaddyFact]
    public async Task A_visitor_comes_through_with_HTTP2_its_own_address_and_nothing_added()
    {
        string seen = "";
        caddy.App = context =>
        {
            seen = string.Join('\n', context.Request.Headers.Select(h => $"{h.Key}: {h.Value}"));
            context.Response.Headers.ContentEncoding = "gzip";
            return context.Response.WriteAsync("not gzip at all");
        };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/a//b?") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Add("X-Forwarded-For", "6.6.6.6");

        using HttpResponseMessage answer = await caddy.Visitor.SendAsync(request);

        (await answer.Content.ReadAsStringAsync()).ShouldBe("not gzip at all");
        seen.ShouldNotContain("Accept-Encoding");
        seen.ShouldNotContain("6.6.6.6");
        seen.ShouldContain("X-Forwarded-Proto: https");
        seen.ShouldContain($"X-Forwarded-Host: alice.{CaddyInFront.Domain}");
    }

    [CaddyFact]
    public async Task A_visitor_who_leaves_ends_the_local_request()
    {
        var arrived = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        caddy.App = async context =>
        {
            arrived.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => ended.SetResult(), TaskScheduler.Default);
        };
        using var leave = new CancellationTokenSource();

        Task<HttpResponseMessage> visit = caddy.Visitor.GetAsync(new Uri("/hang", UriKind.Relative), leave.Token);
        await Within.Bound(arrived.Task, "the request");
        await leave.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(visit);
        await Within.Bound(ended.Task, "the end of the local request");
    }

    [CaddyFact]
    public async Task A_slow_body_of_known_length_arrives_part_by_part()
    {
        var goOn = new TaskCompletionSource();
        caddy.App = async context =>
        {
            context.Response.ContentLength = 10;
            await context.Response.WriteAsync("first");
            await context.Response.Body.FlushAsync();
            await goOn.Task;
            await context.Response.WriteAsync(", end");
        };

        using HttpResponseMessage answer = await Within.Bound(caddy.Visitor.GetAsync(new Uri("/", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead), "the head");
        await using Stream body = await answer.Content.ReadAsStreamAsync();
        byte[] first = new byte[5];
        await Within.Bound(body.ReadExactlyAsync(first).AsTask(), "the first part");
        goOn.SetResult();

        Encoding.ASCII.GetString(first).ShouldBe("first");
        using var rest = new StreamReader(body);
        (await rest.ReadToEndAsync()).ShouldBe(", end");
    }

    [CaddyFact]
    public async Task WebSockets_pass_to_the_local_app_and_to_the_server_itself()
    {
        caddy.App = async context =>
        {
            using WebSocket accepted = await context.WebSockets.AcceptWebSocketAsync("chat");
            byte[] buffer = new byte[16];
            ValueWebSocketReceiveResult received = await accepted.ReceiveAsync(buffer.AsMemory(), default);
            await accepted.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, true, default);
            await accepted.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        };

        using ClientWebSocket visitor = await ConnectAsync(new Uri($"wss://alice.{CaddyInFront.Domain}/chat"), "chat");
        await visitor.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, default);
        byte[] echo = new byte[16];
        ValueWebSocketReceiveResult back = await visitor.ReceiveAsync(echo.AsMemory(), default);
        Encoding.ASCII.GetString(echo, 0, back.Count).ShouldBe("hello");

        using ClientWebSocket client = await ConnectAsync(new Uri($"wss://{CaddyInFront.Domain}{ProtocolLimits.Path}"), ProtocolLimits.SubProtocol);
        client.SubProtocol.ShouldBe(ProtocolLimits.SubProtocol);
    }

    [CaddyFact]
    public async Task A_name_that_nobody_holds_gets_no_certificate()
    {
        await Should.ThrowAsync<HttpRequestException>(caddy.Visitor.GetAsync(new Uri($"https://stranger.{CaddyInFront.Domain}/")));
        await Should.ThrowAsync<HttpRequestException>(caddy.Visitor.GetAsync(new Uri("https://stranger.example.com/")));
    }

    private async Task<ClientWebSocket> ConnectAsync(Uri url, string subProtocol)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(subProtocol);
        using var invoker = new HttpMessageInvoker(caddy.Handler, disposeHandler: false);
        using var limit = new CancellationTokenSource(Within.Limit);
        await socket.ConnectAsync(url, invoker, limit.Token);
        return socket;
    }
}
