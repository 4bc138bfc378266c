using System.Net;
using System.Net.Sockets;

namespace Ggrok.Tests.Testing;

/// <summary>Ports for outside programs that do not take port 0.</summary>
internal static class FreePort
{
    // Below those that systems give to whoever asks for any: between the look and the program's own bind nobody takes it.
    private const int First = 10_000;
    private const int Last = 32_000;

    public static int Next()
    {
        while (true)
        {
            int port = Random.Shared.Next(First, Last);
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken: the next one.
            }
        }
    }
}
