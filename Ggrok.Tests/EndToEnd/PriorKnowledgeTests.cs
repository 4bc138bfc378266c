using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Text;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Ggrok.Tests.EndToEnd;

/// <summary>HTTP/2 without TLS on the port that speaks HTTP/1.1: the first bytes tell which it is.</summary>
public class PriorKnowledgeTests
{
    private const string Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    // No settings, length 0 (RFC 9113 section 6.5).
    private const string EmptySettings = "\0\0\0\u0004\0\0\0\0\0";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Both_versions_are_served_on_one_port(bool ownEndpoints)
    {
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(
            c => c.Response.WriteAsync($"{c.Request.Headers["X-Forwarded-Proto"]} {c.Request.Headers["X-Forwarded-For"]} {c.Request.Path}"),
            kestrel: ownEndpoints ? _ => { } : null);
        using HttpClient visitor = Visitor(ggrok.Server.Url);

        (await visitor.GetStringAsync("/two")).ShouldBe("http 127.0.0.1 /two");
        (await ggrok.Visitor.GetStringAsync("/one")).ShouldBe("http 127.0.0.1 /one");
        using HttpResponseMessage health = await visitor.GetAsync("/$$ggrok/health");
        (health.StatusCode, health.Version).ShouldBe((HttpStatusCode.OK, HttpVersion.Version20));
        ggrok.Server.App.Urls.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Many_requests_with_bodies_share_one_connection()
    {
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(async c =>
        {
            using var body = new StreamReader(c.Request.Body);
            await c.Response.WriteAsync(c.Request.Path + await body.ReadToEndAsync());
        });
        using HttpClient visitor = Visitor(ggrok.Server.Url);

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 300).Select(async i =>
        {
            using HttpResponseMessage response = await visitor.PostAsync($"/{i}", new StringContent(new string('x', i * 50)));
            return await response.Content.ReadAsStringAsync();
        }));

