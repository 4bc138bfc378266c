using System.Net.WebSockets;
using Ggrok.Client.Connection;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Balancing;
using Ggrok.Tests.Raw;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Reliability;

/// <summary>A client with several connections.</summary>
public class ConnectionsTests
{
    [Fact]
    public async Task Requests_are_spread_over_all_connections_of_a_client()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        var release = new TaskCompletionSource();
        int entered = 0;
        await using LocalApp app = await LocalApp.StartAsync(async c =>
        {
            Interlocked.Increment(ref entered);
            await release.Task;
            await c.Response.WriteAsync("ok");
        });
        await using RunningClient client = await StartAsync(server, app.Url, 4);
        using var http = new HttpClient { BaseAddress = server.Url };

        // One after the other: two that choose at once may choose the same.
        var running = new List<Task<string>>();
        for (int i = 1; i <= 12; i++)
        {
            running.Add(http.GetStringAsync("/"));
            await Eventually.BecomesAsync(() => Task.FromResult(Volatile.Read(ref entered)), i);
        }

        Sessions(server).Select(s => s.Connection.OpenStreams).ShouldBe([3, 3, 3, 3]);
        server.Get<TunnelRegistry>().Snapshot().Count.ShouldBe(1);
        release.SetResult();
        (await Task.WhenAll(running)).ShouldAllBe(a => a == "ok");
    }

    [Fact]
    public async Task Connections_that_are_lost_come_back_while_the_others_serve_and_the_client_stays_ready()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using CountingApp app = await CountingApp.StartAsync();
        await using RunningClient client = await StartAsync(server, app.Url, 3, resumeBuffer: 0);
        await using var visitors = new Visitors(server.Url, 4);
        await visitors.MoreAsync(100);

        for (int round = 0; round < 3; round++)
        {
            TunnelSession lost = Sessions(server)[round];
            lost.Retire(CloseReason.TransportLost, limit: null);
            await Within.Bound(lost.Connection.Ended, "the end of a connection");
            await Eventually.BecomesAsync(() => Task.FromResult(Sessions(server).Count(s => !s.IsLeaving)), 3);
            await visitors.MoreAsync(100);
        }

        await visitors.EndAsync();
        visitors.Problems.ShouldBeEmpty();
        app.Duplicates.ShouldBe(0);
        client.Events.Log.ShouldNotContain(l => l.StartsWith("lost", StringComparison.Ordinal));
        client.Events.Log.Count(l => l.StartsWith("ready", StringComparison.Ordinal)).ShouldBe(1);
        client.Events.Log.ShouldContain(l => l.Contains("of 3: The connection to the server was lost. 2 are left.", StringComparison.Ordinal));
        client.Events.Log.ShouldContain(l => l.Contains("is back: 3 of 3 connections.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_client_is_lost_with_its_last_connection_and_ready_with_the_first()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using RunningClient client = await StartAsync(server, server.Url, 3);

        // One may be back before another is gone: until there was none for a moment.
        await Eventually.BecomesAsync(
            () =>
            {
                bool isLost = client.Events.Log.Any(l => l.StartsWith("lost", StringComparison.Ordinal));
                foreach (TunnelSession session in isLost ? [] : Sessions(server))
                {
                    session.Connection.RequestClose(CloseReason.TransportLost);
                }

                return Task.FromResult(isLost);
            },
            true);
        await client.Events.NextReadyAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(Sessions(server).Count), 3);
        server.Get<TunnelRegistry>().Snapshot().Single().IsAway.ShouldBeFalse();
    }

    [Fact]
    public async Task Connections_of_one_client_count_once_towards_the_limit_of_its_token()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TOKENS", "secret name=a max-tunnels=1")]);
        await using RunningClient client = await StartAsync(server, server.Url, 4, token: "secret");
        await using var other = new RunningClient(RunningClient.Options(server.Url, server.Url, t => t with { Path = "/other" }, "secret"));

        await other.Events.NextLostAsync();
        Sessions(server).Count.ShouldBe(4);

        client.Stop();
        await client.Exit;
        await other.Events.NextReadyAsync();
    }

    [Fact]
    public async Task A_member_of_a_pool_is_one_however_many_connections_it_has()
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync("several"));
        await pool.JoinAsync("one", "round-robin");
        await using RunningClient several = await StartAsync(pool.Server, app.Url, 4, t => t with { Pool = new PoolRequest("round-robin") }, PoolScene.Token);

        (await pool.AskAsync(6)).Count(a => a == "several").ShouldBe(3);
        pool.Server.Get<TunnelRegistry>().Snapshot().Single().Pool!.Members.Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_connection_with_a_number_that_is_taken_replaces_that_one_alone()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync("ok"));
        TunnelClientOptions options = RunningClient.Options(server.Url, app.Url) with { Connections = 2 };
        var dialer = new Dialer(options, "instance");
        (ClientWebSocket first, Welcome welcome) = await dialer.DialAsync(false, new ConnectionSlot(0, 2), default);
        using (first)
        {
            welcome.Connection.ShouldBe(new ConnectionSlot(0, 2));
            (ClientWebSocket second, _) = await dialer.DialAsync(false, new ConnectionSlot(1, 2), default);
            using (second)
            {
                (ClientWebSocket again, _) = await dialer.DialAsync(false, new ConnectionSlot(0, 2), default);
                using (again)
                {
                    await Eventually.BecomesAsync(() => Task.FromResult(Sessions(server).Count), 2);
                    Sessions(server).Select(s => s.Hello.Connection!.Index).Order().ShouldBe([0, 1]);
                }
            }
        }
    }

    [Fact]
    public async Task Connections_that_want_other_tunnels_than_the_first_are_refused()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        TunnelClientOptions options = RunningClient.Options(server.Url, server.Url) with { Connections = 2 };
        (ClientWebSocket first, _) = await new Dialer(options, "instance").DialAsync(false, new ConnectionSlot(0, 2), default);
        using (first)
        {
            TunnelClientOptions others = options with { Tunnels = [options.Tunnels[0] with { Path = "/other" }] };
            DialException refused = await Should.ThrowAsync<DialException>(() => new Dialer(others, "instance").DialAsync(false, new ConnectionSlot(1, 2), default));
            refused.Message.ShouldContain("ask for the same tunnels");
            DialException beyond = await Should.ThrowAsync<DialException>(() => new Dialer(options, "instance").DialAsync(false, new ConnectionSlot(2, 2), default));
            beyond.Message.ShouldContain("1 to 16 connections");
        }
    }

    [Fact]
    public async Task A_server_that_knows_of_one_connection_only_gets_one()
    {
        await using LocalApp server = await OldServerAsync();
        await using var client = new RunningClient(RunningClient.Options(server.Url, server.Url) with { Connections = 4 });

        await client.Events.NextReadyAsync();

        await Eventually.BecomesAsync(() => Task.FromResult(client.Events.Log.Contains(
            "notice: The server (0.9.0) is too old for several connections; one is used.")), true);
    }

    [Fact]
    public async Task Raw_connections_and_private_names_work_over_several()
    {
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TCP_PORTS", "0"));
        await using EchoService echo = EchoService.Start();
        await using RunningClient device = await StartAsync(scene.Server, echo.Url, 3, t => t with { Kind = TunnelKind.Tcp, PrivateName = "device" });
        TunnelClientOptions connect = RunningClient.Options(scene.Server.Url, echo.Url) with
        {
            Tunnels = [],
            Connect = [new ConnectTarget("device", new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0))],
            Connections = 2,
        };
        await using var connector = new RunningClient(connect);
        System.Net.IPEndPoint address = await connector.Events.NextListeningAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(Sessions(scene.Server).Count), 5);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => EchoService.AskAsync(address)));
    }

    private static List<TunnelSession> Sessions(RunningServer server) => [.. server.Get<SessionDirectory>().Sessions];

    private static async Task<RunningClient> StartAsync(
        RunningServer server, Uri target, int connections, Func<LocalTunnel, LocalTunnel>? tunnel = null, string? token = null, int? resumeBuffer = null)
    {
        TunnelClientOptions options = RunningClient.Options(server.Url, target, tunnel, token) with { Connections = connections };
        var client = new RunningClient(resumeBuffer is { } bytes ? options with { ResumeBuffer = bytes } : options);
        await client.Events.NextReadyAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(Sessions(server).Count(s => s.Hello.Client == client.ClientId)), connections);
        return client;
    }

    private static Task<LocalApp> OldServerAsync() => LocalApp.StartAsync(async context =>
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(ProtocolLimits.SubProtocol);
        var transport = new WebSocketTransport(socket);
        await HandshakeChannel.ReceiveAsync(transport);
        var welcome = new Welcome("s", "0.9.0", [new TunnelGrant("web", "http://a.test")], new SessionLimits(10, 32_768));
        await transport.SendAsync(HandshakeCodec.Encode(FrameKind.Welcome, welcome, HandshakeJson.Default.Welcome));
        try
        {
            while (!(await transport.ReceiveAsync(new byte[1024])).Closed)
            {
            }

            await transport.CloseAsync(CloseReason.Normal);
        }
        catch (IOException)
        {
            // The client is gone.
        }
    });
}
