using System.Net;
using System.Net.Sockets;

namespace Ggrok.Shared.Relay;

/// <summary>Sockets that listen.</summary>
public static class ListeningSocket
{
    private const int Backlog = 512;

    /// <summary>A bound socket; for TCP it listens.</summary>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="address">Address to listen on; null for all, of both families where the system has both.</param>
    /// <param name="port">Port; 0 for any free one.</param>
    /// <exception cref="SocketException">The port is in use or not allowed.</exception>
    public static Socket Bind(ProtocolType protocol, IPAddress? address, int port)
    {
        bool both = address is null && Socket.OSSupportsIPv6;
        IPAddress local = address ?? (both ? IPAddress.IPv6Any : IPAddress.Any);
        var socket = new Socket(local.AddressFamily, protocol == ProtocolType.Udp ? SocketType.Dgram : SocketType.Stream, protocol);
        try
        {
            if (both)
            {
                socket.DualMode = true;
            }

            socket.Bind(new IPEndPoint(local, port));
            if (protocol == ProtocolType.Tcp)
            {
                socket.Listen(Backlog);
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
