using System.Security.Cryptography;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Multiplexing;

/// <summary>The life of a stream: opening, exchanging, ending each way, being reset.</summary>
public class StreamTests
{
    // Else the head of a small answer would leave the server in a packet of its own, before its body.
    [Fact]
    public async Task A_reader_that_waits_finds_all_that_came_in_the_same_message()
    {
        await using var peer = new LonePeer(MuxRole.Server);
        MuxStream stream = peer.Connection.OpenStream()!;
        await stream.WriteAsync(FrameKind.Head, "{}"u8.ToArray());
        Task<bool> reading = ReadHeadAsync();

        peer.Send([.. Frames.Of(FrameKind.Head, stream.Id, "{}"u8), .. Frames.Of(FrameKind.Data, stream.Id, "body"u8), .. Frames.Of(FrameKind.End, stream.Id)]);

        (await Within.Bound(reading, "the head")).ShouldBeTrue();

        async Task<bool> ReadHeadAsync()
        {
            (await stream.ReadAsync().ConfigureAwait(false)).Kind.ShouldBe(FrameKind.Head);
            stream.Advance();
            return stream.TryRead(out InboundFrame next) && next.Kind == FrameKind.Data;
        }
    }

    [Fact]
    public async Task What_one_side_writes_the_other_reads()
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        byte[] body = RandomNumberGenerator.GetBytes(100_000);
        Task echo = client.EchoAsync();

        Task<byte[]> reading = server.ReadAllAsync();
        (await server.WriteAsync(FrameKind.Data, body)).ShouldBeTrue();
        (await server.WriteEndAsync()).ShouldBeTrue();

