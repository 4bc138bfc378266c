using System.Buffers.Binary;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>
/// Everything that waits to be sent on one connection. Frames are appended to the batch that is being filled; the
/// writer takes whatever is there, as one message, and never waits for more. Fair by construction: a stream places at
/// most one chunk of 16 KiB before the others get their turn.
/// </summary>
internal sealed class Outbox(StreamTable streams, MuxStatistics statistics)
{
    // While streams wait for their turn, newcomers may fill only half a batch, so that they cannot starve those.
    private const int RoomForNewcomers = ProtocolLimits.MaxMessageBytes / 2;

    private const int WakeUpsOfALoad = 64;

    // More than this is a part of much: while one thread sends it, another reads the next.
    private const int SmallData = 4096;

    private readonly Lock _gate = new();
    private readonly AsyncSignal _wake = new();
    private readonly OutboundBatch _batch = new();
    private readonly Queue<OutboundStream> _ready = new();
    private readonly Queue<OutboundStream> _dirty = new();
    private int _streamsToTell;
    private int _soonBusy;
    private bool _writerIdle;
    private bool _closed;
    private bool _frontNeedsNextBatch;
    private ulong? _ping;
    private ulong? _pong;
    private byte[]? _goAway;

    /// <summary>Streams, over or not, with credit or a reset that waits to be sent.</summary>
    public int StreamsToTell => Volatile.Read(ref _streamsToTell);

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

            ReadOnlyMemory<byte> rest = PlaceWithoutTurn(stream, kind, payload, out bool placed);
            if (placed)
            {
                result = ValueTask.FromResult(true);
            }
            else
            {
                result = stream.BeginPending(kind, rest);
                MakeReady(stream);
            }

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
            int size = (2 * FrameHeader.Size) + head.Length + data.Length;
            if (stream.Over || _closed || stream.HasPending || head.Length > ProtocolLimits.MaxJsonBytes
                || data.Length > Math.Min(stream.Credit, ProtocolLimits.MaxDataBytes) || size > RoomWithoutTurn())
            {
                return false;
            }

            AppendWhole(stream, FrameKind.Head, head);
            if (!data.IsEmpty)
            {
                CountInBatch(stream, data.Length);
                AppendData(stream, data);
            }

