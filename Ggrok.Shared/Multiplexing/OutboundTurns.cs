using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>
/// Who may put how much of a stream into the batch. Fair by construction: a stream places at most one chunk of 16 KiB before
/// the others get their turn. Guarded by the lock of the <see cref="Outbox"/>.
/// </summary>
internal sealed class OutboundTurns(OutboundBatch batch, MuxStatistics statistics)
{
    // While streams wait for their turn, newcomers may fill only half a batch, so that they cannot starve those.
    private const int RoomForNewcomers = ProtocolLimits.MaxMessageBytes / 2;

    private readonly Queue<OutboundStream> _ready = new();
    private bool _frontNeedsNextBatch;

    /// <summary>Places what may go at once, and lets the rest wait for its turn. Completes when all of it is placed.</summary>
    public ValueTask<bool> Write(OutboundStream stream, FrameKind kind, ReadOnlyMemory<byte> payload)
    {
        ReadOnlyMemory<byte> rest = PlaceWithoutTurn(stream, kind, payload, out bool placed);
        if (placed)
        {
            return ValueTask.FromResult(true);
        }

        ValueTask<bool> written = stream.BeginPending(kind, rest);
        Continue(stream);
        return written;
    }

    /// <summary>Places a head, data and perhaps End at once. False, with nothing placed, when they may not go now.</summary>
    public bool TryWriteTogether(OutboundStream stream, ReadOnlySpan<byte> head, ReadOnlySpan<byte> data, bool end)
    {
        int size = (2 * FrameHeader.Size) + head.Length + data.Length;
        if (data.Length > Math.Min(stream.Credit, ProtocolLimits.MaxDataBytes) || size > RoomWithoutTurn())
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

        return true;
    }

    /// <summary>A write that waits may go on, if it has what it waits for.</summary>
    public void Continue(OutboundStream stream)
    {
        if (!stream.IsReady && stream.CanProceed)
        {
            stream.IsReady = true;
            _ready.Enqueue(stream);
        }
    }

    /// <summary>
    /// Places what found no room in the batch before, in front of everything else. True if it did: the next batch begins with
    /// others then, because large heads must not starve the control frames.
    /// </summary>
    public bool PlaceLeftOver()
    {
        bool frontFirst = _frontNeedsNextBatch && batch.Used == 0;
        _frontNeedsNextBatch = false;
        if (frontFirst)
        {
            PlaceFront();
        }

        return frontFirst;
    }

    /// <summary>
    /// Round robin: each stream that waits places one chunk and goes to the end of the queue. A whole frame for which there is
    /// no room waits for the next batch, or for the one after that if this one began with such a frame.
    /// </summary>
    public void Place(bool beganWithLeftOver)
    {
        while (_ready.Count > 0 && batch.Fits(1))
        {
            OutboundStream stream = _ready.Peek();
            if (stream.CanProceed && stream.PendingKind != FrameKind.Data && !batch.Fits(stream.PendingRest.Length))
            {
                _frontNeedsNextBatch = !beganWithLeftOver;
                return;
            }

            PlaceFront();
        }
    }

    // Payload bytes of a frame that is placed without waiting. None while a frame too large for the rest of this batch
    // waits for the next one: what is added now would stand in its way again.
    private int RoomWithoutTurn() =>
        _frontNeedsNextBatch ? -1 : batch.RoomWithin(_ready.Count > 0 ? RoomForNewcomers : ProtocolLimits.MaxMessageBytes);

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
        stream.BytesInBatch = (stream.Batch == batch.Number ? stream.BytesInBatch : 0) + more;
        stream.Batch = batch.Number;
        return stream.BytesInBatch;
    }

    private static int CountAllowed(OutboundStream stream, int length, int allowed) =>
        (int)Math.Max(0, Math.Min(Math.Min(length, allowed), stream.Credit));

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
            int room = Math.Min(batch.RoomWithin(ProtocolLimits.MaxMessageBytes), ProtocolLimits.MaxDataBytes);
            int count = CountAllowed(stream, stream.PendingRest.Length, room);
            AppendData(stream, stream.PendingRest.Span[..count]);
            stream.PendingRest = stream.PendingRest[count..];
            if (!stream.PendingRest.IsEmpty)
            {
                Continue(stream);
                return;
            }
        }
        else
        {
            AppendWhole(stream, stream.PendingKind, stream.PendingRest.Span);
        }

        stream.EndPending(written: true);
    }

    // The flag goes by the credit alone: a sender whose buffers use it up to the byte has nothing left of this write,
    // but the next one waits all the same.
    private void AppendData(OutboundStream stream, ReadOnlySpan<byte> data)
    {
        if (!data.IsEmpty)
        {
            stream.Credit -= data.Length;
            statistics.CopiedOut(data.Length);
            batch.Append(FrameKind.Data, stream.Credit == 0 ? FrameFlags.Blocked : FrameFlags.None, stream.Id, data);
        }
    }

    private void AppendWhole(OutboundStream stream, FrameKind kind, ReadOnlySpan<byte> payload)
    {
        statistics.CopiedOut(payload.Length);
        batch.Append(kind, FrameFlags.None, stream.Id, payload);
        stream.Opened |= kind is FrameKind.Head or FrameKind.Open;
        stream.Over |= kind == FrameKind.End;
        stream.HasEnded |= kind == FrameKind.End;
    }
}
