using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Ggrok.InboxBench;

/// <summary>One sender on one kept connection: the next request goes when the one before was answered.</summary>
internal sealed class Sender : IDisposable
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly Socket _socket;
    private readonly byte[] _request;

    private Sender(Socket socket, byte[] request)
    {
        _socket = socket;
        _request = request;
    }

    public static async Task<Sender> ConnectAsync(Uri server, string path, int bytes)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Host, server.Port).ConfigureAwait(false);
        string head = string.Create(CultureInfo.InvariantCulture,
            $"POST {path} HTTP/1.1\r\nHost: {server.Authority}\r\nUser-Agent: Bench/1.0\r\nAccept: */*\r\nContent-Type: application/json\r\nContent-Length: {bytes}\r\n\r\n");
        return new Sender(socket, [.. Encoding.ASCII.GetBytes(head), .. Enumerable.Repeat((byte)'x', bytes)]);
    }

    /// <summary>Sends a request and waits until it is stored.</summary>
    public async Task PostAsync()
    {
        await _socket.SendAsync(_request).ConfigureAwait(false);
        int used = 0;
        while (_buffer.AsSpan(0, used).IndexOf("\r\n\r\n"u8) < 0)
        {
            int count = await _socket.ReceiveAsync(_buffer.AsMemory(used)).ConfigureAwait(false);
            used += count > 0 ? count : throw new InvalidOperationException("The server closed the connection.");
        }

        string answer = Encoding.ASCII.GetString(_buffer, 0, used);
        if (!answer.StartsWith("HTTP/1.1 202 ", StringComparison.Ordinal) || !answer.Contains("Content-Length: 0", StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidOperationException(answer);
        }
    }

    public void Dispose() => _socket.Dispose();
}
