using System.Net;
using System.Text;
using Ggrok.Client.Connection;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Raw;

/// <summary>UDP through a public port and through a private name.</summary>
public class UdpTests
{
    private const int Largest = 65_507;

    public static TheoryData<bool> Ways => new(false, true);

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Datagrams_pass_both_ways(bool isPrivate)
    {
        using UdpService local = UdpService.Echo();
        await using UdpWay way = await UdpWay.OpenAsync(isPrivate, local.Port);
        using var peer = new UdpPeer(way.Address);

        foreach (string text in new[] { "one", "two", "three" })
        {
            await peer.SendAsync(text);
            (await peer.ReceiveAsync()).ShouldBe(text);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Empty_datagrams_and_the_largest_ones_pass(bool isPrivate)
    {
        using UdpService local = UdpService.Echo();
        await using UdpWay way = await UdpWay.OpenAsync(isPrivate, local.Port);
        using var peer = new UdpPeer(way.Address);
        foreach (int size in new[] { 0, 1, 0, 1472, 9000, 16_384, Largest, 0 })
        {
            byte[] datagram = new byte[size];
            new Random(size).NextBytes(datagram);
            await peer.SendAsync(datagram);
            (await peer.ReceiveBytesAsync()).ShouldBe(datagram, $"{size} bytes");
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Many_peers_at_once_each_hear_their_own_answers_from_a_port_of_their_own(bool isPrivate)
    {
        const int Peers = 200;

        // Each answer says by which port the service knows the peer.
        using var local = new UdpService((port, d) => Encoding.ASCII.GetBytes($"{port} {Encoding.ASCII.GetString(d)}"));
        await using UdpWay way = await UdpWay.OpenAsync(isPrivate, local.Port);

        string[] known = await Task.WhenAll(Enumerable.Range(0, Peers).Select(async i =>
        {
            using var peer = new UdpPeer(way.Address);
            string port = "";
            for (int n = 0; n < 5; n++)
            {
                string[] answer = Encoding.ASCII.GetString(await peer.AskAsync(Encoding.ASCII.GetBytes($"{i}"))).Split(' ');
                answer[1].ShouldBe($"{i}");
                port = port.Length == 0 ? answer[0] : port;
                answer[0].ShouldBe(port, "one peer keeps its port");
            }

            return port;
        }));

        known.Distinct().Count().ShouldBe(Peers);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Boundaries_are_kept_under_load(bool isPrivate)
    {
        using UdpService local = UdpService.Echo();
        await using UdpWay way = await UdpWay.OpenAsync(isPrivate, local.Port);
        using var peer = new UdpPeer(way.Address);
        // Many at once, as far as no buffer of the system overflows; what arrives is whole.
        int arrived = 0;
        for (int round = 0; round < 40; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 16).Select(i => peer.SendAsync(Numbered((round * 16) + i, 8 + (((round * 16) + i) * 37 % 3000)))));
            for (int i = 0; i < 16; i++)
            {
                byte[] got = await peer.ReceiveBytesAsync();
                int number = BitConverter.ToInt32(got);
                got.ShouldBe(Numbered(number, 8 + (number * 37 % 3000)));
                arrived++;
            }
        }

        arrived.ShouldBe(640);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_local_service_that_is_down_has_a_name_and_is_reached_once_it_is_up(bool isPrivate)
    {
        UdpService local = UdpService.Echo(FreePorts.One());
        await using UdpWay way = await UdpWay.OpenAsync(isPrivate, local.Port);
        local.Dispose();
        using var peer = new UdpPeer(way.Address);

        await peer.SendAsync("nobody there");
        (await way.Serving.Events.NextConnectionAsync()).Error.ShouldBe(RelayError.LocalUnreachable);
        using UdpService again = UdpService.Echo(local.Port);

        // One may still be lost with the stream that just ended.
        (await peer.AskAsync("there now"u8.ToArray())).ShouldBe("there now"u8.ToArray());
    }

    [Fact]
    public async Task A_flood_harms_no_connection_of_the_same_session()
    {
        using var silent = new UdpService((_, _) => null);
        using var listener = new RawListener();
        await using RawScene scene = await RawScene.StartAsync();
        TunnelClientOptions options = RunningClient.Options(scene.Server.Url, listener.Url) with
        {
            Tunnels = [RawScene.Udp(silent.Port) with { Name = "udp" }, RawScene.Tcp(listener.Url.Port) with { Name = "tcp" }],
        };
        RunningClient client = scene.Start(options);
        IReadOnlyList<PublicTunnel> urls = await client.Events.NextReadyAsync();
        using RawSocket visitor = await RawScene.DialAsync(new IPEndPoint(IPAddress.Loopback, urls[1].Url.Port));
        using RawSocket local = await listener.AcceptAsync();

        using var stop = new CancellationTokenSource();
        Task[] floods = [.. Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () => Flood(new IPEndPoint(IPAddress.Loopback, urls[0].Url.Port), stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        for (int i = 0; i < 200; i++)
        {
            await visitor.SendAsync($"ping {i}\n");
            (await local.ReadUntilAsync("\n")).ShouldBe($"ping {i}\n");
            await local.SendAsync($"pong {i}\n");
            (await visitor.ReadUntilAsync("\n")).ShouldBe($"pong {i}\n");
        }

        await stop.CancelAsync();
        await Task.WhenAll(floods);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Stopping_does_not_wait_for_peers_that_could_still_send(bool isPrivate)
    {
        using UdpService local = UdpService.Echo();
        await using UdpWay way = await UdpWay.OpenAsync(isPrivate, local.Port);
        using var peer = new UdpPeer(way.Address);
        await peer.AskAsync("x"u8.ToArray());

        way.Serving.Stop();
        (await way.Serving.Exit).Code.ShouldBe(ExitCode.Ok);
        if (way.Connecting is { } connecting)
        {
            connecting.Stop();
            (await connecting.Exit).Code.ShouldBe(ExitCode.Ok);
        }
    }

    [Fact]
    public async Task The_client_that_connects_stops_at_once_as_well()
    {
        using UdpService local = UdpService.Echo();
        await using UdpWay way = await UdpWay.OpenAsync(isPrivate: true, local.Port);
        using var peer = new UdpPeer(way.Address);
        await peer.AskAsync("x"u8.ToArray());

        way.Connecting!.Stop();

        (await way.Connecting.Exit).Code.ShouldBe(ExitCode.Ok);
        (await way.Serving.Events.NextConnectionAsync()).Error.ShouldBe(RelayError.None);
        await way.ReleasedAsync();
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_server_that_shuts_down_does_not_wait_for_peers_that_could_still_send(bool isPrivate)
    {
        using UdpService local = UdpService.Echo();
        await using UdpWay way = await UdpWay.OpenAsync(isPrivate, local.Port);
        using var peer = new UdpPeer(way.Address);
        await peer.AskAsync("x"u8.ToArray());

        // The grace is 25 s.
        DateTime started = DateTime.UtcNow;
        await Within.Bound(way.Scene.Server.App.StopAsync(), "the server to stop");

        (DateTime.UtcNow - started).ShouldBeLessThan(TimeSpan.FromSeconds(20));
        (await way.Serving.Events.NextConnectionAsync()).Error.ShouldBe(RelayError.None);
    }

    [Fact]
    public async Task The_port_also_takes_datagrams_over_IPv6_and_IPv4_on_one_socket()
    {
        using UdpService local = UdpService.Echo();
        await using RawScene scene = await RawScene.StartAsync(("GGROK_PORTS_ADDRESS", "*"));
        (_, Uri url) = await scene.ServeAsync(RawScene.Udp(local.Port));
        IPAddress[] addresses = System.Net.Sockets.Socket.OSSupportsIPv6 ? [IPAddress.Loopback, IPAddress.IPv6Loopback, IPAddress.Loopback] : [IPAddress.Loopback];
        foreach (IPAddress address in addresses)
        {
            using var peer = new UdpPeer(new IPEndPoint(address, url.Port));
            byte[] text = Encoding.ASCII.GetBytes($"by {address}");
            (await peer.AskAsync(text)).ShouldBe(text);
        }
    }

    [Fact]
    public async Task A_quiet_peers_stream_is_given_back()
    {
        using UdpService local = UdpService.Echo();
        await using UdpWay way = await UdpWay.OpenAsync(isPrivate: false, local.Port, ("GGROK_UDP_IDLE_TIMEOUT", "1s"));
        using var peer = new UdpPeer(way.Address);
        await peer.AskAsync("x"u8.ToArray());

        ConnectionSummary summary = await way.Serving.Events.NextConnectionAsync();

        (summary.Kind, summary.Error).ShouldBe((TunnelKind.Udp, RelayError.None));
        await way.ReleasedAsync();
        (await peer.AskAsync("again"u8.ToArray())).ShouldBe("again"u8.ToArray());
    }

    // On a thread of its own: it never waits, and would keep one from all others.
    private static void Flood(IPEndPoint address, CancellationToken stop)
    {
        using var peer = new UdpPeer(address);
        byte[] datagram = new byte[8000];
        while (!stop.IsCancellationRequested)
        {
            peer.SendAsync(datagram).GetAwaiter().GetResult();
        }
    }

    private static byte[] Numbered(int number, int size)
    {
        byte[] bytes = new byte[size];
        new Random(number).NextBytes(bytes);
        BitConverter.TryWriteBytes(bytes, number);
        return bytes;
    }
}

/// <summary>A local UDP service and the way in to it.</summary>
public sealed class UdpWay : IAsyncDisposable
{
    public required RawScene Scene { get; init; }

    public required RunningClient Serving { get; init; }

    /// <summary>The client that connects; null with a public port.</summary>
    public RunningClient? Connecting { get; init; }

    public required IPEndPoint Address { get; init; }

    public static async Task<UdpWay> OpenAsync(bool isPrivate, int localPort, params (string Name, string Value)[] settings)
    {
        RawScene scene = await RawScene.StartAsync(settings);
        (RunningClient serving, Uri url) = await scene.ServeAsync(RawScene.Udp(localPort, isPrivate ? "device-42" : null));
        if (!isPrivate)
        {
            return new UdpWay { Scene = scene, Serving = serving, Address = new IPEndPoint(IPAddress.Loopback, url.Port) };
        }

        (RunningClient connecting, IPEndPoint address) = await scene.ConnectAsync("device-42", udp: true);
        return new UdpWay { Scene = scene, Serving = serving, Connecting = connecting, Address = address };
    }

    /// <summary>No stream is left on any session of the server.</summary>
    public Task ReleasedAsync() => Scene.ReleasedAsync();

    public ValueTask DisposeAsync() => Scene.DisposeAsync();
}