        (await reading).ShouldBe(body);
        await echo;
    }

    [Fact]
    public async Task Either_side_opens_streams_with_numbers_of_its_own()
    {
        await using var pair = new TunnelPair();
        (MuxStream first, _) = await pair.OpenAsync();
        (MuxStream second, _) = await pair.OpenAsync();
        MuxStream odd = pair.Client.OpenStream()!;
        await odd.WriteAsync(FrameKind.Head, "{}"u8.ToArray());
        MuxStream accepted = await pair.ServerSide.AcceptAsync();

        (first.Id, second.Id, odd.Id, accepted.Id).ShouldBe((2u, 4u, 1u, 1u));
    }

    [Fact]
    public async Task A_small_exchange_leaves_as_one_message()
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();

        client.TryWriteTogether("{\"status\":200}"u8, new byte[2000], end: true).ShouldBeTrue();

        await server.ExpectAsync(FrameKind.Head);
        (await server.ReadAllAsync()).Length.ShouldBe(2000);
        List<SentFrame> sent = pair.ClientTransport.Sent.Frames();
        sent.Select(f => f.Kind).ShouldBe([FrameKind.Head, FrameKind.Data, FrameKind.End]);
        sent.Select(f => f.Message).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task What_is_written_while_a_message_is_on_its_way_leaves_with_the_next_one()
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        pair.ClientTransport.FreezeSends();
        await client.WriteAsync(FrameKind.Head, "{}"u8.ToArray());
        await Within.Bound(pair.ClientTransport.Stuck, "the first message");

        await client.WriteAsync(FrameKind.Data, new byte[10]);
        await client.WriteAsync(FrameKind.Data, new byte[10]);
        await client.WriteEndAsync();
        pair.ClientTransport.ReleaseSends();

        await server.ExpectAsync(FrameKind.Head);
        (await server.ReadAllAsync()).Length.ShouldBe(20);
        pair.ClientTransport.Sent.Frames().Select(f => f.Message).ShouldBe([0, 1, 1, 1]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Each_direction_ends_on_its_own(bool byServer)
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        (MuxStream here, MuxStream there) = byServer ? (server, client) : (client, server);

        await here.WriteEndAsync();
        (await there.NextAsync()).Kind.ShouldBe(FrameKind.End);
        (await there.WriteAsync(FrameKind.Data, "still here"u8.ToArray())).ShouldBeTrue();
        (await there.WriteEndAsync()).ShouldBeTrue();

        (await here.ReadAllAsync()).ShouldBe("still here"u8.ToArray());
        (await here.WriteAsync(FrameKind.Data, "late"u8.ToArray())).ShouldBeFalse();
        (await here.WriteEndAsync()).ShouldBeFalse();
        (await here.NextAsync()).Kind.ShouldBe(FrameKind.End, "End is final and returned again");
        (here.Error, here.Aborted.IsCancellationRequested).ShouldBe((RelayError.None, false));
        await Eventually.BecomesAsync(() => Task.FromResult((pair.Server.OpenStreams, pair.Client.OpenStreams)), (0, 0));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reset_ends_both_sides_with_its_name(bool byServer)
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        (MuxStream here, MuxStream there) = byServer ? (server, client) : (client, server);
        Task<InboundFrame> waiting = there.NextAsync();
        Task<bool> writing = there.WriteAsync(FrameKind.Data, new byte[1_000_000]).AsTask();

        here.Reset(RelayError.VisitorGone);

        (await waiting).ShouldBe(new InboundFrame(FrameKind.Reset, default, RelayError.VisitorGone));
        (await Within.Bound(writing, "the pending write")).ShouldBeFalse();
        there.Error.ShouldBe(RelayError.VisitorGone);
        there.Aborted.IsCancellationRequested.ShouldBeTrue();
        (await there.WriteAsync(FrameKind.Data, new byte[1])).ShouldBeFalse();
        (await here.ExpectResetAsync()).ShouldBe(RelayError.VisitorGone);
        (pair.Server.OpenStreams, pair.Client.OpenStreams).ShouldBe((0, 0));
    }

    [Fact]
    public async Task Resets_that_cross_leave_each_side_with_its_own_and_the_tunnel_whole()
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        pair.ServerTransport.FreezeSends();
        pair.ClientTransport.FreezeSends();

        server.Reset(RelayError.VisitorGone);
        client.Reset(RelayError.LocalUnreachable);
        await Within.Bound(Task.WhenAll(pair.ServerTransport.Stuck, pair.ClientTransport.Stuck), "both resets on their way");
        pair.ServerTransport.ReleaseSends();
        pair.ClientTransport.ReleaseSends();

        (await server.ExpectResetAsync()).ShouldBe(RelayError.VisitorGone);
        (await client.ExpectResetAsync()).ShouldBe(RelayError.LocalUnreachable);
        (MuxStream next, _) = await pair.OpenAsync();
        next.Id.ShouldBe(4u);
    }

    [Fact]
    public async Task A_reset_that_crosses_an_end_leaves_the_tunnel_whole()
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        pair.ServerTransport.FreezeSends();
        pair.ClientTransport.FreezeSends();

        await server.WriteEndAsync();
        client.Reset(RelayError.LocalUnreachable);
        await Within.Bound(Task.WhenAll(pair.ServerTransport.Stuck, pair.ClientTransport.Stuck), "both frames on their way");
        pair.ServerTransport.ReleaseSends();
        pair.ClientTransport.ReleaseSends();

        (await server.ExpectResetAsync()).ShouldBe(RelayError.LocalUnreachable);
        await pair.OpenAsync();
    }

    [Fact]
    public async Task Late_frames_of_a_stream_that_is_over_are_ignored()
    {
        await using var peer = new LonePeer();
        MuxStream stream = await peer.OpenAsync();
        stream.Reset(RelayError.LocalUnreachable);

        peer.Send(Frames.Of(FrameKind.Data, 2, "late"u8));
        peer.Send(Frames.Of(FrameKind.Trailers, 2, "{}"u8));
        peer.Send(Frames.Credit(2, 1000));
        peer.Send(Frames.Of(FrameKind.End, 2));
        peer.Send(Frames.Reset(2, RelayError.VisitorGone));
        await peer.SettleAsync();

        (await peer.OpenAsync(4)).Id.ShouldBe(4u);
        stream.Error.ShouldBe(RelayError.LocalUnreachable);
    }

    // Heads do not leave in the order in which streams are opened: each is written by a thread of its own.
    [Fact]
    public async Task Streams_may_arrive_out_of_order()
    {
        await using var pair = new TunnelPair();
        MuxStream first = pair.Server.OpenStream()!;
        (MuxStream second, _) = await pair.OpenAsync();

        await first.WriteAsync(FrameKind.Head, "{}"u8.ToArray());

        second.Id.ShouldBeGreaterThan(first.Id);
        (await pair.AcceptAsync()).Id.ShouldBe(first.Id);
    }

    // A visitor who leaves before the head was written, or a head that is too large: the peer has never heard of the stream.
    [Fact]
    public async Task Resetting_a_stream_whose_head_never_left_tells_nobody()
    {
        await using var pair = new TunnelPair();
        MuxStream stream = pair.Server.OpenStream()!;

        stream.Reset(RelayError.VisitorGone);

        (MuxStream next, _) = await pair.OpenAsync();
        next.Id.ShouldBe(4u);
        pair.ServerTransport.Sent.Frames().ShouldNotContain(f => f.Stream == stream.Id);
    }

    [Fact]
    public async Task Resetting_a_stream_whose_head_still_waits_tells_nobody()
    {
        await using var pair = new TunnelPair();
        pair.ServerTransport.FreezeSends();
        MuxStream large = pair.Server.OpenStream()!;
        await large.WriteAsync(FrameKind.Head, new byte[ProtocolLimits.MaxJsonBytes]);
        await Within.Bound(pair.ServerTransport.Stuck, "the large head");
        MuxStream filler = pair.Server.OpenStream()!;
        await filler.WriteAsync(FrameKind.Head, new byte[40_000]);
        MuxStream waiting = pair.Server.OpenStream()!;
        Task<bool> head = waiting.WriteAsync(FrameKind.Head, new byte[40_000]).AsTask();
        head.IsCompleted.ShouldBeFalse();

        waiting.Reset(RelayError.VisitorGone);
        pair.ServerTransport.ReleaseSends();

        (await head).ShouldBeFalse();
        await pair.AcceptAsync();
        await pair.AcceptAsync();
        await pair.OpenAsync();
        pair.ServerTransport.Sent.Frames().ShouldNotContain(f => f.Stream == waiting.Id);
    }

    [Theory]
    [InlineData((ushort)0)]
    [InlineData((ushort)60_000)]
    public async Task A_reset_with_an_error_that_has_no_name_is_still_a_failure(ushort number)
    {
        await using var peer = new LonePeer();
        MuxStream stream = await peer.OpenAsync();

        peer.Send(Frames.Reset(2, (RelayError)number));

        (await stream.ExpectResetAsync()).ShouldBe(RelayError.Internal);
        stream.Error.ShouldBe(RelayError.Internal);
    }

    [Fact]
    public async Task The_end_of_a_stream_that_was_answered_in_full_can_still_be_given_up()
    {
        await using var peer = new LonePeer();
        MuxStream stream = await peer.OpenAsync();
        peer.Send([.. Frames.Of(FrameKind.Data, 2, new byte[1000]), .. Frames.Of(FrameKind.End, 2)]);
        await stream.WriteEndAsync();
        await peer.SettleAsync();
        peer.Connection.OpenStreams.ShouldBe(0);

        stream.Reset(RelayError.VisitorGone);

        (await stream.ExpectResetAsync()).ShouldBe(RelayError.VisitorGone);
        peer.Transport.Sent.Frames().ShouldNotContain(f => f.Kind == FrameKind.Reset);
    }

    [Fact]
    public async Task A_reset_after_all_was_read_changes_nothing()
    {
        await using var peer = new LonePeer();
        MuxStream stream = await peer.OpenAsync();
        peer.Send(Frames.Of(FrameKind.End, 2));
        await stream.WriteEndAsync();
        (await stream.ReadAllAsync()).ShouldBeEmpty();
        await peer.SettleAsync();

        stream.Reset(RelayError.VisitorGone);

        (stream.Error, (await stream.NextAsync()).Kind).ShouldBe((RelayError.None, FrameKind.End));
    }
}
