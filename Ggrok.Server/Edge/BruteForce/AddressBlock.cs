using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Ggrok.Server.Edge.BruteForce;

/// <summary>
/// What counts as one address: an IPv4 address, or the /64 network of an IPv6 address, within which a single machine may
/// take as many as it likes (RFC 6177).
/// </summary>
public readonly record struct AddressBlock
{
    private readonly AddressFamily _family;
    private readonly ulong _network;

    private AddressBlock(AddressFamily family, ulong network)
    {
        _family = family;
        _network = network;
    }

    /// <summary>The block of an address; all that have none share one.</summary>
    public static AddressBlock Of(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        IPAddress? plain = address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        if (plain is null || !plain.TryWriteBytes(bytes, out int length))
        {
            return default;
        }

        return length == 4
            ? new AddressBlock(AddressFamily.InterNetwork, BinaryPrimitives.ReadUInt32BigEndian(bytes))
            : new AddressBlock(AddressFamily.InterNetworkV6, BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }

    /// <summary>The block of an address in text, such as that of a visitor behind trusted proxies.</summary>
    public static AddressBlock Of(string address) => Of(IPAddress.TryParse(address, out IPAddress? parsed) ? parsed : null);
}
