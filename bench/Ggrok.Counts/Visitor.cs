using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Ggrok.Counts;

/// <summary>One visitor on one kept connection, with the fields that load generators send.</summary>
internal sealed class Visitor(Socket socket) : IDisposable
{
    private readonly byte[] _buffer = new byte[256 * 1024];

    public static async Task<Visitor> ConnectAsync(Uri server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Host, server.Port).ConfigureAwait(false);
        return new Visitor(socket);
    }

    /// <summary>Asks for a path again and again; checks that each answer is a success of the right length.</summary>
    public async Task GetAsync(Uri server, long bytes, int times)
    {
        byte[] request = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"GET /bytes/{bytes} HTTP/1.1\r\nHost: {server.Authority}\r\n\r\n"));
        for (int i = 0; i < times; i++)
        {
            await socket.SendAsync(request).ConfigureAwait(false);
            await ReadResponseAsync(bytes).ConfigureAwait(false);
        }
    }

    public void Dispose() => socket.Dispose();

    private async Task ReadResponseAsync(long bytes)
    {
        int used = 0;
        int head;
        while ((head = _buffer.AsSpan(0, used).IndexOf("\r\n\r\n"u8)) < 0)
        {
            used += await ReceiveAsync(_buffer.AsMemory(used)).ConfigureAwait(false);
        }

        if (!_buffer.AsSpan().StartsWith("HTTP/1.1 200 "u8))
        {
            throw new InvalidOperationException(Encoding.ASCII.GetString(_buffer, 0, head));
        }

        for (long left = bytes - (used - head - 4); left > 0;)
        {
            left -= await ReceiveAsync(_buffer.AsMemory(0, (int)Math.Min(left, _buffer.Length))).ConfigureAwait(false);
        }
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        int count = await socket.ReceiveAsync(buffer).ConfigureAwait(false);
        return count > 0 ? count : throw new InvalidOperationException("The server closed the connection.");
    }
}
