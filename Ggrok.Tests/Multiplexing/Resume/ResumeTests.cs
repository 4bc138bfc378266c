using System.Buffers.Binary;
using System.Security.Cryptography;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Multiplexing.Resume;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Multiplexing.Resume;

/// <summary>Sessions that go on over another connection: nothing is lost, nothing is there twice.</summary>
public class ResumeTests
{
    [Fact]
    public async Task A_stream_goes_on_where_it_was_when_a_message_was_cut_in_two()
    {
        await using var pair = new ResumablePair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        byte[] data = RandomNumberGenerator.GetBytes(300_000);
        pair.ServerLink.CutAfter(50_000);
        Task<byte[]> reading = client.ReadAllAsync();
        Task writing = WriteAllAsync(server, data);
        await Within.Bound(pair.ServerTransport.WaitForSuspensionAsync(), "the cut");

        (await pair.ResumeAsync()).ShouldBeTrue();

        (await Within.Bound(reading, "all bytes")).ShouldBe(data);
        await Within.Bound(writing, "the writer");
    }

    [Fact]
    public async Task What_is_written_during_an_interruption_arrives_after_it()
    {
        await using var pair = new ResumablePair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        await pair.CutAsync();

        (await server.WriteAsync(FrameKind.Data, "while you were away"u8.ToArray())).ShouldBeTrue();
        MuxStream late = pair.Server.OpenStream().ShouldNotBeNull();
        (await late.WriteAsync(FrameKind.Head, "{\"late\":true}"u8.ToArray())).ShouldBeTrue();
        pair.Server.IsSuspended.ShouldBeTrue();
        (await pair.ResumeAsync()).ShouldBeTrue();

        (await client.ExpectAsync(FrameKind.Data)).ShouldBe("while you were away"u8.ToArray());
        MuxStream accepted = await pair.ClientSide.AcceptAsync();
        (await accepted.ExpectAsync(FrameKind.Head)).ShouldBe("{\"late\":true}"u8.ToArray());
        pair.Server.IsSuspended.ShouldBeFalse();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Echoes_over_a_connection_that_is_cut_again_and_again_are_exact(int seed)
    {
        var random = new Random(seed);
        await using var pair = new ResumablePair(ResumeOptions.SmallestBuffer);
        const int Streams = 8;
        var streams = new List<(MuxStream Server, MuxStream Client)>();
        for (int i = 0; i < Streams; i++)
        {
            streams.Add(await pair.OpenAsync());
        }

        // Before the first byte: everything may pass while this thread waits for a processor.
        pair.ServerLink.CutAfter(100_000);
        Task done = Task.WhenAll(streams.ConvertAll(s =>
        {
            byte[] data = new byte[1_000_000 + random.Next(500_000)];
            random.NextBytes(data);
            _ = s.Client.EchoAsync();
            return CheckEchoAsync(s.Server, data);
        }));
        int cuts = 0;
        while (!done.IsCompleted)
        {
            await Task.WhenAny(done, pair.ServerTransport.WaitForSuspensionAsync(), pair.ClientTransport.WaitForSuspensionAsync());
            if (done.IsCompleted)
            {
                break;
            }

            // Also during the catching up, at whichever side.
            await pair.ResumeAsync((server, client) => (random.Next(2) == 0 ? server : client).CutAfter(random.Next(1_000, 150_000)));
            cuts++;
        }

        await Within.Bound(done, $"all echoes (seed {seed})");
        cuts.ShouldBeGreaterThan(10);
    }

    [Fact]
    public async Task What_comes_late_over_the_old_connection_is_not_there_twice()
    {
        await using var pair = new ResumablePair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        InMemoryTransport old = pair.ServerLink;
        (await server.WriteAsync(FrameKind.Data, "one"u8.ToArray())).ShouldBeTrue();
        (await client.ExpectAsync(FrameKind.Data)).ShouldBe("one"u8.ToArray());
        ResumeAttempt begun = pair.ClientTransport.BeginAttach(peerReceived: null).ShouldNotBeNull();

        // The server has not noticed anything: this leaves over the old connection, which the client has given up.
        old.Inject(Frames.Of(FrameKind.Data, server.Id, "late"u8));
        (await server.WriteAsync(FrameKind.Data, "two"u8.ToArray())).ShouldBeTrue();
        (await pair.ResumeAsync()).ShouldBeTrue();
        begun.Number.ShouldBe(1);
        (await server.WriteEndAsync()).ShouldBeTrue();

        (await client.ReadAllAsync()).ShouldBe("two"u8.ToArray());
    }

    [Fact]
    public async Task Half_a_message_is_void_when_another_thread_gives_the_connection_up()
    {
        (InMemoryTransport near, InMemoryTransport far) = InMemoryTransport.Pair();
        var transport = new ResumableTransport(near, new ResumeOptions(), new ManualTimeProvider());
        byte[] message = Frames.Of(FrameKind.Data, 2, "abcdef"u8);
        far.Inject(message);
        byte[] buffer = new byte[100];
        (await transport.ReceiveAsync(buffer.AsMemory(0, 5))).Count.ShouldBe(5);
        far.Inject(message);

        // Between two pieces: the receive itself never fails.
        transport.Break().ShouldBeTrue();
        (InMemoryTransport next, InMemoryTransport farNext) = InMemoryTransport.Pair();
        ResumeAttempt attempt = transport.BeginAttach(0).ShouldNotBeNull();
        attempt.Received.ShouldBe(0);
        (await transport.AttachAsync(attempt, next, 0, out _)).ShouldBeTrue();
        farNext.Inject(message);

        (await transport.ReceiveAsync(buffer.AsMemory(5))).BeginsAgain.ShouldBeTrue();
        TransportRead whole = await transport.ReceiveAsync(buffer);
        (whole.Count, whole.EndOfMessage).ShouldBe((message.Length, true));
        buffer[..message.Length].ShouldBe(message);
        transport.BeginAttach(0).ShouldNotBeNull().Received.ShouldBe(message.Length);
        transport.Abort();
    }

    [Fact]
    public async Task An_acknowledgement_that_comes_late_is_no_mistake()
    {
        await using var pair = new ResumablePair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        await WriteAllAsync(server, new byte[5_000]);
        (await client.ReadAllAsync()).Length.ShouldBe(5_000);
        await Eventually.BecomesAsync(() =>
        {
            pair.Tick(TimeSpan.FromSeconds(1));
            return Task.FromResult(pair.ServerTransport.Unacknowledged < 100);
        }, true);

        pair.ClientLink.Inject(Frames.Of(FrameKind.Ack, 0, new byte[sizeof(long)]));

        (MuxStream next, MuxStream accepted) = await pair.OpenAsync();
        (await accepted.WriteEndAsync()).ShouldBeTrue();
        (await next.ReadAllAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_session_that_is_to_end_does_not_wait_for_a_peer_that_takes_nothing()
    {
        await using var pair = new ResumablePair();
        await pair.OpenAsync();
        pair.ServerLink.FreezeSends();
        pair.Server.Probe();
        await Within.Bound(pair.ServerLink.Stuck, "the server's writer to be stuck");

        pair.Server.RequestClose(CloseReason.EndedByOperator);
        pair.Time.Advance(TimeSpan.FromSeconds(6));

        (await Within.Bound(pair.ServerRun, "the server's end")).ShouldBe(CloseReason.EndedByOperator);
        pair.ServerTransport.BeginAttach(0).ShouldBeNull();
    }

    [Fact]
    public async Task A_later_attempt_overtakes_an_earlier_one()
    {
        await using var pair = new ResumablePair();
        await pair.CutAsync();
        ResumeAttempt first = pair.ServerTransport.BeginAttach(0).ShouldNotBeNull();
        ResumeAttempt second = pair.ServerTransport.BeginAttach(0).ShouldNotBeNull();
        (InMemoryTransport late, _) = InMemoryTransport.Pair();

        (await pair.ServerTransport.AttachAsync(first, late, 0, out Task released)).ShouldBeFalse();
        await Within.Bound(released, "the late connection to be given up");
        late.IsAborted.ShouldBeTrue();
        second.Number.ShouldBeGreaterThan(first.Number);
        (await pair.ResumeAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task Without_another_connection_in_time_everything_ends_with_a_named_error()
    {
        await using var pair = new ResumablePair(grace: TimeSpan.FromSeconds(60));
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        await pair.CutAsync();

        pair.Tick(TimeSpan.FromSeconds(59));
        pair.ServerRun.IsCompleted.ShouldBeFalse();
        pair.Tick(TimeSpan.FromSeconds(2));

        (await Within.Bound(pair.ServerRun, "the server's end")).ShouldBe(CloseReason.TransportLost);
        (await Within.Bound(pair.ClientRun, "the client's end")).ShouldBe(CloseReason.TransportLost);
        (await server.ExpectResetAsync()).ShouldBe(RelayError.TunnelLost);
        (await client.ExpectResetAsync()).ShouldBe(RelayError.TunnelLost);
        pair.ServerTransport.BeginAttach(0).ShouldBeNull();
    }

    [Fact]
    public async Task The_grace_begins_anew_with_each_interruption()
    {
        await using var pair = new ResumablePair(grace: TimeSpan.FromSeconds(60));
        for (int i = 0; i < 3; i++)
        {
            await pair.CutAsync();
            pair.Tick(TimeSpan.FromSeconds(50));
            (await pair.ResumeAsync()).ShouldBeTrue();
        }

        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        (await server.WriteEndAsync()).ShouldBeTrue();
        (await client.ReadAllAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_kept_is_bounded_and_two_full_sides_do_not_wait_for_each_other()
    {
        await using var pair = new ResumablePair(ResumeOptions.SmallestBuffer);
        var all = new List<Task>();
        for (int i = 0; i < 4; i++)
        {
            (MuxStream server, MuxStream client) = await pair.OpenAsync();
            byte[] down = RandomNumberGenerator.GetBytes(2_000_000);
            byte[] up = RandomNumberGenerator.GetBytes(2_000_000);
            all.Add(WriteAllAsync(server, down));
            all.Add(WriteAllAsync(client, up));
            all.Add(ExpectAsync(client, down));
            all.Add(ExpectAsync(server, up));
        }

        Task done = Task.WhenAll(all);
        long most = 0;
        while (!done.IsCompleted)
        {
            most = Math.Max(most, Math.Max(pair.ServerTransport.Unacknowledged, pair.ClientTransport.Unacknowledged));
            await Task.Yield();
        }

        await Within.Bound(done, "all bytes both ways");
        most.ShouldBeInRange(1, ResumeOptions.SmallestBuffer);
    }

    [Fact]
    public async Task A_peer_that_acknowledges_nothing_stops_the_sender_and_not_the_reader()
    {
        await using var pair = new ResumablePair(ResumeOptions.SmallestBuffer);
        var streams = new List<(MuxStream Server, MuxStream Client)>();
        for (int i = 0; i < 4; i++)
        {
            streams.Add(await pair.OpenAsync());
        }

        // Nothing that the client sends arrives, so neither do its acknowledgements.
        pair.ClientLink.FreezeSends();
        Task[] writing = [.. streams.Select(s => WriteAllAsync(s.Server, new byte[200_000]))];
        await Eventually.BecomesAsync(() => Task.FromResult(pair.ServerTransport.Unacknowledged > ResumeOptions.SmallestBuffer - ProtocolLimits.MaxMessageBytes), true);
        pair.ServerTransport.Unacknowledged.ShouldBeLessThanOrEqualTo(ResumeOptions.SmallestBuffer);

        // It goes on over a connection that works.
        (await pair.ResumeAsync()).ShouldBeTrue();
        foreach ((_, MuxStream client) in streams)
        {
            (await client.ReadAllAsync()).Length.ShouldBe(200_000);
        }

        await Within.Bound(Task.WhenAll(writing), "the writers");
    }

    [Fact]
    public async Task What_arrives_while_an_acknowledgement_is_being_sent_is_acknowledged_behind_it()
    {
        await using var pair = new ResumablePair(ResumeOptions.SmallestBuffer);
        const int Every = ResumeOptions.SmallestBuffer / 4;
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        pair.ClientLink.FreezeSends();
        Task writing = WriteAllAsync(server, new byte[3 * Every]);
        await Within.Bound(pair.ClientLink.Stuck, "the first acknowledgement to be on its way");
        (await client.ReadAllAsync()).Length.ShouldBe(3 * Every);
        await Within.Bound(writing, "the writer");

        // Nothing more comes, and no clock ticks.
        pair.ClientLink.ReleaseSends();

        await Eventually.BecomesAsync(() => Task.FromResult(pair.ServerTransport.Unacknowledged < Every), true);
    }

    [Fact]
    public async Task Quiet_peers_stop_acknowledging_each_other()
    {
        await using var pair = new ResumablePair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        await WriteAllAsync(server, new byte[5_000]);
        (await client.ReadAllAsync()).Length.ShouldBe(5_000);
        await Eventually.BecomesAsync(() =>
        {
            pair.Tick(TimeSpan.FromSeconds(1));
            return Task.FromResult(pair.ServerTransport.Unacknowledged < 100);
        }, true);

        for (int i = 0; i < 1_000; i++)
        {
            pair.Tick(TimeSpan.FromSeconds(1));
        }

        // Heartbeats, and an acknowledgement for each couple of dozens of them.
        int acks = pair.ClientLink.Sent.Frames().Count(f => f.Kind == FrameKind.Ack) + pair.ServerLink.Sent.Frames().Count(f => f.Kind == FrameKind.Ack);
        acks.ShouldBeInRange(1, 20);
    }

    [Fact]
    public async Task Silence_suspends_the_session_instead_of_ending_it()
    {
        await using var pair = new ResumablePair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        pair.ClientLink.FreezeSends();
        pair.ServerLink.FreezeSends();

        for (int i = 0; i < 70 && !pair.Server.IsSuspended; i++)
        {
            pair.Tick(TimeSpan.FromSeconds(1));
        }

        await Eventually.BecomesAsync(() => Task.FromResult(pair.Server.IsSuspended), true);
        pair.Server.IsClosing.ShouldBeFalse();
        (await pair.ResumeAsync()).ShouldBeTrue();
        (await server.WriteEndAsync()).ShouldBeTrue();
        (await client.ReadAllAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_probe_finds_a_dead_connection_in_seconds_and_spares_a_live_one()
    {
        await using var pair = new ResumablePair();
        pair.Client.Probe();
        await pair.ClientLink.Sent.WhenAsync(f => f.Kind == FrameKind.Ping, "the ping");
        await pair.ServerLink.Sent.WhenAsync(f => f.Kind == FrameKind.Pong, "the pong");

        // Behind the pong: it has been taken in then.
        await pair.OpenAsync();
        pair.Tick(TimeSpan.FromSeconds(6));
        pair.Client.IsSuspended.ShouldBeFalse();

        // Behind whatever the server sent meanwhile: none of that may be heard after the next probe.
        await pair.OpenAsync();
        pair.ServerLink.FreezeSends();
        pair.Client.Probe();
        pair.Tick(TimeSpan.FromSeconds(4));
        pair.Client.IsSuspended.ShouldBeFalse();
        pair.Tick(TimeSpan.FromSeconds(2));
        pair.Client.IsSuspended.ShouldBeTrue();
        pair.ServerLink.ReleaseSends();
    }

    [Fact]
    public async Task An_orderly_close_is_told_after_the_interruption()
    {
        await using var pair = new ResumablePair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        await pair.CutAsync();
        (await server.WriteAsync(FrameKind.Data, "the last words"u8.ToArray())).ShouldBeTrue();
        pair.Server.RequestClose(CloseReason.Drained);

        (await pair.ResumeAsync()).ShouldBeTrue();

        (await client.ExpectAsync(FrameKind.Data)).ShouldBe("the last words"u8.ToArray());
        (await Within.Bound(pair.ClientRun, "the client's end")).ShouldBe(CloseReason.Drained);
    }

    [Fact]
    public async Task Any_other_close_ends_an_interrupted_session_at_once()
    {
        await using var pair = new ResumablePair();
        await pair.CutAsync();

        pair.Server.RequestClose(CloseReason.Replaced);

        (await Within.Bound(pair.ServerRun, "the server's end")).ShouldBe(CloseReason.Replaced);
        pair.ServerTransport.BeginAttach(0).ShouldBeNull();
    }

    [Fact]
    public async Task A_close_by_somebody_in_between_is_an_interruption()
    {
        await using var pair = new ResumablePair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        await pair.ServerLink.CloseAsync(CloseReason.TransportLost);
        await Within.Bound(pair.ClientTransport.WaitForSuspensionAsync(), "the client to be suspended");

        (await pair.ResumeAsync()).ShouldBeTrue();
        (await server.WriteEndAsync()).ShouldBeTrue();
        (await client.ReadAllAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(-1)]
    [InlineData(5)]
    public async Task An_acknowledgement_of_what_was_not_sent_ends_the_session(long position)
    {
        await using var pair = new ResumablePair();
        await pair.OpenAsync();
        byte[] payload = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(payload, position);

        pair.ClientLink.Inject(Frames.Of(FrameKind.Ack, 0, payload));

        (await Within.Bound(pair.ServerRun, "the server's end")).ShouldBe(CloseReason.AckInvalid);
    }

    [Fact]
    public async Task An_acknowledgement_travels_alone()
    {
        await using var pair = new ResumablePair();
        await pair.OpenAsync();

        pair.ClientLink.Inject([.. Frames.Of(FrameKind.Ack, 0, new byte[sizeof(long)]), .. Frames.Of(FrameKind.Ping, 0, new byte[sizeof(long)])]);

        (await Within.Bound(pair.ServerRun, "the server's end")).ShouldBe(CloseReason.FrameMalformed);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(long.MaxValue)]
    [InlineData(-5)]
    public async Task A_peer_that_cannot_have_received_what_it_says_does_not_go_on(long received)
    {
        await using var pair = new ResumablePair();
        await pair.OpenAsync();
        await pair.CutAsync();

        pair.ServerTransport.BeginAttach(received).ShouldBeNull();
        pair.ServerTransport.IsPlausible(received).ShouldBeFalse();
        (await pair.ResumeAsync()).ShouldBeTrue();
    }

    private static async Task WriteAllAsync(MuxStream stream, byte[] data)
    {
        (await stream.WriteAsync(FrameKind.Data, data)).ShouldBeTrue();
        (await stream.WriteEndAsync()).ShouldBeTrue();
    }

    private static async Task ExpectAsync(MuxStream stream, byte[] data) => (await stream.ReadAllAsync()).AsSpan().SequenceEqual(data).ShouldBeTrue();

    private static async Task CheckEchoAsync(MuxStream stream, byte[] data)
    {
        Task writing = WriteAllAsync(stream, data);
        await ExpectAsync(stream, data);
        await writing;
    }
}