            if (end)
            {
                AppendWhole(stream, FrameKind.End, default);
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

            MakeReady(stream);
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
            stream.CreditToGrant += bytes;
            MakeDirty(stream);
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
            if (reset is not null && stream.Opened && !_closed)
            {
                stream.ResetToSend = reset;
                MakeDirty(stream);
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
    public void Ping(ulong value) => SetControl(() => _ping = value);

    /// <summary>Answers a Ping; an unsent earlier answer is replaced, so that a flood of pings costs nothing.</summary>
    public void Pong(ulong value) => SetControl(() => _pong = value);

    /// <summary>Sends GoAway once.</summary>
    public void GoAway(byte[] payload) => SetControl(() => _goAway = payload);

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
            bool frontFirst = _frontNeedsNextBatch && _batch.Used == 0;
            _frontNeedsNextBatch = false;
            if (frontFirst)
            {
                PlaceFront();
            }

            PlaceControls();

            // Never the front first twice in a row: large heads must not starve the control frames.
            _frontNeedsNextBatch = !PlaceReady() && !frontFirst;
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

    private void SetControl(Action set)
    {
        bool wake;
        lock (_gate)
        {
            set();
            wake = TakeWakeUp();
        }

        Wake(wake);
    }

    // Payload bytes of a frame that is placed without waiting. None while a frame too large for the rest of this batch
    // waits for the next one: what is added now would stand in its way again.
    private int RoomWithoutTurn() =>
        _frontNeedsNextBatch ? -1 : _batch.RoomWithin(_ready.Count > 0 ? RoomForNewcomers : ProtocolLimits.MaxMessageBytes);

    // Data goes straight into the batch as long as the stream has not had its chunk in it; the rest waits for a turn.
    private ReadOnlyMemory<byte> PlaceWithoutTurn(OutboundStream stream, FrameKind kind, ReadOnlyMemory<byte> payload, out bool placed)
    {
        if (kind != FrameKind.Data)
        {
            // A frame larger than half a batch could otherwise never be placed without a turn; it takes one.
            placed = payload.Length <= RoomWithoutTurn();
            if (placed)
            {
                AppendWhole(stream, kind, payload.Span);
            }

            return payload;
        }

        int allowed = Math.Min(RoomWithoutTurn(), ProtocolLimits.MaxDataBytes - CountInBatch(stream, 0));
        int count = CountAllowed(stream, payload.Length, allowed);
        CountInBatch(stream, count);
        AppendData(stream, payload.Span[..count]);
        placed = count == payload.Length;
        return payload[count..];
    }

    // Data bytes of the stream in this batch that did not wait for a turn.
    private int CountInBatch(OutboundStream stream, int more)
    {
        stream.BytesInBatch = (stream.Batch == _batch.Number ? stream.BytesInBatch : 0) + more;
        stream.Batch = _batch.Number;
        return stream.BytesInBatch;
    }

    private static int CountAllowed(OutboundStream stream, int length, int allowed) =>
        (int)Math.Max(0, Math.Min(Math.Min(length, allowed), stream.Credit));

    // The flag goes by the credit alone: a sender whose buffers use it up to the byte has nothing left of this write,
    // but the next one waits all the same.
    private void AppendData(OutboundStream stream, ReadOnlySpan<byte> data)
    {
        if (!data.IsEmpty)
        {
            stream.Credit -= data.Length;
            statistics.CopiedOut(data.Length);
            _batch.Append(FrameKind.Data, stream.Credit == 0 ? FrameFlags.Blocked : FrameFlags.None, stream.Id, data);
        }
    }

    private void AppendWhole(OutboundStream stream, FrameKind kind, ReadOnlySpan<byte> payload)
    {
        statistics.CopiedOut(payload.Length);
        _batch.Append(kind, FrameFlags.None, stream.Id, payload);
        stream.Opened |= kind is FrameKind.Head or FrameKind.Open;
        stream.Over |= kind == FrameKind.End;
        stream.HasEnded |= kind == FrameKind.End;
    }

    private void PlaceControls()
    {
        PlaceU64(FrameKind.Pong, ref _pong);
        PlaceU64(FrameKind.Ping, ref _ping);
        if (_goAway is not null && _batch.Fits(_goAway.Length))
        {
            _batch.Append(FrameKind.GoAway, FrameFlags.None, 0, _goAway);
            _goAway = null;
        }

        while (_dirty.Count > 0 && _batch.Fits(sizeof(uint) + FrameHeader.Size + sizeof(ushort)))
        {
            OutboundStream stream = _dirty.Dequeue();
            stream.IsDirty = false;
            PlaceStreamControls(stream);
        }

        Volatile.Write(ref _streamsToTell, _dirty.Count);
    }

    private void PlaceStreamControls(OutboundStream stream)
    {
        Span<byte> payload = stackalloc byte[sizeof(uint)];
        if (stream.CreditToGrant > 0)
        {
            BinaryPrimitives.WriteUInt32BigEndian(payload, (uint)stream.CreditToGrant);
            stream.CreditToGrant = 0;
            _batch.Append(FrameKind.Credit, FrameFlags.None, stream.Id, payload);
        }

        if (stream.ResetToSend is { } error)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)error);
            stream.ResetToSend = null;
            _batch.Append(FrameKind.Reset, FrameFlags.None, stream.Id, payload[..sizeof(ushort)]);
        }
    }

    private void PlaceU64(FrameKind kind, ref ulong? value)
    {
        if (value is null || !_batch.Fits(sizeof(ulong)))
        {
            return;
        }

        Span<byte> payload = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(payload, value.Value);
        value = null;
        _batch.Append(kind, FrameFlags.None, 0, payload);
    }

    // Round robin: each ready stream places one chunk and goes to the end of the queue. False when the front is a whole
    // frame for which there is no room.
    private bool PlaceReady()
    {
        while (_ready.Count > 0 && _batch.Fits(1))
        {
            OutboundStream stream = _ready.Peek();
            if (stream.CanProceed && stream.PendingKind != FrameKind.Data && !_batch.Fits(stream.PendingRest.Length))
            {
                return false;
            }

            PlaceFront();
        }

        return true;
    }

    private void PlaceFront()
    {
        OutboundStream stream = _ready.Dequeue();
        stream.IsReady = false;
        if (stream.CanProceed)
        {
            PlaceTurn(stream);
        }
    }

    private void PlaceTurn(OutboundStream stream)
    {
        if (stream.PendingKind == FrameKind.Data)
        {
            int room = Math.Min(_batch.RoomWithin(ProtocolLimits.MaxMessageBytes), ProtocolLimits.MaxDataBytes);
            int count = CountAllowed(stream, stream.PendingRest.Length, room);
            AppendData(stream, stream.PendingRest.Span[..count]);
            stream.PendingRest = stream.PendingRest[count..];
            if (!stream.PendingRest.IsEmpty)
            {
                MakeReady(stream);
                return;
            }
        }
        else
        {
            AppendWhole(stream, stream.PendingKind, stream.PendingRest.Span);
        }

        stream.EndPending(written: true);
    }

    private void MakeReady(OutboundStream stream)
    {
        if (!stream.IsReady && stream.CanProceed)
        {
            stream.IsReady = true;
            _ready.Enqueue(stream);
        }
    }

    private void MakeDirty(OutboundStream stream)
    {
        if (!stream.IsDirty)
        {
            stream.IsDirty = true;
            _dirty.Enqueue(stream);
            Volatile.Write(ref _streamsToTell, _dirty.Count);
        }
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
        if (streams.Count > 1)
        {
            Volatile.Write(ref _soonBusy, WakeUpsOfALoad);
            return false;
        }

        int left = Volatile.Read(ref _soonBusy);
        Volatile.Write(ref _soonBusy, Math.Max(0, left - 1));
        return left == 0;
    }
}
