using System.Net;
using System.Net.WebSockets;
using System.Text;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Ggrok.Tests.EndToEnd;

/// <summary>Local services that speak HTTP/2, with and without TLS.</summary>
public sealed class LocalHttp2Tests : IDisposable
{
    private readonly LoopbackCertificate _certificate = new();

    [Fact]
    public async Task A_request_arrives_as_it_was_sent()
    {
        await using GgrokEnvironment ggrok = await StartAsync(TargetProtocol.H2c, async c =>
        {
            IHttpRequestFeature request = c.Features.GetRequiredFeature<IHttpRequestFeature>();
            using var body = new StreamReader(c.Request.Body);
            c.Response.Headers.Append("Set-Cookie", "a=1");
            c.Response.Headers.Append("Set-Cookie", "b=2");
            c.Response.Headers["X-Latin"] = "é";
            c.Response.AppendTrailer("X-End", "7");
            await c.Response.WriteAsync($"{request.Protocol} {request.Method} {request.RawTarget} {c.Request.Host} {c.Request.Headers["X-Many"]} {c.Request.Headers["X-Latin"] == "é"} {c.Request.ContentType} {await body.ReadToEndAsync()}");
        }, k =>
        {
            k.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            k.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
            k.ConfigureEndpointDefaults(e => e.Protocols = HttpProtocols.Http2);
        });
        using RawSocket visitor = await RawSocket.ConnectAsync(ggrok.Server.Url);
        await visitor.SendAsync("PATCH /a%2Fb/../c%20d//e?x=%7e&x='\" HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Many: 1\r\nX-Many: 2\r\nX-Latin: é\r\nContent-Type: text/odd\r\nContent-Length: 4\r\n\r\nbody");

        string answer = await visitor.ReadUntilAsync("\r\n0\r\n\r\n");

        answer.ShouldContain($"HTTP/2 PATCH /a%2Fb/../c%20d//e?x=%7e&x='\" {ggrok.App.Url.Authority} 1, 2 True text/odd body");
        answer.ShouldContain("Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n");
        answer.ShouldContain("X-Latin: é\r\n");
    }

    [Theory]
    [InlineData("preserve", "visitors.example")]
    [InlineData("own.example", "own.example")]
    public async Task The_host_is_the_one_asked_for(string hostHeader, string expected)
    {
        await using GgrokEnvironment ggrok = await StartAsync(
            TargetProtocol.H2c, c => c.Response.WriteAsync(c.Request.Host.Value!), more: t => t with { HostHeader = hostHeader, Host = "visitors.example" });
        using var request = new HttpRequestMessage(HttpMethod.Get, ggrok.Server.Url) { Headers = { Host = "visitors.example" } };

        using HttpResponseMessage response = await ggrok.Visitor.SendAsync(request);

        (await response.Content.ReadAsStringAsync()).ShouldBe(expected);
    }

    [Theory]
    [InlineData("HEAD", 200, "")]
    [InlineData("GET", 204, "")]
    [InlineData("GET", 304, "")]
    [InlineData("DELETE", 200, "x")]
    [InlineData("OPTIONS", 503, "x")]
    public async Task Methods_and_statuses_keep_their_bodies_and_lengths(string method, int status, string body)
    {
        await using GgrokEnvironment ggrok = await StartAsync(TargetProtocol.H2c, c =>
        {
            c.Response.StatusCode = status;
            return body.Length > 0 ? c.Response.WriteAsync(body) : Task.CompletedTask;
        });
        using var request = new HttpRequestMessage(new HttpMethod(method), "/");

        using HttpResponseMessage response = await ggrok.Visitor.SendAsync(request);

        ((int)response.StatusCode, await response.Content.ReadAsStringAsync()).ShouldBe((status, body));
        (await ggrok.Client.Events.NextExchangeAsync()).Status.ShouldBe(status);
    }

