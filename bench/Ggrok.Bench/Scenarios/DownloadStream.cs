using System.Net;
using System.Net.Sockets;
using System.Text;
using Ggrok.Bench.Peers;

namespace Ggrok.Bench.Scenarios;

/// <summary>One visitor who downloads the big file again and again until told to stop, and counts what arrives.</summary>
internal sealed class DownloadStream(Entrance entrance, long fileLength)
{
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _bytes;

    /// <summary>Bytes so far.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Done when the first response has begun, or could not.</summary>
    public Task Begun => _first.Task;

    /// <summary>Ends when <paramref name="stop"/> fires.</summary>
    /// <exception cref="InvalidOperationException">A download was refused or ended early.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        byte[] buffer = new byte[256 * 1024];
        try
        {
            while (true)
            {
                await OnceAsync(buffer, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The time is over.
        }
        catch (SocketException e)
        {
            throw new InvalidOperationException("A download broke: " + e.Message, e);
        }
        finally
        {
            _first.TrySetResult();
        }
    }

    private async Task OnceAsync(byte[] buffer, CancellationToken stop)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, entrance.Port, stop).ConfigureAwait(false);
        byte[] request = Encoding.ASCII.GetBytes($"GET /bulk HTTP/1.1\r\nHost: {entrance.Host}\r\nConnection: close\r\n\r\n");
        await socket.SendAsync(request, stop).ConfigureAwait(false);
        int read = await socket.ReceiveAsync(buffer, stop).ConfigureAwait(false);
        if (!buffer.AsSpan(0, read).StartsWith("HTTP/1.1 200 "u8))
        {
            throw new InvalidOperationException("A download was answered: " + Encoding.ASCII.GetString(buffer, 0, Math.Min(read, 200)));
        }

        long arrived = 0;
        for (; read > 0; read = await socket.ReceiveAsync(buffer, stop).ConfigureAwait(false))
        {
            _first.TrySetResult();
            arrived += read;
            Interlocked.Add(ref _bytes, read);
        }

        if (arrived < fileLength)
        {
            throw new InvalidOperationException($"A download ended after {arrived} of {fileLength} bytes.");
        }
    }
}
