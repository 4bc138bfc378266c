using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;

namespace Ggrok.Bench.Delaying;

/// <summary>One direction of a connection: what is read is stamped with the time at which it arrives, and written then.</summary>
internal sealed class DelayedDirection
{
    private const int ChunkBytes = 64 * 1024;

    // What a way holds: far more than any window of what is measured, and an end to what a reader that stands still costs.
    private const int MostChunks = 4096;

    private readonly BlockingCollection<Chunk> _onTheWay = new(MostChunks);
    private readonly Socket _from;
    private readonly Socket _to;
    private readonly long _delay;

    private DelayedDirection(Socket from, Socket to, TimeSpan delay)
    {
        _from = from;
        _to = to;
        _delay = (long)(delay.TotalSeconds * Stopwatch.Frequency);
    }

    /// <summary>Runs until one of the sockets is closed or <paramref name="from"/> ends, which <paramref name="to"/> then learns.</summary>
    public static void Start(Socket from, Socket to, TimeSpan delay)
    {
        var direction = new DelayedDirection(from, to, delay);
        _ = Task.Run(direction.ReadAsync);

        // A thread of its own: a timer of the thread pool counts in ticks of the clock, which are milliseconds apart.
        new Thread(direction.Write) { IsBackground = true, Name = "delayed direction" }.Start();
    }

    private async Task ReadAsync()
    {
        try
        {
            int count;
            do
            {
                byte[] buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
                count = await _from.ReceiveAsync(buffer.AsMemory(0, ChunkBytes)).ConfigureAwait(false);
                _onTheWay.Add(new Chunk(buffer, count, Stopwatch.GetTimestamp() + _delay));
            }
            while (count > 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _to.Dispose();
        }
        finally
        {
            _onTheWay.CompleteAdding();
        }
    }

    private void Write()
    {
        try
        {
            foreach (Chunk chunk in _onTheWay.GetConsumingEnumerable())
            {
                Nap.Until(chunk.Due);
                if (chunk.Count == 0)
                {
                    _to.Shutdown(SocketShutdown.Send);
                }

                Send(chunk);
                ArrayPool<byte>.Shared.Return(chunk.Buffer);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _from.Dispose();
        }
    }

    private void Send(Chunk chunk)
    {
        for (int sent = 0; sent < chunk.Count;)
        {
            sent += _to.Send(chunk.Buffer, sent, chunk.Count - sent, SocketFlags.None);
        }
    }

    private readonly record struct Chunk(byte[] Buffer, int Count, long Due);
}
