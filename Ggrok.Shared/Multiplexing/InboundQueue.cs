using System.Buffers;
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

    private const int SmallestArray = 512;

    // A payload that must wait keeps its whole message, 64 KiB, in memory. This bounds that to five times what the peer was
    // given credit for; smaller payloads are copied.
    private const int Bulk = 12 * 1024;

    private const int LargestCreditStep = 256 * 1024;

    private readonly Lock _gate = new();
    private readonly WindowBudget _budget;
    private readonly MuxStatistics _statistics;

    // The reader goes on within the read loop, where a hop to another thread would cost more than what a relay does with a
    // small frame. Bulk data hops: copying and sending it takes long enough to be worth another core.
    private ManualResetValueTaskSourceCore<InboundFrame> _waiter;
    private Item[] _items = new Item[4];
    private int _first;
    private int _count;
    private Item _current;
    private bool _waiting;
    private bool _ended;
    private bool _endTaken;
    private bool _failed;
    private bool _discarding;
    private RelayError _error;
    private bool _peerBlocked;
    private int _window = ProtocolLimits.InitialWindowBytes;
    private int _peerCredit = ProtocolLimits.InitialWindowBytes;
    private int _consumed;
    private int _uncredited;
    private int _uncreditedFrames;

    public InboundQueue(WindowBudget budget, MuxStatistics statistics)
    {
        _budget = budget;
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
                Push(_waiting || MayHold(kind, payload) ? Hold(kind, payload) : Copy(kind, payload));
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

            ReturnGrowth();
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
            ReturnGrowth();
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
            Item item = _current;
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

            _consumed += item.Length;
            return CreditDue();
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
                if (length > _peerCredit)
                {
                    throw new ProtocolViolationException(CloseReason.CreditExceeded);
                }

                _peerCredit -= length;
                _peerBlocked |= (flags & FrameFlags.Blocked) != 0;
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

    // Credit goes back in quarters of a window, so that the peer never runs dry while the reader keeps up, and in no larger
    // steps than the first window's size: the time that a step takes is added to every round trip. The window doubles on proof that it is too small: the peer stopped for want of credit and the reader has nothing left.
    private int CreditDue()
    {
        if (_ended || _failed || _discarding)
        {
            return 0;
        }

        int grown = 0;
        if (_peerBlocked && _count == 0)
        {
            _peerBlocked = false;
            if (_window < ProtocolLimits.MaxWindowBytes && _budget.TryTake(_window))
            {
                grown = _window;
                _window *= 2;
            }
        }

        if (grown == 0 && _consumed < Math.Min(_window / 4, LargestCreditStep))
        {
            return 0;
        }

        int due = _consumed + grown;
        _consumed = 0;
        _peerCredit += due;
        return due;
    }

    private bool TryTake(out InboundFrame frame)
    {
        if (_count > 0)
        {
            Item item = _items[_first];
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

    private InboundFrame MakeCurrent(Item item)
    {
        _current = item;
        if (item.Kind == FrameKind.End)
        {
            _endTaken = true;
            ReturnGrowth();
        }

        return new InboundFrame(item.Kind, item.Payload, RelayError.None);
    }

    private void ReturnGrowth()
    {
        _budget.Return(_window - ProtocolLimits.InitialWindowBytes);
        _window = ProtocolLimits.InitialWindowBytes;
    }

    // A head is read at once; what came with a payload that is held costs no more memory.
    private bool MayHold(FrameKind kind, ReceivedPayload payload) =>
        kind == FrameKind.Head || payload.Length >= Bulk || _current.Owner == payload.Buffer
        || (_count > 0 && Last.Owner == payload.Buffer);

    private static Item Hold(FrameKind kind, ReceivedPayload payload)
    {
        if (payload.Length == 0)
        {
            return new Item(kind, null, 0, 0);
        }

        payload.Buffer.Hold();
        return new Item(kind, payload.Buffer, payload.Offset, payload.Length);
    }

    private Item Copy(FrameKind kind, ReceivedPayload payload)
    {
        if (payload.Length == 0)
        {
            return new Item(kind, null, 0, 0);
        }

        _statistics.CopiedIn(payload.Length);
        byte[] array = ArrayPool<byte>.Shared.Rent(Math.Max(payload.Length, SmallestArray));
        payload.Span.CopyTo(array);
        return new Item(kind, array, 0, payload.Length);
    }

    // A peer that sends byte by byte must not cost an array for each byte.
    private bool TryAppendToLast(ReceivedPayload payload)
    {
        if (_count == 0)
        {
            return false;
        }

        ref Item last = ref Last;
        if (last.Kind != FrameKind.Data || last.Owner is not byte[] array || array.Length - last.Length < payload.Length)
        {
            return false;
        }

        _statistics.CopiedIn(payload.Length);
        payload.Span.CopyTo(array.AsSpan(last.Length));
        last = last with { Length = last.Length + payload.Length };
        return true;
    }

    private ref Item Last => ref _items[(_first + _count - 1) % _items.Length];

    private void Push(Item item)
    {
        if (_count == _items.Length)
        {
            var larger = new Item[_items.Length * 2];
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
        for (; _count > 0; _count--)
        {
            _items[_first].Release();
            _items[_first] = default;
            _first = (_first + 1) % _items.Length;
        }
    }

    /// <summary>A frame that waits.</summary>
    /// <param name="Kind">Its kind.</param>
    /// <param name="Owner">What its payload lies in: the message it came with, a pooled array of its own, or nothing.</param>
    /// <param name="Offset">Where the payload begins.</param>
    /// <param name="Length">Size of the payload.</param>
    private readonly record struct Item(FrameKind Kind, object? Owner, int Offset, int Length)
    {
        public ReadOnlyMemory<byte> Payload => Owner switch
        {
            MessageBuffer message => message.Bytes.AsMemory(Offset, Length),
            byte[] array => array.AsMemory(Offset, Length),
            _ => default,
        };

        public void Release()
        {
            if (Owner is MessageBuffer message)
            {
                message.Release();
            }
            else if (Owner is byte[] array)
            {
                ArrayPool<byte>.Shared.Return(array);
            }
        }
    }
}
