using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Local.Raw;

/// <summary>The header of the PROXY protocol, version 2 (haproxy.org, proxy-protocol.txt section 2.2).</summary>
internal static class ProxyProtocol
{
    private const byte VersionAndProxy = 0x21;
    private const byte VersionAndLocal = 0x20;
    private const byte StreamOverIPv4 = 0x11;
    private const byte StreamOverIPv6 = 0x21;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>The header for a connection; one that names nobody when its addresses are not known.</summary>
    public static byte[] HeaderFor(RawOpen open)
    {
        if (!IPAddress.TryParse(open.Remote, out IPAddress? source))
        {
            return [.. Signature, VersionAndLocal, 0, 0, 0];
        }

        // Where the visitor connected to is not known of private names: their own port 0.
        IPAddress destination = IPAddress.TryParse(open.Local, out IPAddress? local) ? local
            : source.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any;
        bool isIPv4 = source.AddressFamily == AddressFamily.InterNetwork && destination.AddressFamily == AddressFamily.InterNetwork;
        byte[] from = Bytes(source, isIPv4);
        byte[] to = Bytes(destination, isIPv4);
        byte[] ports = new byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(ports, (ushort)open.RemotePort);
        BinaryPrimitives.WriteUInt16BigEndian(ports.AsSpan(2), (ushort)open.LocalPort);
        byte length = (byte)(from.Length + to.Length + ports.Length);
        return [.. Signature, VersionAndProxy, isIPv4 ? StreamOverIPv4 : StreamOverIPv6, 0, length, .. from, .. to, .. ports];
    }

    private static byte[] Bytes(IPAddress address, bool isIPv4) =>
        (isIPv4 ? address : address.MapToIPv6()).GetAddressBytes();
}
