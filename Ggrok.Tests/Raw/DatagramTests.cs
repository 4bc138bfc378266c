using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using FsCheck;
using FsCheck.Fluent;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay.Datagrams;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Raw;

/// <summary>Datagrams over streams: cut apart as they were put together, forgotten in time, bounded in memory.</summary>
public class DatagramTests
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);

    [Fact]
    public void Any_datagrams_come_out_of_any_pieces_of_their_bytes()
    {
        Prop.ForAll<byte[][], byte[]>((datagrams, cuts) =>
        {
            // Some long ones among those of the generator, which are short.
            byte[][] sent = [.. datagrams.Select((d, i) => i % 5 == 4 ? [.. Enumerable.Repeat(d, 300).SelectMany(x => x)] : d)];
            byte[] bytes = [.. sent.SelectMany(Framed)];
            var reader = new DatagramReader();
            var got = new List<byte[]>();
            int piece = 0;
            for (int at = 0; at < bytes.Length;)
            {
                int count = Math.Min(bytes.Length - at, cuts.Length == 0 ? bytes.Length : 1 + cuts[piece++ % cuts.Length] * (piece % 3 == 0 ? 50 : 1));
                ReadOnlyMemory<byte> rest = bytes.AsMemory(at, count);
                at += count;
                while (reader.TryRead(ref rest, out ReadOnlyMemory<byte> datagram))
                {
                    got.Add(datagram.ToArray());
                }

                rest.Length.ShouldBe(0, "what is not a datagram yet is kept by the reader");
            }

            got.Count.ShouldBe(sent.Length);
            return got.Zip(sent).All(p => p.First.AsSpan().SequenceEqual(p.Second));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_largest_datagram_comes_out_of_single_bytes()
    {
        byte[] largest = new byte[ushort.MaxValue];
        new Random(1).NextBytes(largest);
        var reader = new DatagramReader();
        byte[]? got = null;
        foreach (byte b in Framed(largest))
        {
            ReadOnlyMemory<byte> rest = new[] { b };
            while (reader.TryRead(ref rest, out ReadOnlyMemory<byte> datagram))
            {
                got.ShouldBeNull();
                got = datagram.ToArray();
            }
        }

        got.ShouldBe(largest);
    }

    [Fact]
    public async Task A_peer_that_is_quiet_for_long_enough_is_forgotten_and_one_that_speaks_is_not()
    {
        await using Edge edge = Edge.Open();
        using UdpPeer quiet = edge.NewPeer();
        using UdpPeer talking = edge.NewPeer();
        MuxStream quietStream = await edge.FirstOfAsync(quiet, "one");
        MuxStream talkingStream = await edge.FirstOfAsync(talking, "two");

        for (int i = 0; i < 3; i++)
        {
            edge.Time.Advance(Idle / 2);
            await talking.SendAsync("still here");
            await ExpectDatagramAsync(talkingStream, "still here");
        }

        await quietStream.ExpectAsync(FrameKind.End);
        edge.Ports.Peers.ShouldBe(1);
        await talkingStream.WriteAsync(FrameKind.Data, Framed("and heard"u8.ToArray()));
        (await talking.ReceiveAsync()).ShouldBe("and heard");
    }

    [Fact]
    public async Task A_forgotten_peer_that_speaks_again_gets_a_new_stream()
    {
        await using Edge edge = Edge.Open();
        using UdpPeer peer = edge.NewPeer();
        MuxStream first = await edge.FirstOfAsync(peer, "one");
        edge.Time.Advance(2 * Idle);
        await first.ExpectAsync(FrameKind.End);

        // The old stream is not over yet: the client has not ended its direction.
        MuxStream second = await edge.FirstOfAsync(peer, "two");

        second.Id.ShouldNotBe(first.Id);
        await first.WriteEndAsync();
        await second.WriteAsync(FrameKind.Data, Framed("hello"u8.ToArray()));
        (await peer.ReceiveAsync()).ShouldBe("hello");
        edge.Ports.Peers.ShouldBe(1);
    }

    [Fact]
    public async Task A_datagram_that_comes_while_its_flow_ends_begins_the_next_flow()
    {
        await using Edge edge = Edge.Open();
        using UdpPeer peer = edge.NewPeer();
        MuxStream first = await edge.FirstOfAsync(peer, "one");

        // The client ends its direction, as it does while it drains; here nothing may be lost.
        await first.WriteEndAsync();
        await first.ExpectAsync(FrameKind.End);

        await edge.FirstOfAsync(peer, "two");
    }

    [Fact]
    public async Task When_there_are_no_streams_left_the_peer_that_was_quiet_for_longest_makes_room()
    {
        await using Edge edge = Edge.Open(maxStreams: 4);
        List<UdpPeer> peers = [.. Enumerable.Range(0, 5).Select(_ => edge.NewPeer())];
        var streams = new List<MuxStream>();
        foreach (UdpPeer peer in peers.Take(4))
        {
            streams.Add(await edge.FirstOfAsync(peer, "one"));
            edge.Time.Advance(TimeSpan.FromSeconds(2));
        }

        await peers[0].SendAsync("not the first any more");
        await ExpectDatagramAsync(streams[0], "not the first any more");
        await peers[4].SendAsync("lost");
        await streams[1].ExpectAsync(FrameKind.End);
        await streams[1].WriteEndAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(edge.Ports.Peers), 3);

        await edge.FirstOfAsync(peers[4], "two");
        edge.Ports.Peers.ShouldBe(4);
        peers.ForEach(p => p.Dispose());
    }

    [Fact]
    public async Task A_peer_that_may_not_come_makes_nobody_forgotten()
    {
        await using Edge edge = Edge.Open();
        using UdpPeer quiet = edge.NewPeer();
        using UdpPeer refused = edge.NewPeer();
        MuxStream stream = await edge.FirstOfAsync(quiet, "one");
        edge.Time.Advance(Idle / 2);
        edge.RefusesNewPeers = true;

        for (int i = 0; i < 3; i++)
        {
            await refused.SendAsync("let me in");
            edge.Time.Advance(TimeSpan.FromSeconds(1));
        }

        // In order behind the others: they have been looked at.
        await quiet.SendAsync("still here");
        await ExpectDatagramAsync(stream, "still here");
        edge.Ports.Peers.ShouldBe(1);
    }

    [Fact]
    public async Task Closing_the_port_ends_every_stream()
    {
        await using Edge edge = Edge.Open();
        using UdpPeer peer = edge.NewPeer();
        MuxStream stream = await edge.FirstOfAsync(peer, "one");

        edge.Ports.Dispose();

        await stream.ExpectAsync(FrameKind.End);
        await stream.WriteEndAsync();
        await Eventually.BecomesAsync(() => Task.FromResult((edge.Pair.Server.OpenStreams, edge.Ports.Peers)), (0, 0));
        await Within.Bound(edge.Ports.Running, "the port to close");
    }

    [Fact]
    public async Task A_frame_that_does_not_belong_among_datagrams_ends_the_stream()
    {
        await using Edge edge = Edge.Open();
        using UdpPeer peer = edge.NewPeer();
        MuxStream stream = await edge.FirstOfAsync(peer, "one");

        await stream.WriteAsync(FrameKind.Trailers, "[]"u8.ToArray());

        (await stream.ExpectResetAsync()).ShouldBe(RelayError.RequestInvalid);
        await Eventually.BecomesAsync(() => Task.FromResult(edge.Ports.Peers), 0);
    }

    [Fact]
    public async Task What_waits_for_a_client_that_does_not_read_is_bounded_and_the_rest_is_dropped()
    {
        await using var pair = new TunnelPair();
        var budget = new DatagramBudget();
        var flows = new List<DatagramFlow>();
        for (int i = 0; i < 100; i++)
        {
            MuxStream stream = pair.Server.OpenStream().ShouldNotBeNull();
            var flow = new DatagramFlow(stream, "{}"u8.ToArray(), _ => ValueTask.CompletedTask, budget, pair.Time);
            _ = flow.RunAsync();
            flows.Add(flow);
        }

        byte[] datagram = new byte[10_000];
        foreach (DatagramFlow flow in flows)
        {
            for (int i = 0; i < 200; i++)
            {
                flow.Offer(datagram).ShouldBeTrue();
            }
        }

        budget.Used.ShouldBeInRange(1, 8 * 1024 * 1024);
        flows.Sum(f => f.Dropped).ShouldBeGreaterThan(0);
        flows.ForEach(f => f.Complete());
        foreach (DatagramFlow flow in flows)
        {
            (await pair.AcceptAsync()).Reset(RelayError.Internal);
        }

        await Eventually.BecomesAsync(() => Task.FromResult(budget.Used), 0);
    }

    private static byte[] Framed(byte[] datagram)
    {
        byte[] framed = new byte[2 + datagram.Length];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)datagram.Length);
        datagram.CopyTo(framed, 2);
        return framed;
    }

    private static async Task ExpectDatagramAsync(MuxStream stream, string text) =>
        (await stream.ExpectAsync(FrameKind.Data)).ShouldBe(Framed(System.Text.Encoding.ASCII.GetBytes(text)));

    /// <summary>A UDP port whose streams the test serves itself, on a clock that stands still.</summary>
    private sealed class Edge : IAsyncDisposable
    {
        private Edge(int maxStreams)
        {
            Pair = new TunnelPair(maxStreams);
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            Address = (IPEndPoint)socket.LocalEndPoint!;
            Ports = new DatagramEdge(
                socket,
                _ => RefusesNewPeers ? OpenedDatagrams.Refused : Pair.Server.OpenStream() is { } s ? new OpenedDatagrams(s, new RawOpen("id", "udp")) : null,
                Idle,
                Time);
        }

        public TunnelPair Pair { get; }

        public ManualTimeProvider Time { get; } = new();

        public IPEndPoint Address { get; }

        public DatagramEdge Ports { get; }

        public bool RefusesNewPeers { get; set; }

        public static Edge Open(int maxStreams = 1000) => new(maxStreams);

        public UdpPeer NewPeer() => new(Address);

        /// <summary>Sends, and takes the stream that begins with it.</summary>
        public async Task<MuxStream> FirstOfAsync(UdpPeer peer, string text)
        {
            await peer.SendAsync(text);
            MuxStream stream = await Pair.AcceptAsync();
            await stream.ExpectAsync(FrameKind.Open);
            await ExpectDatagramAsync(stream, text);
            return stream;
        }

        public async ValueTask DisposeAsync()
        {
            Ports.Dispose();
            await Pair.DisposeAsync();
        }
    }
}
