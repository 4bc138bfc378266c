using System.Buffers.Binary;
using Ggrok.Shared.Protocol;

namespace Ggrok.Tests.Testing;

/// <summary>Makes raw messages.</summary>
public static class Frames
{
    public static byte[] Of(FrameKind kind, uint stream, ReadOnlySpan<byte> payload = default, FrameFlags flags = FrameFlags.None)
    {
        byte[] message = new byte[FrameHeader.Size + payload.Length];
        new FrameHeader(kind, flags, stream, payload.Length).Write(message);
        payload.CopyTo(message.AsSpan(FrameHeader.Size));
        return message;
    }

    public static byte[] Reset(uint stream, RelayError error)
    {
        byte[] payload = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)error);
        return Of(FrameKind.Reset, stream, payload);
    }

    public static byte[] Credit(uint stream, uint bytes)
    {
        byte[] payload = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(payload, bytes);
        return Of(FrameKind.Credit, stream, payload);
    }

    public static byte[] FromHex(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
