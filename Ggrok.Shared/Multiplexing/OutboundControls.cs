using System.Buffers.Binary;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>
/// Frames that carry nobody's data and go in front of it: heartbeat, GoAway, credit and resets. Of each there is one that
/// waits, however often it is asked for. Guarded by the lock of the <see cref="Outbox"/>.
/// </summary>
internal sealed class OutboundControls(OutboundBatch batch)
{
    private readonly Queue<OutboundStream> _dirty = new();
    private ulong? _ping;
    private ulong? _pong;
    private byte[]? _goAway;
    private int _streamsToTell;

    /// <summary>Streams with credit or a reset that waits to be sent; to be read without the lock.</summary>
    public int StreamsToTell => Volatile.Read(ref _streamsToTell);

    public void Ping(ulong value) => _ping = value;

    public void Pong(ulong value) => _pong = value;

    public void GoAway(byte[] payload) => _goAway = payload;

    /// <summary>Credit for the peer, with what waits already.</summary>
    public void Grant(OutboundStream stream, int bytes)
    {
        stream.CreditToGrant += bytes;
        MakeDirty(stream);
    }

    /// <summary>The peer is told that the stream failed.</summary>
    public void Reset(OutboundStream stream, RelayError error)
    {
        stream.ResetToSend = error;
        MakeDirty(stream);
    }

    /// <summary>Puts what fits into the batch.</summary>
    public void Place()
    {
        PlaceU64(FrameKind.Pong, ref _pong);
        PlaceU64(FrameKind.Ping, ref _ping);
        if (_goAway is not null && batch.Fits(_goAway.Length))
        {
            batch.Append(FrameKind.GoAway, FrameFlags.None, 0, _goAway);
            _goAway = null;
        }

        while (_dirty.Count > 0 && batch.Fits(sizeof(uint) + FrameHeader.Size + sizeof(ushort)))
        {
            OutboundStream stream = _dirty.Dequeue();
            stream.IsDirty = false;
            PlaceOf(stream);
        }

        Volatile.Write(ref _streamsToTell, _dirty.Count);
    }

    private void PlaceOf(OutboundStream stream)
    {
        Span<byte> payload = stackalloc byte[sizeof(uint)];
        if (stream.CreditToGrant > 0)
        {
            BinaryPrimitives.WriteUInt32BigEndian(payload, (uint)stream.CreditToGrant);
            stream.CreditToGrant = 0;
            batch.Append(FrameKind.Credit, FrameFlags.None, stream.Id, payload);
        }

        if (stream.ResetToSend is { } error)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)error);
            stream.ResetToSend = null;
            batch.Append(FrameKind.Reset, FrameFlags.None, stream.Id, payload[..sizeof(ushort)]);
        }
    }

    private void PlaceU64(FrameKind kind, ref ulong? value)
    {
        if (value is null || !batch.Fits(sizeof(ulong)))
        {
            return;
        }

        Span<byte> payload = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(payload, value.Value);
        value = null;
        batch.Append(kind, FrameFlags.None, 0, payload);
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
}
