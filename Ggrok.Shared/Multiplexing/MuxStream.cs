using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>
/// One exchange or raw connection within a tunnel: two directions that end on their own. One reader and one writer at
/// a time. Nothing is cancelled by token: <see cref="Reset"/> ends pending reads and writes.
/// </summary>
public sealed class MuxStream
{
    private const int Open = 0;
    private const int Ended = 1;
    private const int Failed = 2;
    private const long UsualIdle = -1;

    private readonly MuxConnection _connection;
    private readonly InboundQueue _inbound;
    private int _openDirections = 2;
    private int _state = Open;
    private long _deadline = long.MaxValue;
    private RelayError _deadlineError;
    private bool _hasPeerEnded;

    // How often the session had been resumed when the stream was opened during an interruption; -1 for any other.
    private readonly int _interruptedAt;
    private long _idleLimit = UsualIdle;
    private CancellationTokenSource? _aborted;
    private Action<object?>? _onAbort;
    private object? _onAbortState;

    internal MuxStream(MuxConnection connection, uint id, WindowBudget budget, bool opened)
    {
        _connection = connection;
        _inbound = new InboundQueue(budget, connection.Statistics);
        Outbound = new OutboundStream(id, opened);

        // The number first: where the session goes on in between, it counts as one that may have left.
        int resumptions = connection.Resumable?.Resumptions ?? 0;
        _interruptedAt = !opened && connection.IsSuspended ? resumptions : -1;
        Touch();
    }

    /// <summary>Number of the stream within its connection.</summary>
    public uint Id => Outbound.Id;

    /// <summary>How the stream failed, or <see cref="RelayError.None"/>.</summary>
    public RelayError Error { get; private set; }

    /// <summary>
    /// Nothing of the stream has left this process: it was opened while the session was interrupted, which never went on. False
    /// also where that is not known.
    /// </summary>
    public bool NeverLeft => _interruptedAt >= 0 && _connection.Resumable!.Resumptions == _interruptedAt;

    /// <summary>Cancelled when the stream is reset by either side or lost; not by an orderly end.</summary>
    public CancellationToken Aborted
    {
        get
        {
            CancellationTokenSource source = Volatile.Read(ref _aborted)
                ?? Interlocked.CompareExchange(ref _aborted, new CancellationTokenSource(), null) ?? _aborted;
            if (Error != RelayError.None)
            {
                source.Cancel();
            }

            return source.Token;
        }
    }

    /// <summary>
    /// Sets what is done, on the thread pool, when the stream is reset by either side or lost; one action at a time. At
    /// once when that has happened already.
    /// </summary>
    public void OnAbort(Action<object?> action, object? state)
    {
        _onAbortState = state;

        // A full fence: the failure below must be seen here, or the action there.
        Interlocked.Exchange(ref _onAbort, action);
        if (Error != RelayError.None)
        {
            RunOnAbort();
        }
    }

    /// <summary>Lifts <see cref="OnAbort"/>. False when the action has run or is going to.</summary>
    public bool LiftOnAbort() => Interlocked.Exchange(ref _onAbort, null) is not null;

    internal OutboundStream Outbound { get; }

    /// <summary>Coarse timestamp of the last frame in either direction.</summary>
    internal long LastActivity { get; private set; }

    /// <summary>
    /// Writes one frame. Completes with true when it is on its way (Data: within the peer's credit), with false when
    /// the stream is over; <see cref="Error"/> or the reader then tell why. The payload is used until then.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A payload other than Data is larger than a frame can be.</exception>
    /// <exception cref="InvalidOperationException">The write before is not complete.</exception>
    public ValueTask<bool> WriteAsync(FrameKind kind, ReadOnlyMemory<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(kind == FrameKind.Data ? 0 : payload.Length, ProtocolLimits.MaxJsonBytes, nameof(payload));
        Touch();
        return kind == FrameKind.Data && payload.IsEmpty
            ? ValueTask.FromResult(!Outbound.Over)
            : _connection.Outbox.WriteAsync(Outbound, kind, payload);
    }

    /// <summary>
    /// Writes a head, data and, if asked for, End so that they leave as one message. False, with nothing written, when
    /// they do not fit now or the stream is over; the caller then writes each for itself.
    /// </summary>
    public bool TryWriteTogether(ReadOnlySpan<byte> head, ReadOnlySpan<byte> data, bool end)
    {
        Touch();
        if (!_connection.Outbox.TryWriteTogether(Outbound, head, data, end))
        {
            return false;
        }

        if (end)
        {
            DirectionEnded();
        }

        return true;
    }

    /// <summary>Half-close: nothing more is written. False when the stream was over before.</summary>
    public ValueTask<bool> WriteEndAsync()
    {
        ValueTask<bool> write = _connection.Outbox.WriteAsync(Outbound, FrameKind.End, default);
        return write.IsCompletedSuccessfully ? ValueTask.FromResult(EndedIf(write.Result)) : Await(this, write);

        static async ValueTask<bool> Await(MuxStream stream, ValueTask<bool> write) =>
            stream.EndedIf(await write.ConfigureAwait(false));
    }

    /// <summary>
    /// The next frame; waits for it. End and Reset are final and returned again. A Reset overtakes what was not read,
    /// except when the tunnel was lost: what had arrived by then is still delivered.
    /// </summary>
    public ValueTask<InboundFrame> ReadAsync() => _inbound.ReadAsync();

    /// <summary>
    /// Ends a read that waits; it gives a frame of kind 0, and the stream is as before. Another one may read then. False when
    /// none waits.
    /// </summary>
    public bool InterruptRead() => _inbound.Interrupt();

