using System.Threading.Tasks.Sources;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>
/// Frames that arrived on one stream and were not read yet. The read loop puts them in and never waits;
/// one reader takes them out. Memory is bounded by the credit given (Data) and by a fixed allowance (all else).
/// </summary>
internal sealed class InboundQueue : IValueTaskSource<InboundFrame>
{
    // Heads and trailers travel without credit: one informational and one final head plus trailers fit.
    private const int MaxUncreditedBytes = 3 * ProtocolLimits.MaxJsonBytes;

    private const int MaxUncreditedFrames = 32;

    // A payload that must wait keeps its whole message, 64 KiB, in memory. This bounds that to five times what the peer was
    // given credit for; smaller payloads are copied.
    private const int Bulk = 12 * 1024;

    private readonly Lock _gate = new();
    private readonly MuxStatistics _statistics;

    // The reader goes on within the read loop, where a hop to another thread would cost more than what a relay does with a
    // small frame. Bulk data hops: copying and sending it takes long enough to be worth another core.
    private ManualResetValueTaskSourceCore<InboundFrame> _waiter;
    private QueuedFrame[] _items = new QueuedFrame[4];
    private int _first;
    private int _count;
    private QueuedFrame _current;
    private bool _waiting;
    private bool _ended;
    private bool _endTaken;
    private bool _failed;
    private bool _discarding;
    private RelayError _error;
    private ReceiveWindow _window;
    private int _uncredited;
    private int _uncreditedFrames;
    private Queue<InboundFrame>? _returned;

    public InboundQueue(WindowBudget budget, MuxStatistics statistics)
    {
        _window = new ReceiveWindow(budget);
        _statistics = statistics;
    }

    /// <summary>The reader has not come to the end, and wants to.</summary>
    public bool HasUnread
    {
        get
        {
            lock (_gate)
            {
                return !_endTaken && !_discarding;
            }
        }
    }

    /// <summary>Takes a frame in. True when a reader waits, who is to be woken by <see cref="Wake"/> then.</summary>
    /// <exception cref="ProtocolViolationException">Data beyond credit, a frame after End, or too many frames without credit.</exception>
    public bool Enqueue(FrameKind kind, FrameFlags flags, ReceivedPayload payload)
    {
        lock (_gate)
        {
            if (_failed)
            {
                return false;
            }

            Account(kind, flags, payload.Length);
            if (!_discarding && (kind != FrameKind.Data || (payload.Length > 0 && !TryAppendToLast(payload))))
            {
                Push(_waiting || MayHold(kind, payload) ? QueuedFrame.Hold(kind, payload) : Copy(kind, payload));
            }

            return _waiting;
        }
    }

    /// <summary>Lets a waiting reader go on, if there is something for it.</summary>
    public void Wake()
    {
        InboundFrame frame;
        lock (_gate)
        {
            if (!_waiting || !TryTake(out frame))
            {
                return;
            }

            _waiting = false;
        }

        _waiter.RunContinuationsAsynchronously = frame.Payload.Length >= Bulk;
        _waiter.SetResult(frame);
    }

    /// <summary>Lets a waiting reader go on with nothing, a frame of kind 0. False when none waits.</summary>
    public bool Interrupt()
    {
        lock (_gate)
        {
            if (!_waiting)
            {
                return false;
            }

            _waiting = false;
        }

        _waiter.RunContinuationsAsynchronously = true;
        _waiter.SetResult(default);
        return true;
    }

    /// <summary>Frames that were read are read again, before all others. Their credit was given already.</summary>
    public void Return(IEnumerable<InboundFrame> frames)
    {
        lock (_gate)
        {
            if (!_failed)
            {
                _returned = new Queue<InboundFrame>(frames);
            }
        }
    }

    /// <summary>Ends the queue with an error: the reader sees Reset, after what is queued if that is kept.</summary>
    public void Fail(RelayError error, bool keepQueued)
    {
        bool wake;
        lock (_gate)
        {
            if (_failed)
            {
                return;
            }

            _failed = true;
            _error = error;
            if (!keepQueued)
            {
                DropQueued();
            }

            _window.ReturnGrowth();
            wake = _waiting;
            _waiting = false;
        }

        if (wake)
        {
            _waiter.RunContinuationsAsynchronously = false;
            _waiter.SetResult(new InboundFrame(FrameKind.Reset, default, error));
        }
    }

    /// <summary>The reader wants no more: what is queued and what still comes is dropped.</summary>
    public void Discard()
    {
        lock (_gate)
        {
            _discarding = true;
            DropQueued();
            _window.ReturnGrowth();
        }
    }

    /// <summary>The next frame if one is there; does not wait.</summary>
    public bool TryRead(out InboundFrame frame)
    {
        lock (_gate)
        {
            return TryTake(out frame);
        }
    }

