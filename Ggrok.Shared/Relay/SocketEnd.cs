using System.Net.Sockets;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Relay;

/// <summary>How raw connections begin and end.</summary>
public static class SocketEnd
{
    // A peer that vanished is noticed after two minutes; nothing else limits a quiet connection.
    private const int KeepAliveSeconds = 60;
    private const int KeepAliveIntervalSeconds = 15;
    private const int KeepAliveProbes = 4;

    /// <summary>Sets what every raw connection wants: small writes leave at once, and a vanished peer is noticed (RFC 9293 section 3.8.4).</summary>
    /// <exception cref="SocketException">The connection is gone already.</exception>
    public static void Prepare(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveIntervalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
    }

    /// <summary>Half-closes the writing side.</summary>
    public static void ShutdownSend(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed altogether: half-closed as well.
        }
    }

    /// <summary>
    /// Closes. After a failure the peer sees a reset (RFC 9293 section 3.5.2), so that it does not take a part for the whole.
    /// </summary>
    public static void Close(Socket socket, RelayError error)
    {
        try
        {
            if (error != RelayError.None)
            {
                socket.LingerState = new LingerOption(true, 0);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Broken already.
        }

        socket.Dispose();
    }
}
