using System.Buffers.Binary;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>
/// Everything that waits to be sent on one connection. Frames are appended to the batch that is being filled; the
/// writer takes whatever is there, as one message, and never waits for more. Fair by construction: a stream places at
/// most one chunk of 16 KiB before the others get their turn.
/// </summary>
internal sealed class Outbox
{
    // While streams wait for their turn, newcomers may fill only half a batch, so that they cannot starve those.
    private const int RoomForNewcomers = ProtocolLimits.MaxMessageBytes / 2;

    private readonly Lock _gate = new();
    private readonly AsyncSignal _wake = new();
    private readonly Queue<OutboundStream> _ready = new();
    private readonly Queue<OutboundStream> _dirty = new();
    private byte[]? _filling;
    private byte[]? _sending;
    private int _used;
    private long _batch = 1;
    private bool _writerIdle;
    private bool _closed;
    private ulong? _ping;
    private ulong? _pong;
    private byte[]? _goAway;

    /// <summary>
    /// Sends one frame, split into chunks when it is Data. True when all of it was placed in a batch; false when the
    /// stream is over. The memory is used until the task completes; one write at a time for each stream.
    /// </summary>
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

            ReadOnlyMemory<byte> rest = PlaceWithoutTurn(stream, kind, payload, out bool placed);
            if (placed)
            {
                stream.Over |= kind == FrameKind.End;
                result = ValueTask.FromResult(true);
            }
            else
            {
                result = stream.BeginPending(kind, rest);
                MakeReady(stream);
            }

