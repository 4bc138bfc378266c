using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Ggrok.Bench.App;

/// <summary>
/// Reads uploads of known length and answers when the last byte is there; with <c>?sha256</c> in the target the answer
/// is the checksum. It works on plain sockets, because the less it costs, the more of a measurement is the way to it.
/// </summary>
internal sealed class UploadSink : IDisposable
{
    private const int MaxHeadBytes = 32 * 1024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public UploadSink()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptSocketAsync().ConfigureAwait(false);
                _ = Task.Run(() => ServeAsync(socket));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The bench is over.
        }
    }

    private static async Task ServeAsync(Socket socket)
    {
        using Socket closing = socket;
        try
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(await AnswerAsync(socket).ConfigureAwait(false))).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            // The sender left; whoever measures it says so.
        }
    }

    private static async Task<string> AnswerAsync(Socket socket)
    {
        byte[] buffer = new byte[256 * 1024];
        int count = 0, headEnd;
        while ((headEnd = buffer.AsSpan(0, count).IndexOf("\r\n\r\n"u8)) < 0)
        {
            int read = count < MaxHeadBytes ? await socket.ReceiveAsync(buffer.AsMemory(count)).ConfigureAwait(false) : 0;
            if (read == 0)
            {
                return Response("400 Bad Request", "No request head.");
            }

            count += read;
        }

        string[] head = Encoding.Latin1.GetString(buffer, 0, headEnd).Split("\r\n");
        string? length = head.FirstOrDefault(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        if (length is null)
        {
            return Response("411 Length Required", "The Content-Length of the upload was lost on the way.");
        }

        long left = long.Parse(length.AsSpan("Content-Length:".Length).Trim(), CultureInfo.InvariantCulture);
        using IncrementalHash? hash = head[0].Contains("?sha256", StringComparison.Ordinal) ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
        Memory<byte> body = buffer.AsMemory(headEnd + 4, count - headEnd - 4);
        while (true)
        {
            hash?.AppendData(body.Span);
            left -= body.Length;
            if (left <= 0)
            {
                return Response("200 OK", hash is null ? "" : Convert.ToHexString(hash.GetHashAndReset()));
            }

            int read = await socket.ReceiveAsync(buffer).ConfigureAwait(false);
            if (read == 0)
            {
                return Response("400 Bad Request", "The upload ended early.");
            }

            body = buffer.AsMemory(0, read);
        }
    }

    private static string Response(string status, string body) => string.Create(
        CultureInfo.InvariantCulture, $"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");
}