        answers.ShouldBe(Enumerable.Range(0, 300).Select(i => $"/{i}{new string('x', i * 50)}"));
    }

    [Fact]
    public async Task A_websocket_opens_by_extended_connect()
    {
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(UpgradeTests.EchoAsync);
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;

        await Within.Bound(socket.ConnectAsync(new UriBuilder(ggrok.Server.Url) { Scheme = "ws", Path = "/echo" }.Uri, invoker, default), "the WebSocket");
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, default);
        byte[] buffer = new byte[100];
        WebSocketReceiveResult echo = await Within.Bound(socket.ReceiveAsync(buffer, default), "the echo");

        Encoding.UTF8.GetString(buffer, 0, echo.Count).ShouldBe("hello");
    }

    [Fact]
    public async Task A_preface_byte_by_byte_is_understood()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using RawSocket visitor = await RawSocket.ConnectAsync(server.Url);
        foreach (char c in Preface)
        {
            await visitor.SendAsync(c.ToString());
            await Task.Yield();
        }

        await visitor.SendAsync(EmptySettings);

        // The server's settings, and the acknowledgement of ours: length 0, kind 4, flag 1.
        await visitor.ReadUntilAsync("\0\0\0\u0004\u0001\0\0\0\0");
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n", "POST /")]
    [InlineData("PUT / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n", "PUT /")]
    [InlineData("PRI / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "PRI /")]
    [InlineData("PRI * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "405 Method Not Allowed")]
    [InlineData("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "GET /")]
    public async Task Requests_of_http1_are_not_disturbed_however_they_are_cut(string request, string answer)
    {
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(c => c.Response.WriteAsync($"{c.Request.Method} {c.Request.Path}!"));
        for (int cut = 1; cut < 8; cut++)
        {
            using RawSocket visitor = await RawSocket.ConnectAsync(ggrok.Server.Url);
            await visitor.SendAsync(request[..cut]);
            await visitor.SendAsync(request[cut..]);
            await visitor.ReadUntilAsync(answer);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("P")]
    [InlineData("PRI * HTTP/2.0\r\n\r\n")]
    public async Task A_visitor_that_does_not_finish_its_greeting_is_let_go(string greeting)
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_HEADER_TIMEOUT", "200ms")]);
        using RawSocket visitor = await RawSocket.ConnectAsync(server.Url);
        try
        {
            await visitor.SendAsync(greeting);
        }
        catch (IOException)
        {
            // Let go already.
        }

        await visitor.WaitForCloseAsync();
        visitor.Unread.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_visitor_that_has_not_spoken_does_not_hold_up_the_end()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using RawSocket visitor = await RawSocket.ConnectAsync(server.Url);
        using HttpClient other = Visitor(server.Url);
        await other.GetAsync("/$$ggrok/health");

        await Within.Bound(server.App.StopAsync(), "the server to stop");

        await visitor.WaitForCloseAsync();
    }

    [Fact]
    public async Task Running_requests_are_finished_when_the_server_stops()
    {
        var started = new TaskCompletionSource();
        var finish = new TaskCompletionSource();
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(async c =>
        {
            started.SetResult();
            await finish.Task;
            await c.Response.WriteAsync("done");
        });
        using HttpClient visitor = Visitor(ggrok.Server.Url);
        Task<string> running = visitor.GetStringAsync("/");
        await Within.Bound(started.Task, "the local request");

        Task stopping = ggrok.Server.App.StopAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(ggrok.Server.Get<Server.Tunnels.SessionDirectory>().IsDraining), true);
        finish.SetResult();

        (await Within.Bound(running, "the answer")).ShouldBe("done");
        await Within.Bound(stopping, "the server to stop");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_port_with_tls_takes_no_clear_text(bool certificateByName)
    {
        using var certificate = new LoopbackCertificate();
        var byName = new TlsHandshakeCallbackOptions
        {
            OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificate = certificate.Certificate }),
        };
        await using RunningServer server = await RunningServer.StartAsync(
            kestrel: k => k.Listen(IPAddress.Loopback, 0, o => _ = certificateByName ? o.UseHttps(byName) : o.UseHttps(certificate.Certificate)));
        using RawSocket visitor = await RawSocket.ConnectAsync(server.SecureUrl);
        await visitor.SendAsync(Preface + EmptySettings);

        string answer = "";
        try
        {
            answer = await visitor.ReadToEndAsync();
        }
        catch (IOException)
        {
            // A reset says no as well.
        }

        answer.ShouldNotContain(EmptySettings[..5]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Curl_speaks_http2(bool tls)
    {
        using var certificate = new LoopbackCertificate();
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(
            async c => await c.Request.Body.CopyToAsync(c.Response.Body),
            kestrel: k => k.Listen(IPAddress.Loopback, 0, o => o.UseHttps(certificate.Certificate)));
        string way = tls ? $"--http2 --cacert \"{certificate.PemFile}\" {ggrok.Server.SecureUrl}" : $"--http2-prior-knowledge {ggrok.Server.Url}";

        await using RunningProgram curl = RunningProgram.Start("curl", $"-sS --max-time 20 --noproxy * -d sent -w \\n%{{http_version}}\\n {way}");

        (await curl.ExitAsync()).ShouldBe(0, curl.Output);
        curl.Output.ShouldBe("sent\n2\n");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task H2load_gets_every_answer(bool tls)
    {
        using var certificate = new LoopbackCertificate();
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(
            c => c.Response.WriteAsync("hello"), kestrel: k => k.Listen(IPAddress.Loopback, 0, o => o.UseHttps(certificate.Certificate)));

        await using RunningProgram load = RunningProgram.Start(
            "h2load", string.Create(CultureInfo.InvariantCulture, $"-n 2000 -c 4 -m 10 {(tls ? ggrok.Server.SecureUrl : ggrok.Server.Url)}"));

        (await load.ExitAsync()).ShouldBe(0, load.Output);
        load.Output.ShouldContain("2000 succeeded, 0 failed, 0 errored, 0 timeout");
        load.Output.ShouldContain("2000 2xx");
        load.Output.ShouldContain(tls ? "Application protocol: h2\n" : "Application protocol: h2c");
    }

    internal static HttpClient Visitor(Uri server) => new(new SocketsHttpHandler { UseProxy = false })
    {
        BaseAddress = server,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };
}
