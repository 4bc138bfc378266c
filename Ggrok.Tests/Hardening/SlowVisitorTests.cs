using System.Net;
using System.Net.Sockets;
using Ggrok.Server.Tunnels;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Hardening;

/// <summary>Visitors that are slow on purpose hold what they hold, and for so long only; everybody else goes on.</summary>
public class SlowVisitorTests
{
    private const int Many = 150;

    [Fact]
    public async Task Heads_that_never_end_are_cut_off_and_others_are_served_meanwhile()
    {
        await using var scene = await CountingScene.StartAsync([("GGROK_HEADER_TIMEOUT", "2s")]);
        List<RawSocket> slow = await ConnectAsync(scene.Ggrok.Server.Url, "GET /slow HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ");

        (await scene.Ggrok.Visitor.GetAsync("/other")).StatusCode.ShouldBe(HttpStatusCode.OK);

        foreach (RawSocket socket in slow)
        {
            await Within.Bound(socket.WaitForCloseAsync(), "the server to end a head without end");
            socket.Dispose();
        }

        scene.Paths.ShouldBe(["/other"]);
    }

    [Fact]
    public async Task Bodies_that_never_end_take_streams_of_their_own_tunnel_alone()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_MAX_STREAMS", "100")]);
        await using LocalApp local = await LocalApp.StartAsync(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            await context.Response.WriteAsync("ok");
        });
        await using var attacked = new RunningClient(RunningClient.Options(server.Url, local.Url, t => t with { Path = "/attacked" }));
        await using var neighbour = new RunningClient(RunningClient.Options(server.Url, local.Url, t => t with { Path = "/neighbour" }));
        await attacked.Events.NextReadyAsync();
        await neighbour.Events.NextReadyAsync();

        List<RawSocket> slow = await ConnectAsync(server.Url, $"POST /attacked HTTP/1.1\r\nHost: {server.Url.Authority}\r\nContent-Length: 1000\r\n\r\nx");
        using var visitor = new HttpClient { BaseAddress = server.Url };
        await Eventually.BecomesAsync(async () => (await visitor.GetAsync("/attacked")).StatusCode, HttpStatusCode.ServiceUnavailable);

        (await visitor.GetAsync("/neighbour")).StatusCode.ShouldBe(HttpStatusCode.OK);
        slow.ForEach(s => s.Reset());
        await Eventually.BecomesAsync(async () => (await visitor.GetAsync("/attacked")).StatusCode, HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_visitor_that_reads_nothing_is_cut_off_after_the_send_timeout()
    {
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(async context =>
        {
            byte[] chunk = new byte[64 * 1024];
            context.Response.ContentLength = 64L * 1024 * 1024;
            for (int i = 0; i < 1024; i++)
            {
                await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
            }
        }, [("GGROK_SEND_TIMEOUT", "2s")]);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(IPAddress.Loopback, ggrok.Server.Url.Port);
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes($"GET /large HTTP/1.1\r\nHost: {ggrok.Server.Url.Authority}\r\n\r\n"));

        TunnelSession session = ggrok.Server.Get<SessionDirectory>().Sessions.Single();

        (await ggrok.Client.Events.NextExchangeAsync()).Error.ShouldNotBe(Ggrok.Shared.Protocol.RelayError.None);
        await Eventually.BecomesAsync(() => Task.FromResult(session.Connection.OpenStreams), 0);
    }

    private static async Task<List<RawSocket>> ConnectAsync(Uri server, string begin)
    {
        var sockets = new List<RawSocket>();
        for (int i = 0; i < Many; i++)
        {
            RawSocket socket = await RawSocket.ConnectAsync(server);
            await socket.SendAsync(begin);
            sockets.Add(socket);
        }

        return sockets;
    }
}
