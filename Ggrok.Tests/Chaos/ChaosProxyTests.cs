using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Chaos;

/// <summary>What the proofs rest on: the proxy does what it is told, and nothing else.</summary>
public sealed class ChaosProxyTests : IAsyncLifetime
{
    private readonly TcpListener _target = new(IPAddress.Loopback, 0);
    private ChaosProxy _proxy = null!;

    public Task InitializeAsync()
    {
        _target.Start();
        _proxy = ChaosProxy.Start(new Uri($"http://127.0.0.1:{((IPEndPoint)_target.LocalEndpoint).Port}"));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        _target.Dispose();
        await _proxy.DisposeAsync();
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 0)]
    [InlineData(0, 20_000_000)]
    [InlineData(2, 20_000_000)]
    public async Task Bytes_are_exact_both_ways_and_each_direction_ends_on_its_own(int delay, long bytesPerSecond)
    {
        _proxy.Delay = TimeSpan.FromMilliseconds(delay);
        _proxy.BytesPerSecond = bytesPerSecond;
        (Socket client, Socket server) = await ConnectAsync();
        using Socket a = client;
        using Socket b = server;
        byte[] up = RandomBytes(1, 1_000_003);
        byte[] down = RandomBytes(2, 700_001);

        Task sending = Within.Bound(Task.WhenAll(SendAllAsync(a, up), SendAllAsync(b, down)), "both ends to send");
        byte[][] read = await Within.Bound(Task.WhenAll(ReadAllAsync(b), ReadAllAsync(a)), "both ends to read");
        await sending;

        read[0].AsSpan().SequenceEqual(up).ShouldBeTrue();
        read[1].AsSpan().SequenceEqual(down).ShouldBeTrue();
        _proxy.Forwarded(Direction.Up).ShouldBe(up.Length);
        _proxy.Forwarded(Direction.Down).ShouldBe(down.Length);
        await _proxy.EmptyAsync();
        _proxy.Cuts.ShouldBe(0);
    }

    [Theory]
    [InlineData(1, Direction.Up, CutKind.Finish)]
    [InlineData(777, Direction.Down, CutKind.Finish)]
    [InlineData(100_000, Direction.Up, CutKind.Finish)]
    [InlineData(100_000, Direction.Down, CutKind.Finish)]
    [InlineData(1, Direction.Down, CutKind.Reset)]
    [InlineData(777, Direction.Up, CutKind.Reset)]

    // What a reset comes before, in a buffer of the sender, is lost: no more than the other end takes at once, read or not.
    [InlineData(50_000, Direction.Down, CutKind.Reset)]
    public async Task A_cut_is_made_at_its_byte(int at, Direction direction, CutKind kind)
    {
        (Socket client, Socket server) = await ConnectAsync();
        using Socket from = direction == Direction.Up ? client : server;
        using Socket to = direction == Direction.Up ? server : client;
        _proxy.CutAll(new Cut(direction, at, kind));
        byte[] bytes = RandomBytes(3, 300_000);

        Task sending = SendUntilRefusedAsync(from, bytes);
        (byte[] read, bool wasReset) = await Within.Bound(ReadUntilOverAsync(to), "the cut");
        to.Dispose();
        await Within.Bound(sending, "the sender to see the cut");

        _proxy.Forwarded(direction).ShouldBe(at);
        wasReset.ShouldBe(kind == CutKind.Reset);
        read.Length.ShouldBe(at, wasReset ? "loopback has delivered what was sent before the reset" : "");
        read.AsSpan().SequenceEqual(bytes.AsSpan(0, at)).ShouldBeTrue();
        await _proxy.EmptyAsync();
        await _proxy.CutsAsync(1);
        _proxy.Cuts.ShouldBe(1);
    }

    [Fact]
    public async Task A_cut_hits_the_middle_of_a_WebSocket_frame()
    {
        var outcome = new TaskCompletionSource<(int Bytes, bool Whole)>();
        await using LocalApp app = await LocalApp.StartAsync(async context =>
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            int sum = 0;
            try
            {
                byte[] buffer = new byte[64 * 1024];
                while (true)
                {
                    WebSocketReceiveResult result = await socket.ReceiveAsync(buffer, default);
                    sum += result.Count;
                    if (result.EndOfMessage)
                    {
                        outcome.TrySetResult((sum, true));
                    }
                }
            }
            catch (WebSocketException)
            {
                outcome.TrySetResult((sum, false));
            }
        });
        _proxy.LeadTo(app.Url);
        using var visitor = new ClientWebSocket();
        visitor.Options.Proxy = new WebProxy();
        await Within.Bound(visitor.ConnectAsync(new UriBuilder(_proxy.Url) { Scheme = "ws" }.Uri, default), "the WebSocket");

        _proxy.CutAll(new Cut(Direction.Up, 5_000, CutKind.Finish));
        await visitor.SendAsync(new byte[30_000], WebSocketMessageType.Binary, endOfMessage: true, default);

        (int bytes, bool whole) = await Within.Bound(outcome.Task, "the WebSocket to break");
        whole.ShouldBeFalse();
        bytes.ShouldBeLessThan(5_000);
    }

    [Fact]
    public async Task A_frozen_direction_forwards_nothing_and_the_other_goes_on()
    {
        (Socket client, Socket server) = await ConnectAsync();
        using Socket a = client;
        using Socket b = server;
        _proxy.Freeze(Direction.Up);

        await a.SendAsync("up"u8.ToArray());
        await b.SendAsync("down"u8.ToArray());
        (await ReadAsync(a, 4)).ShouldBe("down"u8.ToArray());
        b.Available.ShouldBe(0);
        _proxy.Forwarded(Direction.Up).ShouldBe(0);

        _proxy.Thaw();
        (await ReadAsync(b, 2)).ShouldBe("up"u8.ToArray());
    }

    [Fact]
    public async Task While_it_is_frozen_new_connections_are_accepted_and_a_cut_still_cuts()
    {
        _proxy.Freeze();
        (Socket client, Socket server) = await ConnectAsync();
        using Socket a = client;
        using Socket b = server;
        await a.SendAsync("lost"u8.ToArray());

        _proxy.CutAll(CutKind.Reset);

        (byte[] read, bool wasReset) = await Within.Bound(ReadUntilOverAsync(b), "the reset");
        read.ShouldBeEmpty();
        wasReset.ShouldBeTrue();
        await _proxy.EmptyAsync();
    }

    [Fact]
    public async Task A_stalled_link_swallows_even_the_end_of_a_side_and_new_links_work()
    {
        (Socket client, Socket server) = await ConnectAsync();
        using Socket a = client;
        using Socket b = server;
        _proxy.StallAll();
        await a.SendAsync("lost"u8.ToArray());
        ChaosLink.Reset(a);

        (Socket second, Socket accepted) = await ConnectAsync();
        await second.SendAsync("heard"u8.ToArray());
        (await ReadAsync(accepted, 5)).ShouldBe("heard"u8.ToArray());
        b.Poll(0, SelectMode.SelectRead).ShouldBeFalse();
        _proxy.Open.ShouldBe(2);
        second.Dispose();
        accepted.Dispose();

        _proxy.UnstallAll();
        (await Within.Bound(ReadUntilOverAsync(b), "the reset")).WasReset.ShouldBeTrue();
        await _proxy.EmptyAsync();
    }

    [Fact]
    public async Task One_link_can_stall_in_one_direction_while_the_other_and_other_links_go_on()
    {
        (Socket client, Socket server) = await ConnectAsync();
        using Socket a = client;
        using Socket b = server;
        ChaosLink link = _proxy.Links().ShouldHaveSingleItem();
        (Socket other, Socket accepted) = await ConnectAsync();
        using Socket c = other;
        using Socket d = accepted;

        for (int round = 0; round < 2; round++)
        {
            link.Stall(Direction.Down);
            await b.SendAsync("swallowed"u8.ToArray());
            await a.SendAsync("up"u8.ToArray());
            (await ReadAsync(b, 2)).ShouldBe("up"u8.ToArray());
            await d.SendAsync("down"u8.ToArray());
            (await ReadAsync(c, 4)).ShouldBe("down"u8.ToArray());
            a.Poll(0, SelectMode.SelectRead).ShouldBeFalse();

            link.Unstall();
            (await ReadAsync(a, 9)).ShouldBe("swallowed"u8.ToArray());
        }
    }

    [Fact]
    public async Task New_connections_are_refused_while_it_says_so_and_open_ones_stay()
    {
        (Socket client, Socket server) = await ConnectAsync();
        using Socket a = client;
        using Socket b = server;
        _proxy.Refuse();

        (await IsResetAsync()).ShouldBeTrue();
        await _proxy.RefusedAsync(1);
        await a.SendAsync("still here"u8.ToArray());
        (await ReadAsync(b, 10)).ShouldBe("still here"u8.ToArray());

        _proxy.Admit();
        (Socket second, Socket accepted) = await ConnectAsync();
        second.Dispose();
        accepted.Dispose();
    }

    [Fact]
    public async Task A_target_that_is_down_is_a_refusal()
    {
        _target.Stop();

        (await IsResetAsync()).ShouldBeTrue();
        await _proxy.RefusedAsync(1);
        _proxy.Accepted.ShouldBe(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reset_of_one_end_is_a_reset_of_the_other(bool byClient)
    {
        (Socket client, Socket server) = await ConnectAsync();
        using Socket gone = byClient ? client : server;
        using Socket left = byClient ? server : client;

        ChaosLink.Reset(gone);

        (await Within.Bound(ReadUntilOverAsync(left), "the reset")).WasReset.ShouldBeTrue();
        await _proxy.EmptyAsync();
        _proxy.Cuts.ShouldBe(0);
    }

    [Fact]
    public async Task The_fate_of_links_is_known_beforehand()
    {
        _proxy.Foretell(number => number == 2 ? null : new Cut(Direction.Up, number * 10, CutKind.Finish));

        (await ThroughAsync()).ShouldBe(10);
        (await ThroughAsync()).ShouldBe(1_000);
        (await ThroughAsync()).ShouldBe(30);

        async Task<int> ThroughAsync()
        {
            (Socket client, Socket server) = await ConnectAsync();
            using Socket a = client;
            using Socket b = server;
            await SendUntilRefusedAsync(a, new byte[1_000]);
            return (await Within.Bound(ReadUntilOverAsync(b), "the end")).Read.Length;
        }
    }

    [Fact]
    public async Task A_slow_link_takes_its_time()
    {
        (Socket client, Socket server) = await ConnectAsync();
        using Socket a = client;
        using Socket b = server;
        _proxy.BytesPerSecond = 1_000_000;
        long started = Stopwatch.GetTimestamp();

        Task sending = SendAllAsync(a, new byte[300_000]);
        await Within.Bound(ReadAllAsync(b), "the bytes");
        await sending;

        Stopwatch.GetElapsedTime(started).ShouldBeGreaterThan(TimeSpan.FromMilliseconds(200));
    }

    private static byte[] RandomBytes(int seed, int count)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static async Task SendAllAsync(Socket socket, byte[] bytes)
    {
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(bytes);
        socket.Shutdown(SocketShutdown.Send);
    }

    private static async Task SendUntilRefusedAsync(Socket socket, byte[] bytes)
    {
        try
        {
            await SendAllAsync(socket, bytes);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // Cut.
        }
    }

    private static async Task<byte[]> ReadAllAsync(Socket socket)
    {
        (byte[] read, bool wasReset) = await ReadUntilOverAsync(socket);
        wasReset.ShouldBeFalse();
        return read;
    }

    private static async Task<byte[]> ReadAsync(Socket socket, int count)
    {
        byte[] bytes = new byte[count];
        await using var stream = new NetworkStream(socket);
        await Within.Bound(stream.ReadExactlyAsync(bytes).AsTask(), "bytes");
        return bytes;
    }

    private static async Task<(byte[] Read, bool WasReset)> ReadUntilOverAsync(Socket socket)
    {
        using var all = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (await socket.ReceiveAsync(buffer) is var count and > 0)
            {
                all.Write(buffer, 0, count);
            }

            return (all.ToArray(), false);
        }
        catch (SocketException)
        {
            return (all.ToArray(), true);
        }
    }

    private async Task<bool> IsResetAsync()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, _proxy.Url.Port);
            return (await Within.Bound(ReadUntilOverAsync(socket), "the reset")).WasReset;
        }
        catch (SocketException)
        {
            // Seen while it was opened.
            return true;
        }
    }

    private async Task<(Socket Client, Socket Server)> ConnectAsync()
    {
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        int before = _proxy.Accepted;
        await client.ConnectAsync(IPAddress.Loopback, _proxy.Url.Port);
        Socket server = await Within.Bound(_target.AcceptSocketAsync(), "the connection");
        await _proxy.AcceptedAsync(before + 1);
        return (client, server);
    }
}
