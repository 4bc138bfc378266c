using System.Buffers.Binary;

namespace Ggrok.Shared.Protocol;

/// <summary>The ten bytes before every payload: kind, flags, stream (u32) and length (u32), big endian.</summary>
/// <param name="Kind">What the payload is.</param>
/// <param name="Flags">Modifiers of the kind.</param>
/// <param name="Stream">Stream that the frame belongs to; 0 for the connection itself.</param>
/// <param name="Length">Payload size in bytes.</param>
public readonly record struct FrameHeader(FrameKind Kind, FrameFlags Flags, uint Stream, int Length)
{
    /// <summary>Size of an encoded header in bytes.</summary>
    public const int Size = 10;

    /// <summary>Writes the header to the first <see cref="Size"/> bytes of <paramref name="destination"/>.</summary>
    public void Write(Span<byte> destination)
    {
        destination[0] = (byte)Kind;
        destination[1] = (byte)Flags;
        BinaryPrimitives.WriteUInt32BigEndian(destination[2..], Stream);
        BinaryPrimitives.WriteUInt32BigEndian(destination[6..], (uint)Length);
    }

    /// <summary>Reads a header from the first <see cref="Size"/> bytes of <paramref name="source"/>.</summary>
    /// <exception cref="ProtocolViolationException">The length is larger than a message can be.</exception>
    public static FrameHeader Read(ReadOnlySpan<byte> source)
    {
        uint length = BinaryPrimitives.ReadUInt32BigEndian(source[6..]);
        if (length > ProtocolLimits.MaxMessageBytes)
        {
            throw new ProtocolViolationException(CloseReason.FrameTooLarge);
        }

        return new FrameHeader(
            (FrameKind)source[0],
            (FrameFlags)source[1],
            BinaryPrimitives.ReadUInt32BigEndian(source[2..]),
            (int)length);
    }
}
