using System.Net;
using System.Net.Sockets;
using Ggrok.Client.Connection;
using Ggrok.Server.Ports;
using Ggrok.Server.Raw;
using Ggrok.Server.Tokens;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Raw;

/// <summary>Who gets which public port, for how long, and what is said when there is none.</summary>
public class PortTests
{
    [Theory]
    [InlineData(TunnelKind.Tcp)]
    [InlineData(TunnelKind.Udp)]
    public async Task Without_ports_the_refusal_explains_private_names(TunnelKind kind)
    {
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TCP_PORTS", ""), ("GGROK_UDP_PORTS", ""));
        RunningClient client = Start(scene, Tunnel(kind));

        ClientExit exit = await client.Exit;

        exit.Code.ShouldBe(ExitCode.Refused);
        exit.Message.ShouldNotBeNull().ShouldContain(kind == TunnelKind.Udp ? "GGROK_UDP_PORTS" : "GGROK_TCP_PORTS");
        exit.Message.ShouldContain("--name");
        exit.Message.ShouldContain("ggrok connect");
    }

    [Fact]
    public async Task A_wanted_port_is_given_and_another_clients_wish_for_it_is_refused_with_the_holders_label()
    {
        int port = FreePorts.One();
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TCP_PORTS", $"{port}"));
        (_, Uri url) = await scene.ServeAsync(Tunnel() with { RemotePort = port });
        url.ShouldBe(new Uri($"tcp://127.0.0.1:{port}"));

        ClientExit exit = await Start(scene, Tunnel() with { RemotePort = port }).Exit;

        exit.Code.ShouldBe(ExitCode.NameTaken);
        exit.Message.ShouldNotBeNull().ShouldContain($"TCP port {port} is held by anna@laptop");
        exit.Message.ShouldContain("--remote-port");
        await ShouldListenAsync(port, true);
    }

    [Theory]
    [InlineData("20000-20100", 20101, "20000-20100")]
    [InlineData("20000-20100,25565", 25566, "20000-20100, 25565")]
    [InlineData("0", 70_000, "1 to 65535")]
    [InlineData("0", -1, "1 to 65535")]
    public async Task A_port_that_is_not_offered_is_refused_with_those_that_are(string offered, int wanted, string expected)
    {
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TCP_PORTS", offered));

        ClientExit exit = await Start(scene, Tunnel() with { RemotePort = wanted }).Exit;

        exit.Code.ShouldBe(ExitCode.NameTaken);
        exit.Message.ShouldNotBeNull().ShouldContain(expected);
    }

    [Fact]
    public async Task A_port_that_another_program_uses_is_refused_and_passed_over()
    {
        using var program = new RawListener();
        int taken = program.Url.Port;
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TCP_PORTS", $"{taken}"));

        ClientExit wanted = await Start(scene, Tunnel() with { RemotePort = taken }).Exit;
        ClientExit any = await Start(scene, Tunnel()).Exit;

        wanted.Code.ShouldBe(ExitCode.NameTaken);
        wanted.Message.ShouldNotBeNull().ShouldContain("another program");
        any.Message.ShouldNotBeNull().ShouldContain($"Every port of {taken} is in use");
    }

    [Fact]
    public async Task Clients_get_different_ports_until_there_are_none_left()
    {
        (int first, int last) = FreePorts.Range(3);
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TCP_PORTS", $"{first}-{last}"));
        var given = new List<int>();
        for (int i = 0; i < 3; i++)
        {
            given.Add((await scene.ServeAsync(Tunnel())).Url.Port);
        }

        given.Order().ShouldBe([first, first + 1, last]);
        ClientExit exit = await Start(scene, Tunnel()).Exit;
        exit.Code.ShouldBe(ExitCode.NameTaken);
        exit.Message.ShouldNotBeNull().ShouldContain($"Every port of {first}-{last} is in use");
    }

    [Fact]
    public async Task Tunnels_of_one_session_never_get_the_same_port()
    {
        (int first, int last) = FreePorts.Range(3);
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TCP_PORTS", $"{first}-{last}"));
        RunningClient client = Start(scene, Tunnel() with { Name = "a" }, Tunnel() with { Name = "b" }, Tunnel() with { Name = "c" });

        IReadOnlyList<PublicTunnel> tunnels = await client.Events.NextReadyAsync();

        tunnels.Select(t => t.Url.Port).Order().ShouldBe([first, first + 1, last]);
    }

    [Fact]
    public async Task Clients_that_come_at_the_same_time_get_different_ports()
    {
        (int first, int last) = FreePorts.Range(3);
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TCP_PORTS", $"{first}-{last}"));

        RunningClient[] clients = [.. Enumerable.Range(0, 3).Select(_ => Start(scene, Tunnel()))];
        IReadOnlyList<PublicTunnel>[] ready = await Task.WhenAll(clients.Select(c => c.Events.NextReadyAsync()));

        ready.Select(t => t[0].Url.Port).Order().ShouldBe([first, first + 1, last]);
    }