            wake = TakeWakeUp();
        }

        Wake(wake);
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
            int limit = _ready.Count > 0 ? RoomForNewcomers : ProtocolLimits.MaxMessageBytes;
            int size = (3 * FrameHeader.Size) + head.Length + data.Length;
            if (stream.Over || _closed || stream.HasPending || data.Length > Math.Min(stream.Credit, ProtocolLimits.MaxDataBytes) || _used + size > limit)
            {
                return false;
            }

            Append(FrameKind.Head, FrameFlags.None, stream.Id, head);
            stream.Opened = true;
            if (!data.IsEmpty)
            {
                stream.Credit -= data.Length;
                stream.Batch = _batch;
                stream.BytesInBatch = data.Length;
                Append(FrameKind.Data, FrameFlags.None, stream.Id, data);
            }

            if (end)
            {
                stream.Over = true;
                Append(FrameKind.End, FrameFlags.None, stream.Id, default);
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
            if (reset is not null && stream.Opened && !_closed)
            {
                stream.ResetToSend = reset;
                MakeDirty(stream);
                wake = TakeWakeUp();
            }
        }

        Wake(wake);
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

        _wake.Set();
    }

    /// <summary>Waits until something can be taken, or the outbox was closed.</summary>
    public ValueTask WaitAsync() => _wake.WaitAsync();

    /// <summary>
    /// The next message, valid until the next call. Gives the buffers back when there is nothing to send.
    /// </summary>
    public bool TryTake(out ReadOnlyMemory<byte> message, out bool closed)
    {
        lock (_gate)
        {
            PlaceControls();
            PlaceReady();
            closed = _closed;
            if (_used == 0)
            {
                _writerIdle = true;
                ReturnBuffers();
                message = default;
                return false;
            }

            (_filling, _sending) = (_sending, _filling);
            message = _sending.AsMemory(0, _used);
            _used = 0;
            _batch++;
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

    // Data goes straight into the batch as long as the stream has not had its chunk in it; the rest waits for a turn.
    private ReadOnlyMemory<byte> PlaceWithoutTurn(OutboundStream stream, FrameKind kind, ReadOnlyMemory<byte> payload, out bool placed)
    {
        int room = (_ready.Count > 0 ? RoomForNewcomers : ProtocolLimits.MaxMessageBytes) - _used - FrameHeader.Size;
        if (kind != FrameKind.Data)
        {
            // A frame larger than half a batch could otherwise never be placed without a turn; it takes one.
            placed = payload.Length <= room;
            if (placed)
            {
                Append(kind, FrameFlags.None, stream.Id, payload.Span);
                stream.Opened = true;
            }

            return payload;
        }

        if (stream.Batch != _batch)
        {
            stream.Batch = _batch;
            stream.BytesInBatch = 0;
        }

        int allowed = Math.Min(room, ProtocolLimits.MaxDataBytes - stream.BytesInBatch);
        payload = AppendData(stream, payload, allowed);
        placed = payload.IsEmpty;
        return payload;
    }

    private ReadOnlyMemory<byte> AppendData(OutboundStream stream, ReadOnlyMemory<byte> payload, int allowed)
    {
        int count = (int)Math.Min(Math.Min(payload.Length, allowed), stream.Credit);
        if (count <= 0)
        {
            return payload;
        }

        stream.Credit -= count;
        stream.BytesInBatch += count;
        bool blocked = stream.Credit == 0 && count < payload.Length;
        Append(FrameKind.Data, blocked ? FrameFlags.Blocked : FrameFlags.None, stream.Id, payload.Span[..count]);
        return payload[count..];
    }

    private void PlaceControls()
    {
        PlaceU64(FrameKind.Pong, ref _pong);
        PlaceU64(FrameKind.Ping, ref _ping);
        if (_goAway is not null && Fits(_goAway.Length))
        {
            Append(FrameKind.GoAway, FrameFlags.None, 0, _goAway);
            _goAway = null;
        }

        while (_dirty.Count > 0 && Fits(sizeof(uint)) && Fits(sizeof(uint) + FrameHeader.Size + sizeof(ushort)))
        {
            OutboundStream stream = _dirty.Dequeue();
            stream.IsDirty = false;
            PlaceStreamControls(stream);
        }
    }

    private void PlaceStreamControls(OutboundStream stream)
    {
        Span<byte> payload = stackalloc byte[sizeof(uint)];
        if (stream.CreditToGrant > 0)
        {
            BinaryPrimitives.WriteUInt32BigEndian(payload, (uint)stream.CreditToGrant);
            stream.CreditToGrant = 0;
            Append(FrameKind.Credit, FrameFlags.None, stream.Id, payload);
        }

        if (stream.ResetToSend is { } error)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)error);
            stream.ResetToSend = null;
            Append(FrameKind.Reset, FrameFlags.None, stream.Id, payload[..sizeof(ushort)]);
        }
    }

    private void PlaceU64(FrameKind kind, ref ulong? value)
    {
        if (value is null || !Fits(sizeof(ulong)))
        {
            return;
        }

        Span<byte> payload = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(payload, value.Value);
        value = null;
        Append(kind, FrameFlags.None, 0, payload);
    }

    // Round robin: each ready stream places one chunk and goes to the end of the queue.
    private void PlaceReady()
    {
        while (_ready.Count > 0 && Fits(1))
        {
            OutboundStream stream = _ready.Peek();
            if (stream.CanProceed && stream.PendingKind != FrameKind.Data && !Fits(stream.PendingRest.Length))
            {
                return;
            }

            _ready.Dequeue();
            stream.IsReady = false;
            if (stream.CanProceed)
            {
                PlaceTurn(stream);
            }
        }
    }

    private void PlaceTurn(OutboundStream stream)
    {
        if (stream.PendingKind == FrameKind.Data)
        {
            int room = ProtocolLimits.MaxMessageBytes - _used - FrameHeader.Size;
            stream.PendingRest = AppendData(stream, stream.PendingRest, Math.Min(room, ProtocolLimits.MaxDataBytes));
            if (!stream.PendingRest.IsEmpty)
            {
                MakeReady(stream);
                return;
            }
        }
        else
        {
            Append(stream.PendingKind, FrameFlags.None, stream.Id, stream.PendingRest.Span);
            stream.Opened = true;
            stream.Over |= stream.PendingKind == FrameKind.End;
        }

        stream.EndPending(written: true);
    }

    private bool Fits(int payload) => _used + FrameHeader.Size + payload <= ProtocolLimits.MaxMessageBytes;

    private void Append(FrameKind kind, FrameFlags flags, uint stream, ReadOnlySpan<byte> payload)
    {
        _filling ??= MessageBufferPool.Rent();
        Span<byte> target = _filling.AsSpan(_used);
        new FrameHeader(kind, flags, stream, payload.Length).Write(target);
        payload.CopyTo(target[FrameHeader.Size..]);
        _used += FrameHeader.Size + payload.Length;
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
        }
    }

    private bool TakeWakeUp()
    {
        bool wake = _writerIdle;
        _writerIdle = false;
        return wake;
    }

    private void Wake(bool wake)
    {
        if (wake)
        {
            _wake.Set();
        }
    }

    private void ReturnBuffers()
    {
        if (_filling is not null)
        {
            MessageBufferPool.Return(_filling);
            _filling = null;
        }

        if (_sending is not null)
        {
            MessageBufferPool.Return(_sending);
            _sending = null;
        }
    }
}
