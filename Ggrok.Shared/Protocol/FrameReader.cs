namespace Ggrok.Shared.Protocol;

/// <summary>Walks the frames of one message: 1..n whole frames, none of which spans messages.</summary>
public ref struct FrameReader
{
    private readonly int _length;
    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts at the first byte of <paramref name="message"/>.</summary>
    public FrameReader(ReadOnlySpan<byte> message)
    {
        _length = message.Length;
        _rest = message;
    }

    /// <summary>Bytes of the message behind which the next frame begins.</summary>
    public readonly int Position => _length - _rest.Length;

    /// <summary>Gives the next frame, or false at the end of the message.</summary>
    /// <exception cref="ProtocolViolationException">The message ends within a frame, or a length is out of range.</exception>
    public bool TryRead(out FrameHeader header, out ReadOnlySpan<byte> payload)
    {
        if (_rest.IsEmpty)
        {
            header = default;
            payload = default;
            return false;
        }

        if (_rest.Length < FrameHeader.Size)
        {
            throw new ProtocolViolationException(CloseReason.FrameTruncated);
        }

        header = FrameHeader.Read(_rest);
        _rest = _rest[FrameHeader.Size..];
        if (_rest.Length < header.Length)
        {
            throw new ProtocolViolationException(CloseReason.FrameTruncated);
        }

        payload = _rest[..header.Length];
        _rest = _rest[header.Length..];
        return true;
    }
}
