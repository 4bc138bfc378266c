using System.Net;
using System.Net.Sockets;

namespace Ggrok.Tests.Testing;

/// <summary>Ports for whatever does not take port 0: outside programs, ranges, servers that come back on the same port.</summary>
/// <remarks>
/// Below those that systems give to whoever asks for any, and never the same one twice in this process: between the look and
/// the use nobody takes it.
/// </remarks>
internal static class FreePorts
{
    private const int First = 10_000;
    private const int Count = 20_000;

    // Another run on the same machine begins elsewhere.
    private static int s_next = Random.Shared.Next(Count);

    public static int One() => Range(1).First;

    public static (int First, int Last) Range(int count)
    {
        while (true)
        {
            int first = First + ((Interlocked.Add(ref s_next, count) - count) % Count);
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
            tcp.Bind(new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port));
            udp.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
