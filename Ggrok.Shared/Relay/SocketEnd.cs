using System.Net.Sockets;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Relay;

/// <summary>How raw connections end.</summary>
public static class SocketEnd
{
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
