using System.Buffers.Binary;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Multiplexing;

/// <summary>Pings, the round trip, and peers that fell silent or deaf. Time moves by hand.</summary>
public class HeartbeatTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_ping_is_sent_each_interval_and_answered()
    {
        await using var pair = new TunnelPair();
        for (int expected = 1; expected <= 3; expected++)
        {
            pair.Tick(Interval - TimeSpan.FromSeconds(1));
            await pair.OpenAsync();
            int early = pair.ServerTransport.Sent.Frames().Count(f => f.Kind == FrameKind.Ping);
            early.ShouldBe(expected, "the first one, and one for each interval that is over");

            pair.Tick(TimeSpan.FromSeconds(1));

            int seen = 0;
            SentFrame ping = await pair.ServerTransport.Sent.WhenAsync(f => f.Kind == FrameKind.Ping && ++seen > early, "a ping");
            await pair.ClientTransport.Sent.WhenAsync(f => f.Kind == FrameKind.Pong && f.Payload.AsSpan().SequenceEqual(ping.Payload), "its pong");
        }
    }

    [Fact]
    public async Task The_round_trip_is_known_soon_after_the_beginning()
    {
        await using var peer = new LonePeer();
        peer.Time.Advance(TimeSpan.FromSeconds(1));
        peer.Connection.Tick();
        SentFrame ping = await peer.Transport.Sent.WhenAsync(f => f.Kind == FrameKind.Ping, "the first ping");

        peer.Time.Advance(TimeSpan.FromMilliseconds(70));
        peer.Send(Frames.Of(FrameKind.Pong, 0, ping.Payload));
        await peer.SettleAsync();

        peer.Connection.RoundTrip.ShouldBe(TimeSpan.FromMilliseconds(70));
    }

    [Fact]
    public async Task The_first_ping_does_not_delay_the_end_of_a_dead_peer()
    {
        await using var peer = new LonePeer();
        for (int second = 1; second <= 60; second++)
        {
            peer.Connection.IsClosing.ShouldBeFalse($"after {second - 1} s");
            peer.Time.Advance(TimeSpan.FromSeconds(1));
            peer.Connection.Tick();

            // The clock of the test runs ahead of whoever sends: a ping must not look like one that is stuck.
            await Eventually.BecomesAsync(() => Task.FromResult(peer.Connection.Statistics.MessagesSent >= 1 + ((second - 1) / 20)), true);
        }

        (await Within.Bound(peer.Run, "the end")).ShouldBe(CloseReason.HeartbeatMissed);
    }

    [Fact]
    public async Task The_round_trip_is_measured()
    {
        await using var peer = new LonePeer();
        SentFrame ping = await NextPingAsync(peer);
        peer.Connection.RoundTrip.ShouldBe(TimeSpan.Zero);

        peer.Time.Advance(TimeSpan.FromMilliseconds(150));
        peer.Send(Frames.Of(FrameKind.Pong, 0, ping.Payload));
        await peer.SettleAsync();

        peer.Connection.RoundTrip.ShouldBe(TimeSpan.FromMilliseconds(150));
    }

    [Fact]
    public async Task A_pong_that_nobody_asked_for_measures_nothing()
    {
        await using var peer = new LonePeer();
        SentFrame ping = await NextPingAsync(peer);
        foreach (ulong value in (ulong[])[0, 1, ulong.MaxValue, 1UL << 63, BinaryPrimitives.ReadUInt64BigEndian(ping.Payload) + 1])
        {
            byte[] payload = new byte[8];
            BinaryPrimitives.WriteUInt64BigEndian(payload, value);
            peer.Send(Frames.Of(FrameKind.Pong, 0, payload));
        }

        await peer.SettleAsync();

        peer.Connection.RoundTrip.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_flood_of_pings_is_answered_with_the_last_one_only()
    {
        await using var peer = new LonePeer();
        peer.Transport.FreezeSends();
        peer.Send(Frames.Of(FrameKind.Ping, 0, new byte[8]));
        await Within.Bound(peer.Transport.Stuck, "the first pong");
        for (byte i = 1; i <= 200; i++)
        {
            peer.Send(Frames.Of(FrameKind.Ping, 0, [0, 0, 0, 0, 0, 0, 0, i]));
        }

        // A stream behind the pings shows that all of them have been read.
        await peer.OpenAsync();
        peer.Transport.ReleaseSends();

        await peer.Transport.Sent.WhenAsync(f => f.Kind == FrameKind.Pong && f.Payload[7] == 200, "the last pong");
        peer.Transport.Sent.Frames().Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_peer_that_does_not_answer_within_a_second_of_a_new_stream_is_silent_until_it_does()
    {
        await using var peer = new LonePeer(MuxRole.Server);
        peer.Send(Frames.Of(FrameKind.Pong, 0, (await PingAfterSecondAsync(peer, 1)).Payload));
        await peer.SettleAsync();
        peer.Connection.OpenStream().ShouldNotBeNull();

        SentFrame question = await PingAfterSecondAsync(peer, 2);
        peer.Connection.SilentFor.ShouldBe(0);
        peer.Connection.OpenStream().ShouldNotBeNull();
        peer.Time.Advance(TimeSpan.FromSeconds(1));
        peer.Connection.Tick();
        peer.Connection.SilentFor.ShouldBe(1);

        // It can be heard, but perhaps hears nothing.
        await peer.SettleAsync();
        peer.Time.Advance(TimeSpan.FromSeconds(1));
        peer.Connection.Tick();
        peer.Connection.SilentFor.ShouldBe(2);
        PingsOf(peer).ShouldBe(2, "one question at a time");

        peer.Send(Frames.Of(FrameKind.Pong, 0, question.Payload));
        await peer.SettleAsync();
        peer.Connection.SilentFor.ShouldBe(0);
    }

    [Fact]
    public async Task Streams_that_stay_open_are_asked_after_once()
    {
        await using var peer = new LonePeer(MuxRole.Server);
        peer.Connection.OpenStream().ShouldNotBeNull();
        peer.Send(Frames.Of(FrameKind.Pong, 0, (await PingAfterSecondAsync(peer, 1)).Payload));
        for (int second = 2; second < 20; second++)
        {
            await peer.SettleAsync();
            peer.Time.Advance(TimeSpan.FromSeconds(1));
            peer.Connection.Tick();
        }

        await peer.SettleAsync();
        PingsOf(peer).ShouldBe(1);
        peer.Connection.SilentFor.ShouldBe(0);
    }

    [Fact]
    public async Task A_peer_that_answers_lives()
    {
        await using var pair = new TunnelPair();
        for (int i = 0; i < 20; i++)
        {
            pair.Tick(Interval);
            (MuxStream server, MuxStream client) = await pair.OpenAsync();
            await client.WriteEndAsync();
            await server.ExpectAsync(FrameKind.End);
        }

        (pair.Server.IsClosing, pair.Client.IsClosing).ShouldBe((false, false));
    }

    [Fact]
    public async Task A_peer_that_sends_nothing_from_the_start_is_dead_after_two_unanswered_pings()
    {
        await using var peer = new LonePeer(MuxRole.Server);
        MuxStream stream = peer.Connection.OpenStream()!;

        await ShouldDieAfterTwoMissesAsync(peer);

        (await stream.ExpectResetAsync()).ShouldBe(RelayError.TunnelLost);
    }

    [Fact]
    public async Task A_peer_that_falls_silent_is_dead_after_two_unanswered_pings()
    {
        await using var peer = new LonePeer();
        for (int i = 0; i < 3; i++)
        {
            SentFrame ping = await NextPingAsync(peer);
            peer.Send(Frames.Of(FrameKind.Pong, 0, ping.Payload));
            await peer.SettleAsync();
        }

        await ShouldDieAfterTwoMissesAsync(peer);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_peer_that_talks_but_does_not_read_is_dropped(bool beforeTheFirstTick)
    {
        await using var peer = new LonePeer();
        if (!beforeTheFirstTick)
        {
            peer.Time.Advance(TimeSpan.FromSeconds(1));
            peer.Connection.Tick();
        }

        peer.Transport.FreezeSends();
        MuxStream stream = await peer.OpenAsync();
        await stream.WriteAsync(FrameKind.Data, new byte[10]);
        await Within.Bound(peer.Transport.Stuck, "the send that is stuck");
        for (uint i = 1; i <= 41; i++)
        {
            peer.Connection.IsClosing.ShouldBeFalse($"after {i - 1} s");
            await peer.OpenAsync(2 + (2 * i));
            peer.Time.Advance(TimeSpan.FromSeconds(1));
            peer.Connection.Tick();
        }

        (await Within.Bound(peer.Run, "the end")).ShouldBe(CloseReason.SendStalled);
        peer.Transport.IsAborted.ShouldBeTrue();
        (await stream.ExpectResetAsync()).ShouldBe(RelayError.TunnelLost);
    }

    [Fact]
    public async Task Slow_sends_that_make_progress_are_no_stall()
    {
        await using var peer = new LonePeer();
        MuxStream stream = await peer.OpenAsync();
        for (uint i = 0; i < 5; i++)
        {
            peer.Transport.FreezeSends();
            await stream.WriteAsync(FrameKind.Data, new byte[10]);
            await Within.Bound(peer.Transport.Stuck, "the slow send");
            await peer.OpenAsync(4 + (2 * i));
            peer.Time.Advance(TimeSpan.FromSeconds(39));
            peer.Connection.Tick();
            peer.Transport.ReleaseSends();
            await peer.SettleAsync();
        }

        peer.Connection.IsClosing.ShouldBeFalse();
    }

    private static int PingsOf(LonePeer peer) => peer.Transport.Sent.Frames().Count(f => f.Kind == FrameKind.Ping);

    private static async Task<SentFrame> PingAfterSecondAsync(LonePeer peer, int number)
    {
        peer.Time.Advance(TimeSpan.FromSeconds(1));
        peer.Connection.Tick();
        int seen = 0;
        return await peer.Transport.Sent.WhenAsync(f => f.Kind == FrameKind.Ping && ++seen == number, "a ping");
    }

    private static async Task<SentFrame> NextPingAsync(LonePeer peer)
    {
        int before = peer.Transport.Sent.Frames().Count(f => f.Kind == FrameKind.Ping);
        peer.Time.Advance(Interval);
        peer.Connection.Tick();
        int seen = 0;
        return await peer.Transport.Sent.WhenAsync(f => f.Kind == FrameKind.Ping && ++seen > before, "a ping");
    }

    // The ping at the first beat still follows a sign of life; the next two beats find it, and the one after, unanswered.
    private static async Task ShouldDieAfterTwoMissesAsync(LonePeer peer)
    {
        int pings = Pings();
        for (int i = 0; i < 3; i++)
        {
            // Whatever was to be sent is sent: a beat that finds a message under way takes the sends for stuck.
            await Eventually.BecomesAsync(() => Task.FromResult((Pings(), peer.Connection.Statistics.MessagesSent == peer.Transport.Sent.Count)), (pings + i, true));
            peer.Connection.IsClosing.ShouldBeFalse($"at beat {i}");
            peer.Time.Advance(Interval);
            peer.Connection.Tick();
        }

        int Pings() => peer.Transport.Sent.Frames().Count(f => f.Kind == FrameKind.Ping);

        (await Within.Bound(peer.Run, "the end")).ShouldBe(CloseReason.HeartbeatMissed);
    }
}