    [Fact]
    public async Task Large_bodies_flow_both_ways_at_once()
    {
        await using GgrokEnvironment ggrok = await StartAsync(TargetProtocol.H2c, c => c.Request.Body.CopyToAsync(c.Response.Body));
        byte[] sent = new byte[20_000_000];
        new Random(1).NextBytes(sent);
        using HttpClient visitor = PriorKnowledgeTests.Visitor(ggrok.Server.Url);

        using HttpResponseMessage response = await visitor.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, "/") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new PushedContent(sent) },
            HttpCompletionOption.ResponseHeadersRead);

        (await response.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(sent).ShouldBeTrue();
        ExchangeSummary summary = await ggrok.Client.Events.NextExchangeAsync();
        (summary.RequestBytes, summary.ResponseBytes, summary.Error).ShouldBe((sent.Length, sent.Length, RelayError.None));
    }

    [Fact]
    public async Task The_body_is_asked_for_with_100_continue()
    {
        await using GgrokEnvironment ggrok = await StartAsync(TargetProtocol.H2c, c => c.Request.Body.CopyToAsync(c.Response.Body));
        using RawSocket visitor = await RawSocket.ConnectAsync(ggrok.Server.Url);
        await visitor.SendAsync("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
        await visitor.ReadUntilAsync("100 Continue\r\n\r\n");
        await visitor.SendAsync("body");

        await visitor.ReadUntilAsync("body");
    }

    [Fact]
    public async Task A_visitor_who_leaves_cancels_the_local_stream()
    {
        var cancelled = new TaskCompletionSource();
        await using GgrokEnvironment ggrok = await StartAsync(TargetProtocol.H2c, async c =>
        {
            c.RequestAborted.Register(() => cancelled.TrySetResult());
            await c.Response.WriteAsync("begun");
            await c.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, c.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        using (RawSocket visitor = await RawSocket.ConnectAsync(ggrok.Server.Url))
        {
            await visitor.SendAsync("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
            await visitor.ReadUntilAsync("begun");
        }

        await Within.Bound(cancelled.Task, "the local stream's end");
        (await ggrok.Client.Events.NextExchangeAsync()).Error.ShouldBe(RelayError.VisitorGone);
    }

    [Fact]
    public async Task Websockets_take_http1()
    {
        await using GgrokEnvironment ggrok = await StartAsync(
            TargetProtocol.Auto, UpgradeTests.EchoAsync, k => k.ConfigureEndpointDefaults(e => e.UseHttps(_certificate.Certificate)), Insecure);
        using var socket = new ClientWebSocket();
        await Within.Bound(socket.ConnectAsync(new UriBuilder(ggrok.Server.Url) { Scheme = "ws", Path = "/echo" }.Uri, default), "the WebSocket");
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, default);
        byte[] buffer = new byte[100];
        WebSocketReceiveResult echo = await Within.Bound(socket.ReceiveAsync(buffer, default), "the echo");

        Encoding.UTF8.GetString(buffer, 0, echo.Count).ShouldBe("hello");
    }

    [Theory]
    [InlineData(TargetProtocol.Auto, HttpProtocols.Http1AndHttp2, "HTTP/2")]
    [InlineData(TargetProtocol.Auto, HttpProtocols.Http1, "HTTP/1.1")]
    [InlineData(TargetProtocol.Auto, HttpProtocols.Http2, "HTTP/2")]
    [InlineData(TargetProtocol.Http1, HttpProtocols.Http1AndHttp2, "HTTP/1.1")]
    [InlineData(TargetProtocol.H2, HttpProtocols.Http1AndHttp2, "HTTP/2")]
    public async Task With_tls_alpn_decides_unless_the_protocol_is_given(TargetProtocol asked, HttpProtocols offered, string spoken)
    {
        await using GgrokEnvironment ggrok = await StartAsync(asked, c => c.Response.WriteAsync($"{c.Request.Protocol} {c.Request.Scheme}"), k => k.ConfigureEndpointDefaults(e =>
        {
            e.Protocols = offered;
            e.UseHttps(_certificate.Certificate);
        }), Insecure);

        for (int i = 0; i < 3; i++)
        {
            (await ggrok.Visitor.GetStringAsync("/")).ShouldBe($"{spoken} https");
        }
    }

    [Fact]
    public async Task A_certificate_that_is_not_trusted_is_named()
    {
        await using GgrokEnvironment ggrok = await StartAsync(
            TargetProtocol.H2, c => c.Response.WriteAsync("x"), k => k.ConfigureEndpointDefaults(e => e.UseHttps(_certificate.Certificate)), t => t with { Target = Secure(t.Target) });

        (await ErrorAsync(ggrok.Visitor)).ShouldBe("LocalTlsFailed");
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")]
    [InlineData("HTTP/1.1 505 HTTP Version Not Supported\r\nContent-Length: 5\r\n\r\nhello")]
    public async Task A_service_that_answers_in_http1_is_named(string answer)
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync(tunnel: t => t with { TargetProtocol = TargetProtocol.H2c });
        using var visitor = new HttpClient { BaseAddress = ggrok.Server.Url };
        Task<string> error = ErrorAsync(visitor);
        using RawSocket local = await ggrok.Local.AcceptAsync();
        await local.ReadUntilAsync("SM\r\n\r\n");
        await local.SendAsync(answer);
        local.ShutdownSend();

        (await error).ShouldBe("LocalProtocol");
    }

    [Fact]
    public async Task A_service_that_closes_without_a_word_gave_no_response()
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync(tunnel: t => t with { TargetProtocol = TargetProtocol.H2c });
        using var visitor = new HttpClient { BaseAddress = ggrok.Server.Url };
        Task<string> error = ErrorAsync(visitor);
        using RawSocket local = await ggrok.Local.AcceptAsync();
        await local.ReadUntilAsync("SM\r\n\r\n");
        local.ShutdownSend();

        (await error).ShouldBe("ResponseHeadLocal");
    }

    [Fact]
    public async Task Visitors_who_do_not_read_hold_up_nobody()
    {
        await using GgrokEnvironment ggrok = await StartAsync(TargetProtocol.H2c, async c =>
        {
            byte[] block = new byte[64 * 1024];
            while (c.Request.Path == "/endless" && !c.RequestAborted.IsCancellationRequested)
            {
                await c.Response.Body.WriteAsync(block, c.RequestAborted);
            }

            await c.Response.WriteAsync("small");
        });
        List<RawSocket> silent = [];
        for (int i = 0; i < 60; i++)
        {
            RawSocket visitor = await RawSocket.ConnectAsync(ggrok.Server.Url);
            silent.Add(visitor);
            await visitor.SendAsync("GET /endless HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
            await visitor.ReadUntilAsync("\r\n\r\n");
        }

        for (int i = 0; i < 200; i++)
        {
            (await ggrok.Visitor.GetStringAsync("/small")).ShouldBe("small");
        }

        silent.ForEach(v => v.Dispose());
    }

    public void Dispose() => _certificate.Dispose();

    /// <summary>A body that .NET sends while it reads the response, which it does not do with its own kinds.</summary>
    private sealed class PushedContent(byte[] bytes) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(bytes).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = bytes.Length;
            return true;
        }
    }

    private static async Task<string> ErrorAsync(HttpClient visitor)
    {
        using HttpResponseMessage response = await visitor.GetAsync("/");
        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        return response.Headers.GetValues("X-Ggrok-Error").Single();
    }

    private static Uri Secure(Uri target) => new UriBuilder(target) { Scheme = "https" }.Uri;

    private static LocalTunnel Insecure(LocalTunnel tunnel) => tunnel with { Target = Secure(tunnel.Target), InsecureTarget = true };

    private static Task<GgrokEnvironment> StartAsync(
        TargetProtocol protocol, RequestDelegate app, Action<KestrelServerOptions>? kestrel = null, Func<LocalTunnel, LocalTunnel>? more = null) =>
        GgrokEnvironment.StartAsync(
            app,
            tunnel: t => (more ?? (m => m))(t with { TargetProtocol = protocol }),
            localKestrel: kestrel ?? (k => k.ConfigureEndpointDefaults(e => e.Protocols = HttpProtocols.Http2)));
}