    /// <summary>The next frame. After End or Reset the same is returned again.</summary>
    public ValueTask<InboundFrame> ReadAsync()
    {
        lock (_gate)
        {
            if (TryTake(out InboundFrame frame))
            {
                return ValueTask.FromResult(frame);
            }

            _waiter.Reset();
            _waiting = true;
            return new ValueTask<InboundFrame>(this, _waiter.Version);
        }
    }

    /// <summary>Releases the frame read last; returns the credit that is due to the peer, usually 0.</summary>
    public int Advance()
    {
        lock (_gate)
        {
            QueuedFrame item = _current;
            _current = default;
            item.Release();
            if (item.Kind == default)
            {
                return 0;
            }

            if (item.Kind != FrameKind.Data)
            {
                _uncredited -= item.Length;
                _uncreditedFrames -= item.Kind == FrameKind.End ? 0 : 1;
                return 0;
            }

            _window.Consume(item.Length);
            return _ended || _failed || _discarding ? 0 : _window.CreditDue(readerHasNothing: _count == 0);
        }
    }

    InboundFrame IValueTaskSource<InboundFrame>.GetResult(short token) => _waiter.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<InboundFrame>.GetStatus(short token) => _waiter.GetStatus(token);

    void IValueTaskSource<InboundFrame>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiter.OnCompleted(continuation, state, token, flags);

    private void Account(FrameKind kind, FrameFlags flags, int length)
    {
        if (_ended)
        {
            throw new ProtocolViolationException(CloseReason.FrameAfterEnd);
        }

        switch (kind)
        {
            case FrameKind.Data:
                _window.Take(length, (flags & FrameFlags.Blocked) != 0);
                break;
            case FrameKind.End:
                _ended = true;
                break;
            default:
                _uncredited += length;
                _uncreditedFrames++;
                if (_uncredited > MaxUncreditedBytes || _uncreditedFrames > MaxUncreditedFrames)
                {
                    throw new ProtocolViolationException(CloseReason.FrameFlood);
                }

                break;
        }
    }

    private bool TryTake(out InboundFrame frame)
    {
        if (_returned is not null && _returned.TryDequeue(out frame))
        {
            return true;
        }

        if (_count > 0)
        {
            QueuedFrame item = _items[_first];
            _items[_first] = default;
            _first = (_first + 1) % _items.Length;
            _count--;
            frame = MakeCurrent(item);
            return true;
        }

        if (_failed)
        {
            frame = new InboundFrame(FrameKind.Reset, default, _error);
            return true;
        }

        frame = new InboundFrame(FrameKind.End, default, RelayError.None);
        return _ended && !_waiting;
    }

    private InboundFrame MakeCurrent(QueuedFrame item)
    {
        _current = item;
        if (item.Kind == FrameKind.End)
        {
            _endTaken = true;
            _window.ReturnGrowth();
        }

        return new InboundFrame(item.Kind, item.Payload, RelayError.None);
    }

    // A head is read at once; what came with a payload that is held costs no more memory.
    private bool MayHold(FrameKind kind, ReceivedPayload payload) =>
        kind is FrameKind.Head or FrameKind.Open || payload.Length >= Bulk || _current.Owner == payload.Buffer
        || (_count > 0 && Last.Owner == payload.Buffer);

    private QueuedFrame Copy(FrameKind kind, ReceivedPayload payload)
    {
        _statistics.CopiedIn(payload.Length);
        return QueuedFrame.Copy(kind, payload);
    }

    // A peer that sends byte by byte must not cost an array for each byte.
    private bool TryAppendToLast(ReceivedPayload payload)
    {
        if (_count == 0)
        {
            return false;
        }

        ref QueuedFrame last = ref Last;
        if (last.Kind != FrameKind.Data || last.Owner is not byte[] array || array.Length - last.Length < payload.Length)
        {
            return false;
        }

        _statistics.CopiedIn(payload.Length);
        payload.Span.CopyTo(array.AsSpan(last.Length));
        last = last with { Length = last.Length + payload.Length };
        return true;
    }

    private ref QueuedFrame Last => ref _items[(_first + _count - 1) % _items.Length];

    private void Push(QueuedFrame item)
    {
        if (_count == _items.Length)
        {
            var larger = new QueuedFrame[_items.Length * 2];
            for (int i = 0; i < _count; i++)
            {
                larger[i] = _items[(_first + i) % _items.Length];
            }

            _items = larger;
            _first = 0;
        }

        _items[(_first + _count) % _items.Length] = item;
        _count++;
    }

    private void DropQueued()
    {
        _returned = null;
        for (; _count > 0; _count--)
        {
            _items[_first].Release();
            _items[_first] = default;
            _first = (_first + 1) % _items.Length;
        }
    }
}
