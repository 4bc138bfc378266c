using System.Net.Sockets;
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
        using BulkResponse response = await BulkResponse.BeginAsync(entrance, buffer, stop).ConfigureAwait(false);
        long arrived = 0;
        for (int read; (read = await response.ReadAsync(stop).ConfigureAwait(false)) > 0;)
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
