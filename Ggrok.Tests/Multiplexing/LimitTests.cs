using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Multiplexing;

/// <summary>Bounds on what a peer, or a bug at this side, can cost.</summary>
public class LimitTests
{
    [Fact]
    public async Task A_stream_beyond_the_limit_is_refused_alone()
    {
        await using var peer = new LonePeer(maxStreams: 2);
        MuxStream first = await peer.OpenAsync(2);
        await peer.OpenAsync(4);

        peer.Send(Frames.Of(FrameKind.Head, 6, "{}"u8));
        SentFrame reset = await peer.Transport.Sent.WhenAsync(f => f.Kind == FrameKind.Reset, "the refusal");

        reset.Stream.ShouldBe(6u);
        reset.Payload.ShouldBe([0, (byte)RelayError.TooManyStreams]);
        peer.Send(Frames.Of(FrameKind.Data, 6, "ignored"u8));
        peer.Send(Frames.Of(FrameKind.Data, 2, "goes on"u8));
        (await first.ExpectAsync(FrameKind.Data)).ShouldBe("goes on"u8.ToArray());
    }

    [Fact]
    public async Task A_stream_that_is_over_makes_room_for_another()
    {
        await using var pair = new TunnelPair(maxStreams: 1);
        for (int i = 0; i < 3; i++)
        {
            (MuxStream server, MuxStream client) = await pair.OpenAsync();
            pair.Server.OpenStream().ShouldBeNull();
            client.Reset(RelayError.LocalUnreachable);
            await server.ExpectResetAsync();
        }
    }

    [Fact]
    public async Task Heads_without_end_are_a_flood()
    {
        await using var peer = new LonePeer();
        await peer.OpenAsync();
        for (int i = 0; i < 33; i++)
        {
            peer.Send(Frames.Of(FrameKind.Trailers, 2, "{}"u8));
        }

        (await peer.PeerSeesCloseAsync()).ShouldBe(CloseReason.FrameFlood);
        (await peer.EndAsync()).ShouldBe(CloseReason.FrameFlood);
    }

    [Fact]
    public async Task Large_trailers_without_end_are_a_flood()
    {
        await using var peer = new LonePeer();
        await peer.OpenAsync();
        for (int i = 0; i < 4; i++)
        {
            peer.Send(Frames.Of(FrameKind.Trailers, 2, new byte[ProtocolLimits.MaxJsonBytes]));
        }

        (await peer.PeerSeesCloseAsync()).ShouldBe(CloseReason.FrameFlood);
    }

    // Each refusal waits for the writer; a peer that opens streams and never reads would fill the memory with them.
    [Fact]
    public async Task Refused_streams_pile_up_only_so_far()
    {
        await using var peer = new LonePeer(maxStreams: 1);
        await peer.OpenAsync(2);
        peer.Transport.FreezeSends();
        for (uint id = 4; id < 10_000; id += 2)
        {
            peer.Send(Frames.Of(FrameKind.Head, id, "{}"u8));
        }

        await Eventually.BecomesAsync(() => Task.FromResult(peer.Connection.IsClosing), true);
        peer.Transport.ReleaseSends();
        (await peer.EndAsync()).ShouldBe(CloseReason.StreamFlood);
    }

    [Fact]
    public async Task A_tunnel_whose_peer_does_not_read_takes_only_so_many_new_streams()
    {
        await using var pair = new TunnelPair(maxStreams: 1);
        pair.ServerTransport.FreezeSends();
        int opened = 0;
        while (pair.Server.OpenStream() is { } stream)
        {
            (++opened).ShouldBeLessThan(100_000);
            _ = stream.WriteAsync(FrameKind.Head, "{}"u8.ToArray()).AsTask();
            stream.Reset(RelayError.VisitorGone);
        }

        pair.ServerTransport.ReleaseSends();
        await Eventually.BecomesAsync(() => Task.FromResult(pair.Server.OpenStream() is not null), true);
    }

    [Fact]
    public async Task A_frame_that_can_never_be_sent_is_refused_at_once()
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();

        await Should.ThrowAsync<ArgumentOutOfRangeException>(async () => await server.WriteAsync(FrameKind.Head, new byte[ProtocolLimits.MaxJsonBytes + 1]));
        server.TryWriteTogether(new byte[ProtocolLimits.MaxJsonBytes + 1], default, end: true).ShouldBeFalse();

        (await server.WriteAsync(FrameKind.Head, new byte[ProtocolLimits.MaxJsonBytes])).ShouldBeTrue();
        (await client.ExpectAsync(FrameKind.Head)).Length.ShouldBe(ProtocolLimits.MaxJsonBytes);
    }

    [Fact]
    public async Task Two_writes_at_once_are_refused_and_harm_nothing()
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        Task<bool> first = server.WriteAsync(FrameKind.Data, new byte[1_000_000]).AsTask();

        await Should.ThrowAsync<InvalidOperationException>(async () => await server.WriteAsync(FrameKind.Data, new byte[1]));

        await client.TakeAsync(1_000_000);
        (await Within.Bound(first, "the first write")).ShouldBeTrue();
    }

    // Numbers end after 2^31 streams, a day and a half of a busy tunnel: the peer must connect again before they do.
    [Theory]
    [InlineData(MuxRole.Server)]
    [InlineData(MuxRole.Client)]
    public async Task A_connection_that_runs_out_of_numbers_asks_for_a_new_one(MuxRole role)
    {
        await using var peer = new LonePeer(role, firstStream: uint.MaxValue - (role == MuxRole.Client ? 4u : 5u));

        peer.Connection.OpenStream().ShouldNotBeNull();

        SentFrame goAway = await peer.Transport.Sent.WhenAsync(f => f.Kind == FrameKind.GoAway, "GoAway");
        HandshakeCodec.DecodePayload(goAway.Payload, HandshakeJson.Default.GoAway).Reason.ShouldBe(CloseReason.Drained);
        peer.Connection.OpenStream().ShouldNotBeNull();
        peer.Connection.OpenStream();
        peer.Connection.OpenStream().ShouldBeNull();
    }
}
