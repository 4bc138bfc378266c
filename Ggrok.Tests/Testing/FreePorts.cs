using System.Net;
using System.Net.Sockets;

namespace Ggrok.Tests.Testing;

/// <summary>
/// Ports for what cannot choose one itself. Of those that the system does not give to connections, so that what runs beside
/// does not take them meanwhile.
/// </summary>
internal static class FreePorts
{
    public static int One() => Range(1).First;

    public static (int First, int Last) Range(int count)
    {
        while (true)
        {
            int first = Random.Shared.Next(10_000, 30_000);
            if (Enumerable.Range(first, count).All(IsFree))
            {
                return (first, first + count - 1);
            }
        }
    }

    private static bool IsFree(int port)
    {
        using var tcp = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            tcp.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
            udp.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
