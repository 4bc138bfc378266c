using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ggrok.Tests.Chaos;

/// <summary>
/// A raw local service. A connection begins with a line that is its id; the answer begins with a line that says whose
/// service this is and repeats the id, then comes back whatever else is sent, until the visitor ends its direction.
/// </summary>
internal sealed class EchoService : IAsyncDisposable
{
    private readonly string _name;
    private readonly Action<string> _count;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _accepting;

    public EchoService(string name, Action<string> count)
    {
        _name = name;
        _count = count;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Url => new($"tcp://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = EchoAsync(await _listener.AcceptSocketAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The scene is over.
        }
    }

    private async Task EchoAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            string id = await ReadLineAsync(stream);
            _count(id);
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{_name} {id}\n"));
            await stream.CopyToAsync(stream);
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // Broken off.
        }
    }

    /// <summary>A line of a stream, byte for byte, so that nothing behind it is taken.</summary>
    public static async Task<string> ReadLineAsync(Stream stream)
    {
        var line = new StringBuilder();
        byte[] one = new byte[1];
        while (true)
        {
            await stream.ReadExactlyAsync(one);
            if (one[0] == '\n')
            {
                return line.ToString();
            }

            line.Append((char)one[0]);
        }
    }
}
