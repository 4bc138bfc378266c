using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Ggrok.Bench.Measuring;
using Ggrok.Bench.Peers;

namespace Ggrok.Bench.Scenarios;

/// <summary>The local app of every row: nginx with a 2 KiB and a 1 GiB file, and a sink that reads uploads.</summary>
internal sealed class LocalApp : IDisposable
{
    public const long BulkBytes = 1L << 30;

    private readonly ProcessGroup _processes = new();
    private readonly TcpListener _sink = new(IPAddress.Loopback, 0);

    public int Port { get; } = Ports.Free();

    public required string BulkFile { get; init; }

    public static async Task<LocalApp> StartAsync(string folder)
    {
        string files = Path.Combine(folder, "files");
        Directory.CreateDirectory(files);
        byte[] small = new byte[2048];
        Array.Fill(small, (byte)'x');
        await File.WriteAllBytesAsync(Path.Combine(files, "small"), small).ConfigureAwait(false);
        string bulk = Path.Combine(files, "bulk");
        await using (FileStream file = File.Create(bulk))
        {
            file.SetLength(BulkBytes);
        }

        var app = new LocalApp { BulkFile = bulk };
        app._sink.Start();
        _ = app.SinkAsync();
        int sink = ((IPEndPoint)app._sink.LocalEndpoint).Port;
        app._processes.Add(Nginx.Start(folder, "app", string.Create(CultureInfo.InvariantCulture, $$"""
            listen 127.0.0.1:{{app.Port}}; root {{files}};
            location /upload { proxy_pass http://127.0.0.1:{{sink}}; proxy_http_version 1.1; proxy_request_buffering off; }
            """)));
        try
        {
            await Ports.WaitForAsync($"http://127.0.0.1:{app.Port}/small").ConfigureAwait(false);
            return app;
        }
        catch
        {
            app.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _sink.Dispose();
        _processes.Dispose();
    }

    // Reads a request of known length and answers; one connection for each.
    private async Task SinkAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _sink.AcceptSocketAsync().ConfigureAwait(false);
                _ = Task.Run(() => SwallowAsync(socket));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The bench is over.
        }
    }

    private static async Task SwallowAsync(Socket socket)
    {
        using Socket closing = socket;
        byte[] buffer = new byte[256 * 1024];
        int count = await socket.ReceiveAsync(buffer).ConfigureAwait(false);
        ReadOnlySpan<byte> head = buffer.AsSpan(0, count);
        int end = head.IndexOf("\r\n\r\n"u8) + 4;
        string text = System.Text.Encoding.Latin1.GetString(head[..end]);
        int at = text.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase) + 16;
        long left = long.Parse(text.AsSpan(at, text.IndexOf('\r', at) - at), CultureInfo.InvariantCulture) - (count - end);
        while (left > 0 && (count = await socket.ReceiveAsync(buffer).ConfigureAwait(false)) > 0)
        {
            left -= count;
        }

        await socket.SendAsync("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"u8.ToArray()).ConfigureAwait(false);
    }
}
