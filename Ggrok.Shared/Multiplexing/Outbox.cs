using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>
/// Everything that waits to be sent on one connection. Frames are appended to the batch that is being filled; the
/// writer takes whatever is there, as one message, and never waits for more. Holds the lock under which everything of it
/// stands: <see cref="OutboundTurns"/>, <see cref="OutboundControls"/> and the <see cref="OutboundBatch"/>.
/// </summary>
internal sealed class Outbox
{
    private const int WakeUpsOfALoad = 64;

    // More than this is a part of much: while one thread sends it, another reads the next.
    private const int SmallData = 4096;

    private readonly Lock _gate = new();
    private readonly AsyncSignal _wake = new();
    private readonly OutboundBatch _batch = new();
    private readonly OutboundTurns _turns;
    private readonly OutboundControls _controls;
    private readonly StreamTable _streams;
    private int _soonBusy;
    private bool _writerIdle;
    private bool _closed;

    /// <summary>An outbox of one connection, with its streams and counts.</summary>
    public Outbox(StreamTable streams, MuxStatistics statistics)
    {
        _streams = streams;
        _turns = new OutboundTurns(_batch, statistics);
        _controls = new OutboundControls(_batch);
    }

    /// <summary>Streams, over or not, with credit or a reset that waits to be sent.</summary>
    public int StreamsToTell => _controls.StreamsToTell;

    /// <summary>
    /// Sends one frame, split into chunks when it is Data. True when all of it was placed in a batch; false when the
    /// stream is over. The memory is used until the task completes; one write at a time for each stream.
    /// </summary>
    /// <exception cref="InvalidOperationException">Another write on the stream is not complete.</exception>
    public ValueTask<bool> WriteAsync(OutboundStream stream, FrameKind kind, ReadOnlyMemory<byte> payload)
    {
        bool wake;
        ValueTask<bool> result;
        lock (_gate)
        {
            if (stream.Over || _closed)
            {
                return ValueTask.FromResult(false);
            }

            if (stream.HasPending)
            {
                throw new InvalidOperationException("A stream takes one write at a time; await the one before.");
            }

            result = _turns.Write(stream, kind, payload);
            wake = TakeWakeUp();
        }

        Wake(wake, bulk: kind == FrameKind.Data && payload.Length > SmallData);
        return result;
    }

    /// <summary>
    /// Places a head, data and, if asked for, End all in the current batch, so that a small exchange leaves as one
    /// message. False, with nothing placed, when that is not possible now; then each is written for itself.
    /// </summary>
    public bool TryWriteTogether(OutboundStream stream, ReadOnlySpan<byte> head, ReadOnlySpan<byte> data, bool end)
    {
        bool wake;
        lock (_gate)
        {
            if (stream.Over || _closed || stream.HasPending || head.Length > ProtocolLimits.MaxJsonBytes
                || !_turns.TryWriteTogether(stream, head, data, end))
            {
                return false;
            }

            wake = TakeWakeUp();
        }

        Wake(wake);
        return true;
    }

    /// <summary>More credit from the peer.</summary>
    /// <exception cref="ProtocolViolationException">The credit is zero or beyond any window.</exception>
    public void AddCredit(OutboundStream stream, uint bytes)
    {
        bool wake;
        lock (_gate)
        {
            stream.Credit += bytes;
            if (bytes == 0 || stream.Credit > ProtocolLimits.MaxWindowBytes)
            {
                throw new ProtocolViolationException(CloseReason.CreditInvalid);
            }

            _turns.Continue(stream);
            wake = TakeWakeUp();
        }

        Wake(wake);
    }

    /// <summary>Credit for the peer; several grants before the next batch become one frame.</summary>
    public void Grant(OutboundStream stream, int bytes)
    {
        bool wake;
        lock (_gate)
        {
            _controls.Grant(stream, bytes);
            wake = TakeWakeUp();
        }

        Wake(wake);
    }

    /// <summary>Ends the sending half. A pending write returns false. With <paramref name="reset"/> the peer is told.</summary>
    public void Abandon(OutboundStream stream, RelayError? reset)
    {
        bool wake = false;
        lock (_gate)
        {
            stream.Over = true;
            if (stream.HasPending)
            {
                stream.EndPending(written: false);
            }

            stream.CreditToGrant = 0;

            // A stream whose Head never left does not exist for the peer; a Reset for it would be a violation.
            if (reset is { } error && stream.Opened && !_closed)
            {
                _controls.Reset(stream, error);
                wake = TakeWakeUp();
            }
        }

        Wake(wake);
    }

    /// <summary>Whether the End of a stream was placed, though its writer may not have heard of it yet.</summary>
    public bool HasEnded(OutboundStream stream)
    {
        lock (_gate)
        {
            return stream.HasEnded;
        }
    }

    /// <summary>Sends a Ping; an unsent earlier one is replaced.</summary>
    public void Ping(ulong value) => Tell(c => c.Ping(value));

    /// <summary>Answers a Ping; an unsent earlier answer is replaced, so that a flood of pings costs nothing.</summary>
    public void Pong(ulong value) => Tell(c => c.Pong(value));

    /// <summary>Sends GoAway once.</summary>
    public void GoAway(byte[] payload) => Tell(c => c.GoAway(payload));

    /// <summary>Nothing is accepted any more; what is in the batch may still be taken.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
        }

        _wake.Set(inline: false);
    }

    /// <summary>Waits until something can be taken, or the outbox was closed.</summary>
    public ValueTask WaitAsync() => _wake.WaitAsync();

    /// <summary>
    /// The next message, valid until the next call. Gives the buffers back when there is nothing to send.
    /// </summary>
    public bool TryTake(out OutboundMessage message, out bool closed)
    {
        lock (_gate)
        {
            bool beganWithLeftOver = _turns.PlaceLeftOver();
            _controls.Place();
            _turns.Place(beganWithLeftOver);
            closed = _closed;
            if (_batch.Used == 0)
            {
                _writerIdle = true;
                _batch.ReturnBuffers();
                message = default;
                return false;
            }

            message = _batch.Take();
            return true;
        }
    }

    private void Tell(Action<OutboundControls> what)
    {
        bool wake;
        lock (_gate)
        {
            what(_controls);
            wake = TakeWakeUp();
        }

        Wake(wake);
    }

    private bool TakeWakeUp()
    {
        bool wake = _writerIdle;
        _writerIdle = false;
        return wake;
    }

    private void Wake(bool wake, bool bulk = false)
    {
        if (wake)
        {
            _wake.Set(inline: IsAlone() && !bulk);
        }
    }

    // A stream that is alone has nothing to wait for, so its frame is sent right here. With others about, the way through
    // the thread pool gives them time to add theirs: 0.15 messages to the client for each of 64 requests at once instead
    // of 0.93. A load that pauses for a moment is still a load.
    private bool IsAlone()
    {
        if (_streams.Count > 1)
        {
            Volatile.Write(ref _soonBusy, WakeUpsOfALoad);
            return false;
        }

        int left = Volatile.Read(ref _soonBusy);
        Volatile.Write(ref _soonBusy, Math.Max(0, left - 1));
        return left == 0;
    }
}
