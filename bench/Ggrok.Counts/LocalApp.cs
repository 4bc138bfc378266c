using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ggrok.Counts;

/// <summary>
/// The local service: answers <c>/bytes/N</c> with N bytes. A plain socket loop, so that both loads meet the same thing.
/// </summary>
internal sealed class LocalApp : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public LocalApp()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptSocketAsync().ConfigureAwait(false);
                socket.NoDelay = true;
                _ = ServeAsync(socket);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private static async Task ServeAsync(Socket socket)
    {
        using Socket connection = socket;
        byte[] buffer = new byte[64 * 1024];
        int used = 0;
        while (true)
        {
            int end;
            while ((end = buffer.AsSpan(0, used).IndexOf("\r\n\r\n"u8)) < 0)
            {
                int count = await connection.ReceiveAsync(buffer.AsMemory(used)).ConfigureAwait(false);
                if (count == 0)
                {
                    return;
                }

                used += count;
            }

            string line = Encoding.ASCII.GetString(buffer, 0, buffer.AsSpan(0, used).IndexOf("\r\n"u8));
            buffer.AsSpan(end + 4, used - end - 4).CopyTo(buffer);
            used -= end + 4;
            long length = long.Parse(line.Split(' ')[1]["/bytes/".Length..], System.Globalization.CultureInfo.InvariantCulture);
            await AnswerAsync(connection, length).ConfigureAwait(false);
        }
    }

    // The fields that nginx sends with a file.
    private static async Task AnswerAsync(Socket connection, long length)
    {
        byte[] chunk = new byte[Math.Min(length + 400, 256 * 1024)];
        int head = Encoding.ASCII.GetBytes(
            "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sat, 21 Nov 2026 08:00:00 GMT\r\nContent-Type: text/plain\r\n" +
            $"Content-Length: {length}\r\nLast-Modified: Sat, 21 Nov 2026 07:00:00 GMT\r\nConnection: keep-alive\r\n" +
            "ETag: \"6740a1b2-800\"\r\nAccept-Ranges: bytes\r\n\r\n", chunk);
        long left = head + length;
        while (left > 0)
        {
            int count = (int)Math.Min(left, chunk.Length);
            await connection.SendAsync(chunk.AsMemory(0, count)).ConfigureAwait(false);
            left -= count;
        }
    }
}
