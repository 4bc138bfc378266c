using System.Buffers.Binary;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Relay.Datagrams;

/// <summary>
/// Cuts the bytes of a stream into datagrams: each is a length (u16, big endian) and as many bytes.
/// </summary>
public sealed class DatagramReader
{
    /// <summary>Size of the length in front of each datagram.</summary>
    public const int PrefixBytes = sizeof(ushort);

    // Of a datagram that came in parts.
    private byte[] _partial = [];
    private int _have;

    /// <summary>The next datagram, valid until the next call.</summary>
    /// <param name="bytes">What has arrived; what is used is cut off.</param>
    /// <param name="datagram">The datagram, which may be empty.</param>
    public bool TryRead(ref ReadOnlyMemory<byte> bytes, out ReadOnlyMemory<byte> datagram)
    {
        if (_have == 0 && bytes.Length >= PrefixBytes)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(bytes.Span);
            if (bytes.Length >= PrefixBytes + length)
            {
                datagram = bytes.Slice(PrefixBytes, length);
                bytes = bytes[(PrefixBytes + length)..];
                return true;
            }
        }

        return TryComplete(ref bytes, out datagram);
    }

    private bool TryComplete(ref ReadOnlyMemory<byte> bytes, out ReadOnlyMemory<byte> datagram)
    {
        datagram = default;
        if (!Take(ref bytes, PrefixBytes))
        {
            return false;
        }

        int whole = PrefixBytes + BinaryPrimitives.ReadUInt16BigEndian(_partial);
        if (!Take(ref bytes, whole))
        {
            return false;
        }

        datagram = _partial.AsMemory(PrefixBytes, whole - PrefixBytes);
        _have = 0;
        return true;
    }

    private bool Take(ref ReadOnlyMemory<byte> bytes, int upTo)
    {
        int count = Math.Clamp(upTo - _have, 0, bytes.Length);
        if (_partial.Length < upTo)
        {
            Array.Resize(ref _partial, Math.Max(upTo, 2048));
        }

        bytes.Span[..count].CopyTo(_partial.AsSpan(_have));
        bytes = bytes[count..];
        _have += count;
        return _have >= upTo;
    }
}
