using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.EndToEnd;

/// <summary>Visitors over HTTP/2, negotiated by ALPN.</summary>
public sealed class Http2Tests : IDisposable
{
    private readonly LoopbackCertificate _certificate = new();

    [Fact]
    public async Task Requests_bodies_and_trailers_pass()
    {
        await using GgrokEnvironment ggrok = await StartAsync(async context =>
        {
            context.Response.Headers.Trailer = "X-End";
            context.Response.Headers.TransferEncoding = "chunked";
            using var body = new StreamReader(context.Request.Body);
            string text = $"{context.Request.Protocol} {context.Request.Headers.Cookie} {await body.ReadToEndAsync()}";
            await context.Response.WriteAsync($"{text.Length:x}\r\n{text}\r\n0\r\nX-End: 7\r\n\r\n");
        });
        using HttpClient visitor = Visitor(ggrok);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new StringContent("body") };
        request.Headers.Add("Cookie", "a=1; b=2");

        using HttpResponseMessage response = await visitor.SendAsync(request);

        response.Version.ShouldBe(HttpVersion.Version20);
        (await response.Content.ReadAsStringAsync()).ShouldBe("HTTP/1.1 a=1; b=2 body");
        response.TrailingHeaders.GetValues("X-End").ShouldBe(["7"]);
    }

    [Fact]
    public async Task Many_requests_share_one_connection()
    {
        await using GgrokEnvironment ggrok = await StartAsync(context => context.Response.WriteAsync(context.Request.Path));
        using HttpClient visitor = Visitor(ggrok);

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 90).Select(i => visitor.GetStringAsync($"/{i}")));

        answers.ShouldBe(Enumerable.Range(0, 90).Select(i => $"/{i}"));
    }

    [Fact]
    public async Task A_websocket_over_http2_reaches_a_local_service_that_speaks_http1()
    {
        await using GgrokEnvironment ggrok = await StartAsync(UpgradeTests.EchoAsync);
        using var invoker = new HttpMessageInvoker(Handler());
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.AddSubProtocol("chat");

        await Within.Bound(socket.ConnectAsync(new UriBuilder(ggrok.Server.SecureUrl) { Scheme = "wss", Path = "/echo" }.Uri, invoker, default), "the WebSocket");
        await socket.SendAsync(new byte[70_000], WebSocketMessageType.Binary, true, default);
        using var echoed = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        WebSocketReceiveResult part;
        do
        {
            part = await Within.Bound(socket.ReceiveAsync(buffer, default), "the echo");
            echoed.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);

        socket.SubProtocol.ShouldBe("chat");
        echoed.Length.ShouldBe(70_000);
        await Within.Bound(socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", default), "the close");
    }

    [Fact]
    public async Task A_visitor_who_resets_its_stream_cancels_the_local_request()
    {
        var cancelled = new TaskCompletionSource();
        var started = new TaskCompletionSource();
        await using GgrokEnvironment ggrok = await StartAsync(async context =>
        {
            context.RequestAborted.Register(() => cancelled.TrySetResult());
            started.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        using HttpClient visitor = Visitor(ggrok);
        using var leave = new CancellationTokenSource();
        Task<HttpResponseMessage> request = visitor.GetAsync("/", leave.Token);
        await Within.Bound(started.Task, "the local request");

        await leave.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(request);
        await Within.Bound(cancelled.Task, "the local request's end");
    }

    public void Dispose() => _certificate.Dispose();

    private Task<GgrokEnvironment> StartAsync(RequestDelegate app) =>
        GgrokEnvironment.StartAsync(app, kestrel: k => k.Listen(IPAddress.Loopback, 0, o => o.UseHttps(_certificate.Certificate)));

    private static HttpClient Visitor(GgrokEnvironment ggrok) => new(Handler())
    {
        BaseAddress = ggrok.Server.SecureUrl,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private static SocketsHttpHandler Handler() => new()
    {
        UseProxy = false,
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true },
    };
}
