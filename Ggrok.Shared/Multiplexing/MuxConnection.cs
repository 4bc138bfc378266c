using Ggrok.Shared.Multiplexing.Resume;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>
/// Many streams over one message transport: one reader (<see cref="MessageReader"/>), one writer, a stream table, credit and heartbeat.
/// Knows bytes, not HTTP. Two blast radii: a fault of a stream resets that stream; a protocol violation closes the
/// connection with a named reason.
/// </summary>
public sealed class MuxConnection
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly IMessageTransport _transport;
    private readonly IMuxHandler _handler;
    private readonly MuxOptions _options;
    private readonly TimeProvider _time;
    private readonly StreamTable _streams;
    private readonly WindowBudget _budget;
    private readonly MessageReader _reader;
    private readonly Func<uint, MuxStream> _newLocalStream;
    private readonly Heartbeat _heartbeat;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _start;
    private long _coarseNow;
    private int _closeReason = -1;
    private bool _refusesStreams;
    private int _askedToRenew;
    private long _sendsAgain;

    /// <summary>Creates the connection; nothing moves before <see cref="RunAsync"/>.</summary>
    public MuxConnection(IMessageTransport transport, IMuxHandler handler, MuxOptions options, TimeProvider time)
    {
        _transport = transport;
        Resumable = transport as ResumableTransport;
        _handler = handler;
        _options = options;
        _time = time;
        _start = time.GetTimestamp();
        _coarseNow = Now();
        _streams = new StreamTable(options.Role, options.FirstStream);
        Outbox = new Outbox(_streams, Statistics);
        _budget = new WindowBudget(options.WindowBudgetBytes);
        _heartbeat = new Heartbeat(Outbox, options.Heartbeat, time, _coarseNow);
        _newLocalStream = id => new MuxStream(this, id, _budget, opened: false);
        _reader = new MessageReader(transport, new FrameDispatcher(this, _streams, _heartbeat), _heartbeat, Statistics);
    }

    /// <summary>Counts since the start.</summary>
    public MuxStatistics Statistics { get; } = new();

    /// <summary>Open streams.</summary>
    public int OpenStreams => _streams.Count;

    /// <summary>Round-trip time that the last heartbeat measured; zero before the first.</summary>
    public TimeSpan RoundTrip => _heartbeat.RoundTrip;

    /// <summary>Completes when the connection is over.</summary>
    public Task Ended => _ended.Task;

    /// <summary>The transport where it outlives its connection, else null.</summary>
    public ResumableTransport? Resumable { get; }

    /// <summary>The connection is broken, and streams wait for another one.</summary>
    public bool IsSuspended => Resumable is { IsSuspended: true };

    internal Outbox Outbox { get; }

    internal MuxOptions Options => _options;

    internal TimeProvider Time => _time;

    /// <summary>Time in ticks as of the last <see cref="Tick"/>: good enough for timeouts, free to read.</summary>
    internal long CoarseNow => Volatile.Read(ref _coarseNow);

    /// <summary>Runs until the connection is over; returns why. Never throws.</summary>
    public async Task<CloseReason> RunAsync()
    {
        Task writer = WriteLoopAsync();
        CloseReason readerReason = await _reader.RunAsync().ConfigureAwait(false);
        CloseReason reason = RequestClose(readerReason);
        foreach (MuxStream stream in _streams.Snapshot())
        {
            stream.Lose();
        }

        // A writer that is still stuck then, or a peer that says nothing, gets no more time.
        await writer.WaitAsync(CloseTimeout, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (writer.IsCompleted && !_reader.PeerClosed)
        {
            await _reader.LingerAsync().ConfigureAwait(false);
        }

        if (!writer.IsCompleted || !_reader.PeerClosed)
        {
            _transport.Abort();
        }

        Resumable?.End();
        _ended.TrySetResult();
        return reason;
    }

    /// <summary>Opens a stream; null when the limit is reached, the peer said GoAway or the connection is closing.</summary>
    public MuxStream? OpenStream()
    {
        if (Volatile.Read(ref _refusesStreams) || IsClosing || HasBacklog)
        {
            return null;
        }

        MuxStream? stream = _streams.OpenLocal(_options.MaxStreams, _newLocalStream);
        if (_streams.IsRunningOut && Interlocked.Exchange(ref _askedToRenew, 1) == 0)
        {
            SendGoAway(new GoAway(CloseReason.Drained, "This connection has carried as many requests as it can; please connect again."));
        }

        return Adopt(stream);
    }

    /// <summary>Asks the peer to open no new streams and to connect again.</summary>
    public void SendGoAway(GoAway goAway)
    {
        byte[] message = HandshakeCodec.Encode(FrameKind.GoAway, goAway, HandshakeJson.Default.GoAway);
        Outbox.GoAway(message[FrameHeader.Size..]);
    }

    /// <summary>
    /// Sends what is in the outbox, then closes with <paramref name="reason"/>. Returns the reason that counts: the
    /// first one given.
    /// </summary>
    public CloseReason RequestClose(CloseReason reason)
    {
        int first = Interlocked.CompareExchange(ref _closeReason, (int)reason, -1);
        Outbox.Close();
        if (first < 0 && Resumable is not null && !ResumableTransport.IsWaitedFor(reason))
        {
            // The writer may not come to its close while the peer takes or acknowledges nothing.
            DropLater();
        }

        if (IsSuspended && !ResumableTransport.IsWaitedFor(reason))
        {
            _transport.Abort();
        }

        return first < 0 ? reason : (CloseReason)first;
    }

    /// <summary>Nothing of any open stream has left this process (<see cref="MuxStream.NeverLeft"/>).</summary>
    public bool HasNothingOut => Array.TrueForAll(_streams.Snapshot(), static s => s.NeverLeft);

    /// <summary>
    /// Ends the connection if it is broken and waits for another one: whether a stream never left is certain then. False when
    /// it does not wait.
    /// </summary>
    public bool TryEndSuspended(CloseReason reason)
    {
        if (Resumable?.TryEndSuspended(() => Interlocked.CompareExchange(ref _closeReason, (int)reason, -1)) != true)
        {
            return false;
        }

        Outbox.Close();
        return true;
    }

    /// <summary>
    /// Advances the coarse clock, heartbeat and timeouts. The owner calls it about once a second; one timer then
    /// serves any number of connections.
    /// </summary>
    public void Tick()
    {
        long now = Now();
        Volatile.Write(ref _coarseNow, now);
        Resumable?.Tick();
        if (IsSuspended)
        {
            _heartbeat.Rest(now);
        }
        else if (BeatOf(now) is { } lost && (IsClosing || Resumable?.Break() != true))
        {
            RequestClose(lost);
            _transport.Abort();
            return;
        }

        if (_streams.Count > 0)
        {
            foreach (MuxStream stream in _streams.Snapshot())
            {
                stream.CheckTimeouts(now, _options.StreamIdleTimeout);
            }
        }
    }

    private CloseReason? BeatOf(long now)
    {
        // A slow line that catches up keeps the writer waiting, and is no stalled one.
        long sendsAgain = Resumable?.SendsAgain ?? 0;
        if (sendsAgain != _sendsAgain)
        {
            _sendsAgain = sendsAgain;
            _heartbeat.SendProgressed(now);
        }

        return _heartbeat.Tick(now);
    }

    /// <summary>Looks now whether the peer is still there: it has 5 s to show that, where the next heartbeats would give it longer.</summary>
    public void Probe()
    {
        if (!IsSuspended && !IsClosing)
        {
            _heartbeat.Probe(Now());
        }
    }

    /// <summary>The connection is ending or over.</summary>
    public bool IsClosing => Volatile.Read(ref _closeReason) >= 0;

    /// <summary>Why it is ending or over; null while it is not.</summary>
    public CloseReason? ClosesFor => Volatile.Read(ref _closeReason) is >= 0 and var reason ? (CloseReason)reason : null;

    /// <summary>The peer said GoAway, or this side opens no more streams.</summary>
    public bool RefusesStreams => Volatile.Read(ref _refusesStreams);

    /// <summary>Opens no more streams: with none open any more, nothing of this side is on its way.</summary>
    public void RefuseStreams()
    {
        Volatile.Write(ref _refusesStreams, true);
        _streams.RefuseLocal();
    }

    internal void OnGoAway(GoAway goAway)
    {
        RefuseStreams();
        _handler.OnGoAway(goAway);
        TellIfDrained();
    }

    internal MuxStream NewPeerStream(uint id) => new(this, id, _budget, opened: true);

    /// <summary>
    /// More streams are over, but still have to be told to the peer, than can be explained by load: a peer that opens
    /// streams and does not read would fill the memory with them.
    /// </summary>
    internal bool HasBacklog => Outbox.StreamsToTell > Math.Max(1000, 10 * _options.MaxStreams);

    /// <summary>Hands a stream of the peer to the owner.</summary>
    internal void Accept(MuxStream stream)
    {
        try
        {
            _handler.OnStream(stream);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // In the read loop this would end the connection; a bug costs the stream on which it shows.
            stream.Reset(RelayError.Internal);
        }
    }

    internal void Forget(MuxStream stream)
    {
        _streams.Remove(stream);
        TellIfDrained();
    }

    // Both the refusal and the removal take the table's lock: whichever is later sees the other.
    private void TellIfDrained()
    {
        if (RefusesStreams && _streams.Count == 0)
        {
            _handler.OnDrained();
        }
    }

    // Monotonic: a corrected wall clock must not end connections.
    internal long Now() => _time.GetElapsedTime(_start).Ticks;

    // A stream that slipped in while the connection was ending must not wait for ever.
    private MuxStream? Adopt(MuxStream? stream)
    {
        if (stream is not null && IsClosing)
        {
            stream.Abort(RelayError.TunnelLost, tellPeer: false);
        }

        return stream;
    }

    private async Task WriteLoopAsync()
    {
        try
        {
            while (true)
            {
                if (Outbox.TryTake(out OutboundMessage message, out bool closed))
                {
                    _heartbeat.SendStarted(CoarseNow);
                    await SendAsync(message).ConfigureAwait(false);
                    _heartbeat.SendFinished();
                    Statistics.Sent(message.Length);
                }
                else if (closed)
                {
                    DropLater();
                    await _transport.CloseAsync((CloseReason)Volatile.Read(ref _closeReason)).ConfigureAwait(false);
                    return;
                }
                else
                {
                    await Outbox.WaitAsync().ConfigureAwait(false);
                }
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A transport names its losses, but a writer that ends in silence would leave a tunnel that looks alive.
            RequestClose(CloseReason.TransportLost);
            _transport.Abort();
        }
    }

    private ValueTask SendAsync(OutboundMessage message) =>
        Resumable is null ? _transport.SendAsync(message.Bytes) : Resumable.SendAsync(message.Bytes, message.Buffer);

    // The peer answers a close; one that does not, or that does not even let it be sent, is dropped, so that the read
    // loop ends.
    private void DropLater() =>
        _ = Task.Delay(CloseTimeout, _time).ContinueWith(
            static (_, state) => ((IMessageTransport)state!).Abort(), _transport, TaskScheduler.Default);
}