    /// <summary>
    /// Puts frames back that were read, or others in their place: they are read again before what still comes. While nobody
    /// reads; their payloads are used until then and give no credit a second time.
    /// </summary>
    public void ReadAgain(IEnumerable<InboundFrame> frames) => _inbound.Return(frames);

    /// <summary>The next frame if it has arrived.</summary>
    public bool TryRead(out InboundFrame frame) => _inbound.TryRead(out frame);

    /// <summary>Says that the payload of the frame read last is done with; credit goes back to the peer.</summary>
    public void Advance()
    {
        // A reader that takes its time reads: no frame may move for as long as a quarter of the window lasts.
        Touch();
        int credit = _inbound.Advance();
        if (credit > 0)
        {
            _connection.Outbox.Grant(Outbound, credit);
        }
    }

    /// <summary>
    /// The reader wants no more: what has arrived and what still comes is dropped, and gives no credit. For an answer that
    /// is complete before its request; where the stream has failed, <see cref="Reset"/> does it.
    /// </summary>
    public void StopReading() => _inbound.Discard();

    /// <summary>
    /// Ends both directions and tells the peer why. After both have ended it only drops what was not read yet, and does
    /// nothing when nothing is left.
    /// </summary>
    public void Reset(RelayError error) => Abort(error, tellPeer: true);

    /// <summary>
    /// The stream is reset with <paramref name="error"/> unless the deadline is lifted in time: never early, and late by up to a
    /// tick of the connection.
    /// </summary>
    public void SetDeadline(TimeSpan after, RelayError error)
    {
        _deadlineError = error;
        Volatile.Write(ref _deadline, after <= TimeSpan.Zero ? long.MaxValue : _connection.Now() + after.Ticks);
    }

    /// <summary>
    /// Sets the time without a frame after which this stream is reset, in place of that of the connection; zero for never.
    /// </summary>
    public void SetIdleTimeout(TimeSpan idle) => Volatile.Write(ref _idleLimit, idle.Ticks);

    /// <summary>Lifts the deadline.</summary>
    public void ClearDeadline() => Volatile.Write(ref _deadline, long.MaxValue);

    /// <summary>
    /// Watches over the delivery of what was read: once both directions have ended, the connection looks after the stream no
    /// more, and who does not take the rest would keep it for ever. Due again and again while a delivery waits, the timer
    /// resets such a stream. Null where streams have no idle time.
    /// </summary>
    /// <param name="period">How long a delivery may wait.</param>
    internal ITimer? NewDeliveryTimer(out TimeSpan period)
    {
        period = _connection.Options.StreamIdleTimeout;
        return period > TimeSpan.Zero
            ? _connection.Time.CreateTimer(static s => ((MuxStream)s!).ResetIfEnded(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan)
            : null;
    }

    internal void Abort(RelayError error, bool tellPeer)
    {
        int before = Interlocked.Exchange(ref _state, Failed);
        if (before == Failed || (before == Ended && !_inbound.HasUnread))
        {
            return;
        }

        // After both ends the peer has nothing to learn; what was not read is dropped with its memory and its window.
        Error = error;
        if (before == Open)
        {
            _connection.Forget(this);
            _connection.Outbox.Abandon(Outbound, tellPeer ? error : null);
        }

        _inbound.Fail(error, keepQueued: error == RelayError.TunnelLost);
        RunOnAbort();
        if (Volatile.Read(ref _aborted) is { } aborted)
        {
            // Never in the read loop: what is registered there is application code.
            ThreadPool.UnsafeQueueUserWorkItem(Cancel, aborted, preferLocal: false);
        }
    }

    /// <summary>The connection is over, and the stream with it unless both sides have said all; in the read loop.</summary>
    internal void Lose()
    {
        // Its writer may be held up between its End, which is on its way, and noting that.
        if (!_hasPeerEnded || !_connection.Outbox.HasEnded(Outbound))
        {
            Abort(RelayError.TunnelLost, tellPeer: false);
        }
    }

    /// <summary>Takes a frame in. True when a reader waits, who is to be woken by <see cref="WakeReader"/> then.</summary>
    internal bool OnFrame(FrameKind kind, FrameFlags flags, ReceivedPayload payload)
    {
        Touch();
        bool waiting = _inbound.Enqueue(kind, flags, payload);
        if (kind == FrameKind.End)
        {
            _hasPeerEnded = true;
            DirectionEnded();
        }

        return waiting;
    }

    internal void WakeReader() => _inbound.Wake();

    internal void CheckTimeouts(long now, TimeSpan idle)
    {
        if (now >= Volatile.Read(ref _deadline))
        {
            Reset(_deadlineError);
        }
        else
        {
            long own = Volatile.Read(ref _idleLimit);
            long limit = own == UsualIdle ? idle.Ticks : own;
            if (limit > 0 && now - LastActivity > limit)
            {
                Reset(RelayError.StreamIdle);
            }
        }
    }

    internal void Touch() => LastActivity = _connection.CoarseNow;

    private void ResetIfEnded()
    {
        if (Volatile.Read(ref _state) == Ended)
        {
            Reset(RelayError.StreamIdle);
        }
    }

    private void RunOnAbort()
    {
        if (Interlocked.Exchange(ref _onAbort, null) is { } action)
        {
            ThreadPool.UnsafeQueueUserWorkItem(action, _onAbortState, preferLocal: false);
        }
    }

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (AggregateException)
        {
            // On the thread pool this would end the process. What failed is a callback of the exchange that is over.
        }
    }

    private bool EndedIf(bool written)
    {
        if (written)
        {
            DirectionEnded();
        }

        return written;
    }

    private void DirectionEnded()
    {
        if (Interlocked.Decrement(ref _openDirections) == 0 && Interlocked.CompareExchange(ref _state, Ended, Open) == Open)
        {
            _connection.Forget(this);
        }
    }
}