    [Fact]
    public async Task One_port_serves_TCP_and_UDP_side_by_side()
    {
        int port = FreePorts.One();
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TCP_PORTS", $"{port}"), ("GGROK_UDP_PORTS", $"{port}"));
        RunningClient client = Start(scene, Tunnel() with { Name = "tcp" }, Tunnel(TunnelKind.Udp) with { Name = "udp" });

        (await client.Events.NextReadyAsync()).Select(t => t.Url.OriginalString).ShouldBe([$"tcp://127.0.0.1:{port}", $"udp://127.0.0.1:{port}"]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    public async Task A_client_that_was_lost_gets_its_port_again_and_meanwhile_nothing_listens_there(int? wanted)
    {
        using var local = new RawListener();
        (int first, int last) = FreePorts.Range(3);
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TCP_PORTS", $"{first}-{last}"));
        (RunningClient client, Uri url) = await scene.ServeAsync(RawScene.Tcp(local.Url.Port) with { RemotePort = wanted });

        for (int i = 0; i < 3; i++)
        {
            await scene.CutAsync(client);
            await client.Events.NextLostAsync();
            (await client.Events.NextReadyAsync())[0].Url.ShouldBe(url);
            using RawSocket visitor = await RawScene.DialAsync(new IPEndPoint(IPAddress.Loopback, url.Port));
            using RawSocket accepted = await local.AcceptAsync();
            await visitor.SendAsync("back");
            (await accepted.ReadUntilAsync("back")).ShouldBe("back");
        }
    }

    [Fact]
    public async Task While_a_client_is_away_its_port_is_closed_and_kept_for_it()
    {
        int port = FreePorts.One();
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TCP_PORTS", $"{port}"));
        TunnelClientOptions once = Options(scene, Tunnel()) with { Reconnect = false, ClientId = "device" };
        RunningClient client = scene.Start(once);
        await client.Events.NextReadyAsync();

        await scene.CutAsync(client);
        await client.Exit;
        await ShouldListenAsync(port, false);
        ClientExit other = await Start(scene, Tunnel() with { RemotePort = port }).Exit;
        ClientExit any = await Start(scene, Tunnel()).Exit;

        other.Message.ShouldNotBeNull().ShouldContain("away now");
        any.Message.ShouldNotBeNull().ShouldContain("in use");
        RunningClient again = scene.Start(once);
        (await again.Events.NextReadyAsync())[0].Url.Port.ShouldBe(port);
        await ShouldListenAsync(port, true);
    }

    [Fact]
    public async Task A_client_that_stops_frees_its_port()
    {
        int port = FreePorts.One();
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TCP_PORTS", $"{port}"));
        (RunningClient first, _) = await scene.ServeAsync(Tunnel());

        first.Stop();
        await first.Exit;
        await ShouldListenAsync(port, false);

        (await scene.ServeAsync(Tunnel())).Url.Port.ShouldBe(port);
    }

    [Fact]
    public async Task The_same_client_takes_its_port_over_and_the_port_stays_open()
    {
        int port = FreePorts.One();
        using var local = new RawListener();
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TCP_PORTS", $"{port}"));
        (RunningClient old, _) = await scene.ServeAsync(Tunnel(), id: "device");

        await scene.ServeAsync(RawScene.Tcp(local.Url.Port), id: "device");

        (await old.Exit).Code.ShouldBe(ExitCode.Replaced);
        using RawSocket visitor = await RawScene.DialAsync(new IPEndPoint(IPAddress.Loopback, port));
        using RawSocket accepted = await local.AcceptAsync();
    }

    [Fact]
    public async Task A_refused_registration_opens_no_port()
    {
        int port = FreePorts.One();
        int elsewhere = FreePorts.One();
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TCP_PORTS", $"{port},{elsewhere}"));
        await scene.ServeAsync(Tunnel() with { RemotePort = elsewhere });

        ClientExit exit = await Start(scene, Tunnel() with { Name = "a", RemotePort = port }, Tunnel() with { Name = "b", RemotePort = elsewhere }).Exit;

        exit.Code.ShouldBe(ExitCode.NameTaken);
        await ShouldListenAsync(port, false);
        await ShouldListenAsync(elsewhere, true);
    }

    [Fact]
    public async Task Two_tunnels_that_ask_for_one_port_are_told_so()
    {
        int port = FreePorts.One();
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TCP_PORTS", $"{port}"));

        ClientExit exit = await Start(scene, Tunnel() with { Name = "a", RemotePort = port }, Tunnel() with { Name = "b", RemotePort = port }).Exit;

        exit.Message.ShouldNotBeNull().ShouldContain($"Two tunnels ask for TCP port {port}");
        await ShouldListenAsync(port, false);
    }

    [Fact]
    public async Task A_server_that_shuts_down_closes_its_ports_first_and_lets_connections_finish()
    {
        await using Way way = await Way.OpenAsync(isPrivate: false);
        int tls = way.Scene.Server.Get<Ggrok.Server.TlsPassthrough.PassthroughPort>().Port.ShouldNotBeNull();
        using RawSocket visitor = await RawScene.DialAsync(way.Address);
        using RawSocket local = await way.Local.AcceptAsync();
        await visitor.SendAsync("question");
        await local.ReadUntilAsync("question");

        Task stopped = way.Scene.Server.App.StopAsync();
        await ShouldListenAsync(way.Address.Port, false);
        await ShouldListenAsync(tls, false);
        stopped.IsCompleted.ShouldBeFalse();
        await local.SendAsync("answer");
        local.ShutdownSend();
        (await visitor.ReadToEndAsync()).ShouldBe("answer");
        visitor.ShutdownSend();

        await Within.Bound(stopped, "the server to stop");
    }

    [Fact]
    public async Task A_server_that_shuts_down_waits_for_a_visitor_who_still_reads_what_both_sides_have_ended()
    {
        await using RawScene scene = await RawScene.StartAsync();
        await using var pair = new TunnelPair();
        using var listener = new RawListener();
        using RawSocket visitor = await RawSocket.ConnectAsync(listener.Url);
        Socket accepted = await listener.AcceptSocketAsync();
        int filled = RawSocket.Fill(accepted);
        visitor.ShutdownSend();
        var route = new TunnelRoute { Key = RouteKey.PublicPort(TunnelKind.Tcp, 1), Kind = TunnelKind.Tcp, Owner = new("id", "anna"), Tunnel = new PairTunnel(pair) };
        Task serving = scene.Server.Get<RawRelay>().ServeAsync(accepted, route);
        MuxStream stream = await pair.AcceptAsync();
        await stream.ExpectAsync(FrameKind.Open);
        await stream.ExpectAsync(FrameKind.End);
        byte[] last = new byte[ProtocolLimits.InitialWindowBytes];
        Random.Shared.NextBytes(last);
        await stream.WriteAsync(FrameKind.Data, last);
        await stream.WriteEndAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(pair.Server.OpenStreams), 0);

        Task stopped = scene.Server.App.StopAsync();
        await Task.WhenAny(stopped, Task.Delay(TimeSpan.FromMilliseconds(300)));

        stopped.IsCompleted.ShouldBeFalse();
        await visitor.ReadAsync(filled);
        (await visitor.ReadAsync(last.Length)).ShouldBe(last);
        (await visitor.ReadToEndAsync()).ShouldBeEmpty();
        await Within.Bound(stopped, "the server to stop");
        await serving;
    }

    [Fact]
    public async Task A_closed_set_of_ports_opens_none_and_says_that_the_server_shuts_down()
    {
        await using RawScene scene = await RawScene.StartAsync();
        PublicPorts ports = scene.Server.Get<PublicPorts>();
        ports.Dispose();

        Assignment assignment = scene.Server.Get<PortAssigner>().Assign(
            new Applicant("localhost", "id", new Identity("open", Grants.All)), TunnelKind.Tcp, new TunnelRequest("a", "tcp", null, null, null));

        assignment.Refusal.ShouldNotBeNull().Code.ShouldBe(RejectCode.Draining);
        assignment.Refusal.MayRetry.ShouldBeTrue();
    }

    [Theory]
    [InlineData("20000-20100", 101, 20000, 20100)]
    [InlineData(" 25565 ", 1, 25565, 25565)]
    [InlineData("25565, 20000-20009", 11, 25565, 20009)]
    public void Ports_are_read(string text, int count, int first, int last)
    {
        PortRange range = PortRange.Parse(text);

        (range.Count, range[0], range[range.Count - 1]).ShouldBe((count, first, last));
        Enumerable.Range(0, count).ShouldAllBe(i => range.Contains(range[i]));
        range.IsAny.ShouldBeFalse();
        PortRange.Parse(range.ToString()).Count.ShouldBe(count);
    }

    [Theory]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("20000-")]
    [InlineData("-20000")]
    [InlineData("20100-20000")]
    [InlineData("1-2-3")]
    [InlineData("65536")]
    [InlineData("20000-70000")]
    [InlineData("http")]
    [InlineData("0-10")]
    [InlineData("0,25565")]
    [InlineData("+5")]
    [InlineData("20000 20001")]
    public void Ports_that_are_none_are_refused_with_what_to_write(string text)
    {
        Should.Throw<FormatException>(() => PortRange.Parse(text)).Message.ShouldContain("20000-20100");
    }

    private sealed class PairTunnel(TunnelPair pair) : ITunnel
    {
        public MuxStream? TryOpenStream(out RelayError error)
        {
            error = RelayError.None;
            return pair.Server.OpenStream();
        }
    }

    private static LocalTunnel Tunnel(TunnelKind kind = TunnelKind.Tcp) => kind == TunnelKind.Udp ? RawScene.Udp(9) : RawScene.Tcp(9);

    private static RunningClient Start(RawScene scene, params LocalTunnel[] tunnels) => scene.Start(Options(scene, tunnels));

    private static TunnelClientOptions Options(RawScene scene, params LocalTunnel[] tunnels) =>
        RunningClient.Options(scene.Server.Url, scene.Server.Url) with { Tunnels = tunnels };

    private static Task ShouldListenAsync(int port, bool expected) => Eventually.BecomesAsync(async () =>
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }, expected);
}
