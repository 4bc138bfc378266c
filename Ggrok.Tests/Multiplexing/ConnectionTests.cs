using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Multiplexing;

/// <summary>The connection as a whole: violations, heartbeat, timeouts, closing.</summary>
public class ConnectionTests
{
    public static TheoryData<string, CloseReason> Violations() => new()
    {
        { "04 00 00000002 00000005 7b7d", CloseReason.FrameTruncated },
        { "04 00 0000", CloseReason.FrameTruncated },
        { "05 00 00000002 7fffffff", CloseReason.FrameTooLarge },
        { "05 00 00000000 00000001 00", CloseReason.WrongStream },
        { "0a 00 00000002 00000008 0000000000000000", CloseReason.WrongStream },
        { "05 00 00000063 00000001 00", CloseReason.UnknownStream },
        { "06 00 00000064 00000000", CloseReason.UnknownStream },
        { "01 00 00000000 00000002 7b7d", CloseReason.FrameMalformed },
        { "0a 00 00000000 00000001 00", CloseReason.FrameMalformed },
        { "0c 00 00000000 00000002 7b7d", CloseReason.FrameMalformed },
        { "04 00 00000002 00000002 7b7d 09 00 00000002 00000004 00000000", CloseReason.CreditInvalid },
        { "04 00 00000002 00000002 7b7d 09 00 00000002 00000004 ffffffff", CloseReason.CreditInvalid },
        { "04 00 00000002 00000002 7b7d 08 00 00000002 00000001 00", CloseReason.FrameMalformed },
        { "04 00 00000002 00000002 7b7d 06 00 00000002 00000000 06 00 00000002 00000000", CloseReason.FrameAfterEnd },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task A_violation_closes_the_connection_and_the_peer_learns_its_name(string hex, CloseReason expected)
    {
        await using var pair = new TunnelPair();

        pair.ServerTransport.Inject(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

        (await Within.Bound(pair.ClientRun, "the client's end")).ShouldBe(expected);
        (await Within.Bound(pair.ServerRun, "the server's end")).ShouldBe(expected);
    }

    [Fact]
    public async Task Data_beyond_the_credit_is_a_violation()
    {
        await using var pair = new TunnelPair();
        await pair.OpenAsync();
        byte[] chunk = Frames.Of(FrameKind.Data, 2, new byte[ProtocolLimits.MaxDataBytes]);
        for (int i = 0; i <= ProtocolLimits.InitialWindowBytes / ProtocolLimits.MaxDataBytes; i++)
        {
            pair.ServerTransport.Inject(chunk);
        }

        (await Within.Bound(pair.ClientRun, "the end")).ShouldBe(CloseReason.CreditExceeded);
    }

    [Fact]
    public async Task Heads_without_end_are_a_flood()
    {
        await using var pair = new TunnelPair();
        await pair.OpenAsync();
        for (int i = 0; i < 300; i++)
        {
            pair.ServerTransport.Inject(Frames.Of(FrameKind.Head, 2, "{}"u8));
        }

        (await Within.Bound(pair.ClientRun, "the end")).ShouldBe(CloseReason.FrameFlood);
    }

    [Fact]
    public async Task Unknown_kinds_are_skipped_and_counted_and_late_frames_ignored()
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        client.Reset(RelayError.LocalUnreachable);
        (await TunnelPair.ReadAsync(server)).Error.ShouldBe(RelayError.LocalUnreachable);

        pair.ServerTransport.Inject(Frames.Of((FrameKind)200, 7, "??"u8));
        pair.ServerTransport.Inject(Frames.Of(FrameKind.Data, 2, "late"u8));
        pair.ServerTransport.Inject(Frames.Of(FrameKind.End, 2, default));
        (MuxStream next, MuxStream accepted) = await pair.OpenAsync();

        next.Id.ShouldBe(4u);
        accepted.Id.ShouldBe(4u);
        pair.Client.Statistics.UnknownFrames.ShouldBe(1);
    }

    [Fact]
    public async Task A_ping_is_answered_and_measures_the_round_trip()
    {
        await using var pair = new TunnelPair();
        pair.Time.Advance(TimeSpan.FromSeconds(20));

        pair.Server.Tick();

        await Eventually.BecomesAsync(() => Task.FromResult(pair.Server.RoundTrip > TimeSpan.Zero), true);
    }

    [Fact]
    public async Task A_peer_that_sends_nothing_for_two_heartbeats_is_dead()
    {
        (InMemoryTransport transport, _) = InMemoryTransport.Pair();
        var time = new ManualTimeProvider();
        var connection = new MuxConnection(transport, new TunnelPair.Handler(), new MuxOptions { Role = MuxRole.Server }, time);
        Task<CloseReason> run = connection.RunAsync();
        MuxStream stream = connection.OpenStream()!;

        for (int i = 0; i < 3; i++)
        {
            run.IsCompleted.ShouldBeFalse();
            time.Advance(TimeSpan.FromSeconds(20));
            connection.Tick();
        }

        (await Within.Bound(run, "the end")).ShouldBe(CloseReason.HeartbeatMissed);
        (await TunnelPair.ReadAsync(stream)).Error.ShouldBe(RelayError.TunnelLost);
    }

    [Fact]
    public async Task A_peer_that_reads_nothing_for_two_heartbeats_is_dropped()
    {
        await using var pair = new TunnelPair();
        pair.ServerTransport.FreezeSends();
        (await pair.Server.OpenStream()!.WriteAsync(FrameKind.Head, "{}"u8.ToArray())).ShouldBeTrue();
        await Eventually.BecomesAsync(() =>
        {
            pair.Time.Advance(TimeSpan.FromSeconds(1));
            pair.Server.Tick();
            return Task.FromResult(pair.ServerRun.IsCompleted);
        }, true);

        (await pair.ServerRun).ShouldBeOneOf(CloseReason.SendStalled, CloseReason.HeartbeatMissed);
    }

    [Fact]
    public async Task Deadlines_and_idle_times_reset_a_stream()
    {
        await using var pair = new TunnelPair(idle: TimeSpan.FromSeconds(60));
        (MuxStream late, _) = await pair.OpenAsync();
        (MuxStream idle, _) = await pair.OpenAsync();
        (MuxStream lifted, _) = await pair.OpenAsync();
        late.SetDeadline(TimeSpan.FromSeconds(10), RelayError.ResponseHeadTimeout);
        lifted.SetDeadline(TimeSpan.FromSeconds(10), RelayError.ResponseHeadTimeout);
        lifted.ClearDeadline();

        pair.Time.Advance(TimeSpan.FromSeconds(11));
        pair.Server.Tick();
        late.Error.ShouldBe(RelayError.ResponseHeadTimeout);
        (idle.Error, lifted.Error).ShouldBe((RelayError.None, RelayError.None));

        await lifted.WriteAsync(FrameKind.Data, new byte[1]);
        pair.Time.Advance(TimeSpan.FromSeconds(50));
        pair.Server.Tick();
        idle.Error.ShouldBe(RelayError.StreamIdle);
        lifted.Error.ShouldBe(RelayError.None);
    }

    [Fact]
    public async Task GoAway_stops_new_streams_and_leaves_running_ones()
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();

        pair.Client.SendGoAway(new GoAway(CloseReason.Drained, "bye"));

        (await Within.Bound(pair.ServerSide.GoAway.Task, "GoAway")).Message.ShouldBe("bye");
        pair.Server.OpenStream().ShouldBeNull();
        await client.WriteEndAsync();
        (await TunnelPair.ReadAsync(server)).Kind.ShouldBe(FrameKind.End);
    }

