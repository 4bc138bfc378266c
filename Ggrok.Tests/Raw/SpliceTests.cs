using System.Net;
using System.Net.Sockets;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Raw;

/// <summary>A stream joined with a real socket: however it ends, nothing is left of it.</summary>
public class SpliceTests
{
    [Fact]
    public async Task A_stream_that_is_reset_ends_a_connection_that_does_not_read()
    {
        await using Spliced spliced = await Spliced.OpenAsync(isFull: true);
        await spliced.Far.WriteAsync(FrameKind.Data, new byte[ProtocolLimits.InitialWindowBytes]);
        await Eventually.BecomesAsync(() => Task.FromResult(spliced.Pair.Client.Statistics.BytesReceived >= ProtocolLimits.InitialWindowBytes), true);

        spliced.Far.Reset(RelayError.VisitorGone);

        await Within.Bound(spliced.Running, "the splice to end");
        spliced.Near.Error.ShouldBe(RelayError.VisitorGone);
    }

    [Fact]
    public async Task A_stream_that_is_reset_after_its_end_ends_a_connection_that_says_nothing()
    {
        await using Spliced spliced = await Spliced.OpenAsync();
        await spliced.Far.WriteEndAsync();
        (await spliced.Peer.ReadToEndAsync()).ShouldBeEmpty();

        spliced.Far.Reset(RelayError.VisitorGone);

        await Within.Bound(spliced.Running, "the splice to end");
    }

    [Fact]
    public async Task A_tunnel_that_is_lost_after_one_end_ends_a_connection_that_says_nothing()
    {
        await using Spliced spliced = await Spliced.OpenAsync();
        await spliced.Far.WriteEndAsync();
        (await spliced.Peer.ReadToEndAsync()).ShouldBeEmpty();

        spliced.Pair.ServerTransport.Abort();

        await Within.Bound(spliced.Running, "the splice to end");
        spliced.Near.Error.ShouldBe(RelayError.TunnelLost);
    }

    [Fact]
    public async Task A_frame_that_does_not_belong_on_a_raw_stream_ends_it()
    {
        await using Spliced spliced = await Spliced.OpenAsync();

        await spliced.Far.WriteAsync(FrameKind.Trailers, "[]"u8.ToArray());

        (await spliced.Far.ExpectResetAsync()).ShouldBe(RelayError.RequestInvalid);
        await Within.Bound(spliced.Running, "the splice to end");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_never_reads_what_both_sides_have_ended_is_cut_off_after_the_idle_time(bool isTunnelGone)
    {
        TimeSpan idle = TimeSpan.FromMinutes(1);
        await using Spliced spliced = await Spliced.OpenAsync(isFull: true, idle);
        await spliced.Far.WriteAsync(FrameKind.Data, new byte[64 * 1024]);
        await spliced.Far.WriteEndAsync();
        spliced.Peer.ShutdownSend();
        await Eventually.BecomesAsync(() => Task.FromResult(spliced.Pair.Server.OpenStreams + spliced.Pair.Client.OpenStreams), 0);
        if (isTunnelGone)
        {
            spliced.Pair.Server.RequestClose(CloseReason.Normal);
            await spliced.Pair.BothEndAsync();
        }

        spliced.Pair.Time.Advance(idle / 2);
        spliced.Running.IsCompleted.ShouldBeFalse();

        // The write that waits may begin only after the stream has ended: its time counts from then.
        await Eventually.BecomesAsync(
            () =>
            {
                spliced.Pair.Time.Advance(idle);
                return Task.FromResult(spliced.Running.IsCompleted);
            },
            true);
        spliced.Near.Error.ShouldBe(RelayError.StreamIdle);
    }

    [Fact]
    public async Task Small_and_large_pieces_keep_their_order()
    {
        await using Spliced spliced = await Spliced.OpenAsync();
        var random = new Random(7);
        byte[] all = new byte[2 * 1024 * 1024];
        random.NextBytes(all);

        Task<byte[]> arrived = spliced.Far.ReadAllAsync();
        for (int at = 0; at < all.Length;)
        {
            // Around the sizes at which the buffer changes.
            int count = Math.Min(all.Length - at, random.Next(3) switch { 0 => random.Next(1, 100), 1 => 4096, _ => random.Next(4000, 200_000) });
            await spliced.Peer.SendAsync(all[at..(at + count)]);
            at += count;
        }

        spliced.Peer.ShutdownSend();
        (await arrived).ShouldBe(all);
        await spliced.Far.WriteEndAsync();
        await Within.Bound(spliced.Running, "the splice to end");
        spliced.Near.Error.ShouldBe(RelayError.None);
    }

    private sealed class Spliced : IAsyncDisposable
    {
        public required TunnelPair Pair { get; init; }

        /// <summary>The end of the stream at the other side of the tunnel.</summary>
        public MuxStream Far { get; private set; } = null!;

        public MuxStream Near { get; private set; } = null!;

        /// <summary>The other end of the connection.</summary>
        public RawSocket Peer { get; private set; } = null!;

        public StreamSplice Splice { get; private set; } = null!;

        public Task Running { get; private set; } = null!;

        private Socket? _socket;

        /// <param name="isFull">Whether nothing can be written to the connection before its other end reads.</param>
        /// <param name="idle">Idle time of streams.</param>
        public static async Task<Spliced> OpenAsync(bool isFull = false, TimeSpan idle = default)
        {
            var spliced = new Spliced { Pair = new TunnelPair(idle: idle) };
            (spliced.Far, spliced.Near) = await spliced.Pair.OpenAsync();
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(listener.LocalEndpoint);
            spliced._socket = socket;
            if (isFull)
            {
                RawSocket.Fill(socket);
            }

            spliced.Peer = new RawSocket(await listener.AcceptSocketAsync());
            spliced.Splice = new StreamSplice(
                spliced.Near, new NetworkStream(socket, ownsSocket: false), RelayError.ResponseBodyLocal, () => SocketEnd.ShutdownSend(socket));
            spliced.Running = spliced.Splice.RunAsync();
            return spliced;
        }

        public async ValueTask DisposeAsync()
        {
            _socket?.Dispose();
            Peer.Dispose();
            await Pair.DisposeAsync();
        }
    }
}
