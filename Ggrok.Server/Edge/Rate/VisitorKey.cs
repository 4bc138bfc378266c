using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Ggrok.Server.Edge.Rate;

/// <summary>Who counts as one visitor.</summary>
internal static class VisitorKey
{
    /// <summary>All visitors together.</summary>
    public static readonly UInt128 Everybody = UInt128.MaxValue;

    private const int NetworkBytes = 8;

    /// <summary>
    /// The address; of IPv6 the first 64 bits, since whoever has one address of such a network has all (RFC 6177). Visitors
    /// without an address, as on a Unix socket, are one.
    /// </summary>
    public static UInt128 Of(IPAddress? address)
    {
        if (address is null)
        {
            return UInt128.Zero;
        }

        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        plain.TryWriteBytes(bytes, out _);
        if (plain.AddressFamily == AddressFamily.InterNetworkV6)
        {
            bytes[NetworkBytes..].Clear();
        }
        else
        {
            // No IPv6 network looks like that: its host part is empty.
            bytes[^1] = 4;
        }

        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
