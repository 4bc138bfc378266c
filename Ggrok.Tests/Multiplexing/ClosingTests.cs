using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Multiplexing;

/// <summary>The end of a connection: in order, by the peer, by a stuck peer, by a bug. It always comes, and takes every stream along.</summary>
public class ClosingTests
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task GoAway_stops_new_streams_and_leaves_running_ones()
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();

        pair.Client.SendGoAway(new GoAway(CloseReason.Drained, "bye"));

        (await Within.Bound(pair.ServerSide.GoAway.Task, "GoAway")).ShouldBe(new GoAway(CloseReason.Drained, "bye"));
        pair.Server.OpenStream().ShouldBeNull();
        (pair.Server.RefusesStreams, pair.Server.IsClosing).ShouldBe((true, false));
        await client.WriteEndAsync();
        (await server.NextAsync()).Kind.ShouldBe(FrameKind.End);
    }

    [Fact]
    public async Task Who_got_GoAway_is_told_when_the_last_stream_is_over()
    {
        await using var pair = new TunnelPair();
        (MuxStream first, MuxStream atClient) = await pair.OpenAsync();
        MuxStream notSentYet = pair.Server.OpenStream().ShouldNotBeNull();

        pair.Client.SendGoAway(new GoAway(CloseReason.Drained, "bye"));
        await Within.Bound(pair.ServerSide.GoAway.Task, "GoAway");
        await atClient.WriteEndAsync();
        await first.WriteEndAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(pair.Server.OpenStreams), 1);
        pair.ServerSide.Drained.Task.IsCompleted.ShouldBeFalse();
        notSentYet.Reset(RelayError.VisitorGone);

        await Within.Bound(pair.ServerSide.Drained.Task, "the end of the last stream");
        pair.ClientSide.Drained.Task.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Who_got_GoAway_and_has_no_stream_is_told_at_once()
    {
        await using var pair = new TunnelPair();

        pair.Client.SendGoAway(new GoAway(CloseReason.Drained, "bye"));

        await Within.Bound(pair.ServerSide.Drained.Task, "the answer to GoAway");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Closing_sends_what_was_written_before(bool byServer)
    {
        await using var pair = new TunnelPair();
        (MuxStream server, MuxStream client) = await pair.OpenAsync();
        (MuxStream here, MuxStream there) = byServer ? (server, client) : (client, server);
        (MuxConnection closing, InMemoryTransport transport) = byServer ? (pair.Server, pair.ServerTransport) : (pair.Client, pair.ClientTransport);
        transport.FreezeSends();
        await here.WriteAsync(FrameKind.Data, "one"u8.ToArray());
        await Within.Bound(transport.Stuck, "the first message");
        Task<bool> large = here.WriteAsync(FrameKind.Data, new byte[100_000]).AsTask();

        closing.RequestClose(CloseReason.Drained).ShouldBe(CloseReason.Drained);
        (await here.WriteAsync(FrameKind.Data, new byte[1]).AsTask()).ShouldBeFalse();
        transport.ReleaseSends();

        await there.TakeAsync(100_003);
        (await Within.Bound(large, "the pending write")).ShouldBeTrue();
        (await pair.BothEndAsync()).ShouldBe([CloseReason.Drained, CloseReason.Drained]);
        (await there.ExpectResetAsync()).ShouldBe(RelayError.TunnelLost);
        (await here.ExpectResetAsync()).ShouldBe(RelayError.TunnelLost);
    }

    [Fact]
    public async Task The_first_reason_counts()
    {
        await using var pair = new TunnelPair();

        pair.Server.RequestClose(CloseReason.Drained).ShouldBe(CloseReason.Drained);
        pair.Server.RequestClose(CloseReason.Replaced).ShouldBe(CloseReason.Drained);

        (await pair.BothEndAsync()).ShouldBe([CloseReason.Drained, CloseReason.Drained]);
    }

    [Fact]
    public async Task Both_sides_may_close_at_once()
    {
        await using var pair = new TunnelPair();
        pair.Server.RequestClose(CloseReason.Drained);
        pair.Client.RequestClose(CloseReason.Replaced);

        (await pair.BothEndAsync()).ShouldAllBe(r => r == CloseReason.Drained || r == CloseReason.Replaced);
    }

    [Fact]
    public async Task A_write_that_waits_for_credit_ends_with_the_connection()
    {
        await using var pair = new TunnelPair();
        (MuxStream server, _) = await pair.OpenAsync();
        Task<bool> write = server.WriteAsync(FrameKind.Data, new byte[1_000_000]).AsTask();

        pair.Server.RequestClose(CloseReason.Drained);

        (await Within.Bound(write, "the write")).ShouldBeFalse();
        await pair.BothEndAsync();
    }

    [Fact]
    public async Task Nothing_opens_on_a_connection_that_closes()
    {
        await using var pair = new TunnelPair();
        pair.Server.RequestClose(CloseReason.Drained);

        pair.Server.OpenStream().ShouldBeNull();
        await pair.BothEndAsync();
        pair.Server.OpenStream().ShouldBeNull();
        await Within.Bound(pair.Server.Ended, "the end");
        pair.Server.Tick();
    }

    [Fact]
    public async Task A_stream_opened_while_the_connection_ends_is_never_forgotten()
    {
        for (int i = 0; i < 200; i++)
        {
            await using var pair = new TunnelPair();
            var streams = new List<MuxStream>();
            using var barrier = new Barrier(2);
            Task opening = Task.Run(() =>
            {
                barrier.SignalAndWait();
                while (pair.Server.OpenStream() is { } stream)
                {
                    streams.Add(stream);
                    _ = stream.WriteAsync(FrameKind.Head, "{}"u8.ToArray()).AsTask();
                }
            });
            barrier.SignalAndWait();
            pair.ClientTransport.Abort();

            await Within.Bound(opening, "the opener");
            await pair.BothEndAsync();
            foreach (MuxStream stream in streams)
            {
                (await stream.ExpectResetAsync()).ShouldBeOneOf(RelayError.TunnelLost, RelayError.TooManyStreams);
            }
        }
    }

    [Fact]
    public async Task A_peer_that_does_not_answer_the_close_is_dropped_after_5_seconds()
    {
        await using var peer = new LonePeer();
        peer.Connection.RequestClose(CloseReason.Drained);
        (await peer.PeerSeesCloseAsync()).ShouldBe(CloseReason.Drained);

        await AdvanceUntilAsync(peer, peer.Run);

        (await peer.Run).ShouldBe(CloseReason.Drained);
        peer.Transport.IsAborted.ShouldBeTrue();
    }

    // The close itself cannot be sent: nothing else may depend on it.
    [Fact]
    public async Task A_close_that_cannot_be_sent_ends_the_connection_after_5_seconds()
    {
        await using var peer = new LonePeer();
        peer.Transport.FreezeSends();
        peer.Connection.RequestClose(CloseReason.Drained);
        await Within.Bound(peer.Transport.Stuck, "the close");

        await AdvanceUntilAsync(peer, peer.Run);

        (await peer.Run).ShouldBe(CloseReason.Drained);
        peer.Transport.IsAborted.ShouldBeTrue();
    }

    [Fact]
    public async Task A_violator_that_does_not_read_is_dropped_after_5_seconds_whatever_it_sends()
    {
        await using var peer = new LonePeer();
        MuxStream stream = await peer.OpenAsync();
        peer.Transport.FreezeSends();
        await stream.WriteAsync(FrameKind.Data, new byte[10]);
        await Within.Bound(peer.Transport.Stuck, "a send that is stuck");

        peer.Send([1, 2, 3]);
        (await stream.ExpectResetAsync()).ShouldBe(RelayError.TunnelLost);
        await AdvanceUntilAsync(peer, peer.Run, () => peer.Send(Frames.Of(FrameKind.Ping, 0, new byte[8])));

        (await peer.Run).ShouldBe(CloseReason.FrameTruncated);
        peer.Transport.IsAborted.ShouldBeTrue();
    }

    [Fact]
    public async Task A_peer_that_closes_without_reading_does_not_keep_the_connection()
    {
        await using var peer = new LonePeer();
        MuxStream stream = await peer.OpenAsync();
        peer.Transport.FreezeSends();
        await stream.WriteAsync(FrameKind.Data, new byte[10]);
        await Within.Bound(peer.Transport.Stuck, "a send that is stuck");
        await peer.Peer.CloseAsync(CloseReason.Normal);

        await AdvanceUntilAsync(peer, peer.Run);

        (await peer.Run).ShouldBe(CloseReason.Normal);
        peer.Transport.IsAborted.ShouldBeTrue();
    }

    [Fact]
    public async Task An_owner_that_fails_on_a_stream_loses_that_stream_only()
    {
        var handler = new FailingHandler { OnStreamFails = true };
        await using var peer = new LonePeer(handler: handler);

        peer.Send(Frames.Of(FrameKind.Head, 2, "{}"u8));

        SentFrame reset = await peer.Transport.Sent.WhenAsync(f => f.Kind == FrameKind.Reset, "the reset");
        reset.Payload.ShouldBe([0, (byte)RelayError.Internal]);
        await peer.SettleAsync();
    }

    [Fact]
    public async Task An_owner_that_fails_on_GoAway_ends_the_connection_with_a_name()
    {
        var handler = new FailingHandler();
        await using var peer = new LonePeer(MuxRole.Server, handler: handler);
        MuxStream stream = peer.Connection.OpenStream()!;

        peer.Send(Frames.Of(FrameKind.GoAway, 0, """{"reason":"Drained","message":""}"""u8));

        (await peer.PeerSeesCloseAsync()).ShouldBe(CloseReason.Internal);
        (await peer.EndAsync()).ShouldBe(CloseReason.Internal);
        (await stream.ExpectResetAsync()).ShouldBe(RelayError.TunnelLost);
    }

    [Fact]
    public async Task A_callback_that_fails_when_a_stream_is_lost_harms_nothing()
    {
        await using var peer = new LonePeer();
        MuxStream stream = await peer.OpenAsync();
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stream.Aborted.Register(() =>
        {
            called.SetResult();
            throw new InvalidOperationException("a bug in a callback");
        });

        peer.Send(Frames.Reset(2, RelayError.VisitorGone));

        await Within.Bound(called.Task, "the callback");
        await peer.SettleAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_transport_that_fails_in_a_way_nobody_foresaw_is_a_lost_one(bool onSend)
    {
        var transport = new FailingTransport(onSend);
        var connection = new MuxConnection(transport, new RecordingHandler(), new MuxOptions { Role = MuxRole.Server }, new ManualTimeProvider());
        Task<CloseReason> run = connection.RunAsync();
        MuxStream? stream = connection.OpenStream();
        if (stream is not null)
        {
            await stream.WriteAsync(FrameKind.Head, "{}"u8.ToArray());
        }

        (await Within.Bound(run, "the end")).ShouldBe(onSend ? CloseReason.TransportLost : CloseReason.Internal);
        await Within.Bound(connection.Ended, "the end");
    }

    private static async Task AdvanceUntilAsync(LonePeer peer, Task over, Action? meanwhile = null)
    {
        TimeSpan advanced = TimeSpan.Zero;
        await Eventually.BecomesAsync(() =>
        {
            meanwhile?.Invoke();
            if (advanced <= 2 * CloseTimeout)
            {
                peer.Time.Advance(TimeSpan.FromMilliseconds(50));
                advanced += TimeSpan.FromMilliseconds(50);
            }

            return Task.FromResult(over.IsCompleted);
        }, true);
    }

    private sealed class FailingHandler : IMuxHandler
    {
        public bool OnStreamFails { get; init; }

        public void OnStream(MuxStream stream)
        {
            if (OnStreamFails)
            {
                throw new InvalidOperationException("a bug in the owner");
            }
        }

        public void OnGoAway(GoAway goAway) => throw new InvalidOperationException("a bug in the owner");
    }

    private sealed class FailingTransport(bool onSend) : IMessageTransport
    {
        private readonly TaskCompletionSource<TransportRead> _read = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async ValueTask SendAsync(ReadOnlyMemory<byte> message)
        {
            await Task.Yield();
            if (onSend)
            {
                throw new NotSupportedException("unforeseen");
            }
        }

        public async ValueTask<TransportRead> ReceiveAsync(Memory<byte> buffer)
        {
            await Task.Yield();
            return onSend ? await _read.Task : throw new NotSupportedException("unforeseen");
        }

        public ValueTask CloseAsync(CloseReason reason) => throw new NotSupportedException("unforeseen");

        public void Abort() => _read.TrySetException(new IOException("aborted"));
    }
}