    [Fact]
    public async Task Closing_sends_what_was_written_before()
    {
        var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        await server.WriteAsync(FrameKind.Data, "last"u8.ToArray());

        pair.Server.RequestClose(CloseReason.Drained);

        (await TunnelPair.ReadAsync(client)).Payload.ToArray().ShouldBe("last"u8.ToArray());
        (await Within.Bound(pair.ClientRun, "the client")).ShouldBe(CloseReason.Drained);
        (await Within.Bound(pair.ServerRun, "the server")).ShouldBe(CloseReason.Drained);
    }

    [Fact]
    public async Task A_connection_cut_anywhere_ends_both_sides_and_every_stream()
    {
        for (int cut = 0; cut < 60_000; cut += 977)
        {
            var pair = new TunnelPair();
            pair.ServerTransport.CutAfter(cut);
            MuxStream[] streams = [.. Enumerable.Range(0, 3).Select(_ => pair.Server.OpenStream()!)];
            Task[] writes = [.. streams.Select(async s =>
            {
                await s.WriteAsync(FrameKind.Head, "{}"u8.ToArray());
                await s.WriteAsync(FrameKind.Data, new byte[40_000]);
            })];

            await Within.Bound(Task.WhenAll(writes), $"the writes, cut at {cut}");
            await Within.Bound(Task.WhenAll(pair.ServerRun, pair.ClientRun), $"both ends, cut at {cut}");
            foreach (MuxStream stream in streams)
            {
                (await TunnelPair.ReadAsync(stream)).Error.ShouldBe(RelayError.TunnelLost);
            }

            pair.Server.OpenStream().ShouldBeNull();
        }
    }
}
