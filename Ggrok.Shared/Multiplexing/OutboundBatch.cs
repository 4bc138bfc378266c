using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>
/// The message that is being filled and the one that is being sent. Guarded by the lock of the <see cref="Outbox"/>;
/// the message handed out is the writer's own until it takes the next.
/// </summary>
internal sealed class OutboundBatch
{
    private MessageBuffer? _filling;
    private MessageBuffer? _sending;

    /// <summary>Bytes in the message that is being filled.</summary>
    public int Used { get; private set; }

    /// <summary>Counts the messages.</summary>
    public long Number { get; private set; } = 1;

    /// <summary>Whether a frame with such a payload still fits.</summary>
    public bool Fits(int payload) => Used + FrameHeader.Size + payload <= ProtocolLimits.MaxMessageBytes;

    /// <summary>Payload bytes that one more frame may have when the message may grow to <paramref name="limit"/> bytes; can be negative.</summary>
    public int RoomWithin(int limit) => limit - Used - FrameHeader.Size;

    public void Append(FrameKind kind, FrameFlags flags, uint stream, ReadOnlySpan<byte> payload)
    {
        _filling ??= MessageBuffer.Rent();
        Span<byte> target = _filling.Bytes.AsSpan(Used);
        new FrameHeader(kind, flags, stream, payload.Length).Write(target);
        payload.CopyTo(target[FrameHeader.Size..]);
        Used += FrameHeader.Size + payload.Length;
    }

    /// <summary>The message as it is, valid until the next call; the next one begins.</summary>
    public OutboundMessage Take()
    {
        if (_sending is { IsShared: true })
        {
            // Kept until the peer has it.
            _sending.Release();
            _sending = null;
        }

        (_filling, _sending) = (_sending, _filling);
        var message = new OutboundMessage(_sending!, Used);
        Used = 0;
        Number++;
        return message;
    }

    /// <summary>Nothing is being sent and nothing waits: an idle connection holds no buffers.</summary>
    public void ReturnBuffers()
    {
        _filling?.Release();
        _filling = null;
        _sending?.Release();
        _sending = null;
    }
}

/// <summary>A message to send.</summary>
/// <param name="Buffer">What it lies in, from the beginning.</param>
/// <param name="Length">Its size in bytes.</param>
internal readonly record struct OutboundMessage(MessageBuffer Buffer, int Length)
{
    public ReadOnlyMemory<byte> Bytes => Buffer.Bytes.AsMemory(0, Length);
}
