using System.Security.Cryptography;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Multiplexing;

/// <summary>Back-pressure: what a sender may send, what a reader gives back, and when the window grows.</summary>
public class CreditTests
{
    private const int Window = ProtocolLimits.InitialWindowBytes;

    [Fact]
    public async Task A_writer_stops_at_its_credit_and_goes_on_when_the_reader_reads()
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        byte[] body = RandomNumberGenerator.GetBytes(Window + 1);

        Task<bool> write = server.WriteAsync(FrameKind.Data, body).AsTask();
        await pair.ServerTransport.Sent.WhenAsync(f => f.Header.Flags == FrameFlags.Blocked, "the last frame within the credit");

        write.IsCompleted.ShouldBeFalse();
        DataBytes(pair.ServerTransport).ShouldBe(Window);
        Task<byte[]> reading = client.ReadAllAsync();
        (await Within.Bound(write, "the write")).ShouldBeTrue();
        await server.WriteEndAsync();
        (await reading).ShouldBe(body);
    }

    [Fact]
    public async Task Credit_comes_back_in_quarters_of_the_window()
    {
        await using var peer = new LonePeer();
        MuxStream stream = await peer.OpenAsync();
        byte[] chunk = Frames.Of(FrameKind.Data, 2, new byte[ProtocolLimits.MaxDataBytes]);
        for (int i = 0; i < 3; i++)
        {
            peer.Send(chunk);
            await stream.TakeAsync(ProtocolLimits.MaxDataBytes);
        }

        await peer.SettleAsync();
        peer.Transport.Sent.Frames().ShouldNotContain(f => f.Kind == FrameKind.Credit);
        peer.Send(chunk);
        await stream.TakeAsync(ProtocolLimits.MaxDataBytes);

        CreditOf(await peer.Transport.Sent.WhenAsync(f => f.Kind == FrameKind.Credit, "credit")).ShouldBe((uint)Window / 4);
    }

    [Fact]
    public async Task No_credit_is_given_after_the_end()
    {
        await using var peer = new LonePeer();
        MuxStream stream = await peer.OpenAsync();
        byte[] chunk = Frames.Of(FrameKind.Data, 2, new byte[ProtocolLimits.MaxDataBytes]);
        for (int i = 0; i < 8; i++)
        {
            peer.Send(chunk);
        }

        peer.Send(Frames.Of(FrameKind.End, 2));
        await peer.SettleAsync();
        (await stream.ReadAllAsync()).Length.ShouldBe(8 * ProtocolLimits.MaxDataBytes);

        await peer.SettleAsync();
        peer.Transport.Sent.Frames().ShouldNotContain(f => f.Kind == FrameKind.Credit);
    }

    [Fact]
    public async Task The_window_grows_when_the_sender_was_blocked_and_the_reader_has_nothing_left()
    {
        await using var peer = new LonePeer();
        MuxStream stream = await peer.OpenAsync();
        uint window = Window;
        while (true)
        {
            SendData(peer, window, FrameFlags.Blocked);
            await peer.SettleAsync();
            uint before = TotalCredit(peer);
            await stream.TakeAsync((int)window);
            await peer.SettleAsync();
            uint given = TotalCredit(peer) - before;
            if (window == ProtocolLimits.MaxWindowBytes)
            {
                given.ShouldBe(window, "the largest window does not grow");
                return;
            }

            given.ShouldBe(window * 2);
            window *= 2;
        }
    }

    [Fact]
    public async Task The_window_does_not_grow_without_a_blocked_sender()
    {
        await using var peer = new LonePeer();
        MuxStream stream = await peer.OpenAsync();
        for (int i = 0; i < 5; i++)
        {
            SendData(peer, Window, FrameFlags.None);
            await stream.TakeAsync(Window);
            await peer.SettleAsync();
        }

        TotalCredit(peer).ShouldBe(5u * Window);
    }

    [Fact]
    public async Task The_window_does_not_grow_while_the_reader_has_something_left()
    {
        await using var peer = new LonePeer();
        MuxStream stream = await peer.OpenAsync();
        SendData(peer, Window, FrameFlags.Blocked);
        await peer.SettleAsync();

        int taken = await stream.TakeAsync(Window / 2);
        await peer.SettleAsync();

        TotalCredit(peer).ShouldBe((uint)taken);
    }

    // Powers of two everywhere: buffers of 4, 16 and 64 KiB use the credit up to the byte.
    [Theory]
    [InlineData(4096)]
    [InlineData(65536)]
    [InlineData(10_000)]
    public async Task A_sender_that_uses_its_credit_up_says_so_whatever_its_buffers(int size)
    {
        await using var pair = new TunnelPair();
        (MuxStream server, _) = await pair.OpenAsync();
        Task writing = Task.Run(async () =>
        {
            byte[] buffer = new byte[size];
            while (await server.WriteAsync(FrameKind.Data, buffer))
            {
            }
        });

        await pair.ServerTransport.Sent.WhenAsync(f => f.Header.Flags == FrameFlags.Blocked, "the sign that the sender is blocked");

        DataBytes(pair.ServerTransport).ShouldBe(Window);
        server.Reset(RelayError.Internal);
        await Within.Bound(writing, "the writer");
    }

    [Fact]
    public async Task Windows_grow_within_the_budget_and_give_it_back()
    {
        await using var pair = new TunnelPair(budget: Window);
        for (int round = 0; round < 3; round++)
        {
            (MuxStream a, MuxStream aClient) = await pair.OpenAsync();
            (MuxStream b, MuxStream bClient) = await pair.OpenAsync();
            (await GrowAsync(pair, a, aClient)).ShouldBe(2 * Window, "the first to ask takes the whole budget");
            (await GrowAsync(pair, b, bClient)).ShouldBe(Window, "nothing is left for the second");
            a.Reset(RelayError.Internal);
            b.Reset(RelayError.Internal);
            await aClient.ExpectResetAsync();
            await bClient.ExpectResetAsync();
        }
    }

    [Fact]
    public async Task A_reader_that_stops_reading_gives_its_window_back()
    {
        await using var pair = new TunnelPair(budget: Window);
        for (int round = 0; round < 3; round++)
        {
            (MuxStream server, MuxStream client) = await pair.OpenAsync();
            (await GrowAsync(pair, server, client)).ShouldBe(2 * Window, $"round {round}");

            // The answer is complete before the request is: nobody reads the rest, and both directions end in order.
            client.StopReading();
            await server.WriteEndAsync();
            await client.WriteEndAsync();
            (await server.NextAsync()).Kind.ShouldBe(FrameKind.End);
        }
    }

    [Fact]
    public async Task What_arrives_after_the_reader_stopped_is_dropped_and_counts()
    {
        await using var peer = new LonePeer();
        MuxStream stream = await peer.OpenAsync();
        SendData(peer, Window / 2, FrameFlags.None);
        await peer.SettleAsync();

        stream.StopReading();
        SendData(peer, Window / 2, FrameFlags.None);
        await peer.SettleAsync();
        peer.Transport.Sent.Frames().ShouldNotContain(f => f.Kind == FrameKind.Credit);
        peer.Send(Frames.Of(FrameKind.Data, 2, new byte[1]));

        (await peer.PeerSeesCloseAsync()).ShouldBe(CloseReason.CreditExceeded);
    }

    [Fact]
    public async Task One_stream_that_nobody_reads_does_not_stop_another()
    {
        await using var pair = new TunnelPair();
        (MuxStream stuck, _) = await pair.OpenAsync();
        Task<bool> write = stuck.WriteAsync(FrameKind.Data, new byte[1_000_000]).AsTask();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        byte[] body = RandomNumberGenerator.GetBytes(3_000_000);

        Task<byte[]> reading = client.ReadAllAsync();
        await server.WriteAsync(FrameKind.Data, body);
        await server.WriteEndAsync();

        (await reading).ShouldBe(body);
        write.IsCompleted.ShouldBeFalse();
        stuck.Reset(RelayError.Internal);
        (await Within.Bound(write, "the stuck write")).ShouldBeFalse();
    }

    [Fact]
    public async Task Trailers_behind_much_unread_data_are_no_flood()
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        for (int i = 0; i < 250; i++)
        {
            (await server.WriteAsync(FrameKind.Data, new byte[1000])).ShouldBeTrue();
        }

        (await server.WriteAsync(FrameKind.Trailers, "{\"headers\":[]}"u8.ToArray())).ShouldBeTrue();
        await server.WriteEndAsync();

        await client.TakeAsync(250_000);
        await client.ExpectAsync(FrameKind.Trailers);
        (await client.NextAsync()).Kind.ShouldBe(FrameKind.End);
    }

    [Fact]
    public async Task A_payload_stays_as_it_is_until_the_reader_is_done_with_it()
    {
        await using var peer = new LonePeer();
        MuxStream stream = await peer.OpenAsync();
        peer.Send(Frames.Of(FrameKind.Data, 2, "first"u8));
        InboundFrame first = await stream.NextAsync();

        peer.Send(Frames.Of(FrameKind.Data, 2, "second"u8));
        peer.Send(Frames.Reset(2, RelayError.VisitorGone));
        await peer.SettleAsync();

        first.Payload.ToArray().ShouldBe("first"u8.ToArray());
        stream.Advance();
        stream.Advance();
        (await stream.ExpectResetAsync()).ShouldBe(RelayError.VisitorGone);
    }

    // Blocks the sender and reads everything; the credit given for it is the new window, give or take what is too little
    // to be given back yet.
    private static async Task<int> GrowAsync(TunnelPair pair, MuxStream server, MuxStream client)
    {
        // One byte more than fits, so that a write is pending.
        Task<bool> write = server.WriteAsync(FrameKind.Data, new byte[Window + 1]).AsTask();
        await pair.ServerTransport.Sent.WhenAsync(f => f.Stream == server.Id && f.Header.Flags == FrameFlags.Blocked, "a blocked sender");
        await client.TakeAsync(Window + 1);
        (await Within.Bound(write, "the write")).ShouldBeTrue();
        return (int)((await CreditGivenAsync(pair, server, client) + (Window / 2)) / Window * Window);
    }

    private static async Task<long> CreditGivenAsync(TunnelPair pair, MuxStream server, MuxStream client)
    {
        // A frame behind the credit: when it is here, so is the credit.
        await client.WriteAsync(FrameKind.Data, new byte[1]);
        await server.ExpectAsync(FrameKind.Data);
        return pair.ClientTransport.Sent.Frames().Where(f => f.Kind == FrameKind.Credit && f.Stream == server.Id).Sum(f => CreditOf(f));
    }

    private static void SendData(LonePeer peer, uint bytes, FrameFlags lastFlags)
    {
        for (uint left = bytes; left > 0; left -= ProtocolLimits.MaxDataBytes)
        {
            FrameFlags flags = left == ProtocolLimits.MaxDataBytes ? lastFlags : FrameFlags.None;
            peer.Send(Frames.Of(FrameKind.Data, 2, new byte[ProtocolLimits.MaxDataBytes], flags));
        }
    }

    private static uint TotalCredit(LonePeer peer) =>
        (uint)peer.Transport.Sent.Frames().Where(f => f.Kind == FrameKind.Credit).Sum(f => CreditOf(f));

    private static uint CreditOf(SentFrame frame) => System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(frame.Payload);

    private static int DataBytes(InMemoryTransport transport) =>
        transport.Sent.Frames().Where(f => f.Kind == FrameKind.Data).Sum(f => f.Payload.Length);
}
