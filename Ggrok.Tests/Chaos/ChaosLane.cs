using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Ggrok.Tests.Chaos;

/// <summary>One direction of a link: what was read waits until it is due, and is forwarded in order.</summary>
internal sealed class ChaosLane(ChaosLink link, Direction direction, Socket from, Socket to, LinkConditions conditions, CancellationToken over)
{
    private const int PieceBytes = 16 * 1024;

    // So many pieces are under way; with a delay that bounds how much a round trip carries.
    private const int Pieces = 256;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(5);

    private readonly Channel<(byte[] Bytes, int Count, long ReadAt)> _waiting =
        Channel.CreateBounded<(byte[], int, long)>(new BoundedChannelOptions(Pieces) { SingleReader = true, SingleWriter = true });

    private readonly Lock _gate = new();
    private long _forwarded;
    private long _cutAt = long.MaxValue;
    private CutKind _cutKind;
    private long _freeAt;

    public Task RunAsync() => Task.WhenAll(ReadAsync(), SendAsync());

    public void CutAfter(long bytes, CutKind kind)
    {
        lock (_gate)
        {
            _cutAt = _forwarded + bytes;
            _cutKind = kind;
        }

        if (bytes == 0)
        {
            link.Cut(kind);
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            while (true)
            {
                byte[] bytes = ArrayPool<byte>.Shared.Rent(PieceBytes);
                int count = await from.ReceiveAsync(bytes, SocketFlags.None, over);
                if (count == 0)
                {
                    return;
                }

                if (!link.IsCut)
                {
                    await _waiting.Writer.WriteAsync((bytes, count, Stopwatch.GetTimestamp()), over);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            await link.BreakWhenMovingAsync();
        }
        finally
        {
            _waiting.Writer.Complete();
        }
    }

    private async Task SendAsync()
    {
        try
        {
            await foreach ((byte[] bytes, int count, long readAt) in _waiting.Reader.ReadAllAsync(over))
            {
                if (!link.IsCut)
                {
                    await DueAsync(readAt);
                    await conditions.FlowingAsync(direction, over);
                    await link.MovingAsync(direction);
                    await ForwardAsync(bytes.AsMemory(0, count));
                    await SlowDownAsync(count);
                }

                ArrayPool<byte>.Shared.Return(bytes);
            }

            if (!link.IsCut)
            {
                await conditions.FlowingAsync(direction, over);
                await link.MovingAsync(direction);
                to.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            await link.BreakWhenMovingAsync();
        }
    }

    private async Task DueAsync(long readAt)
    {
        TimeSpan left = conditions.Delay - Stopwatch.GetElapsedTime(readAt);
        if (left > TimeSpan.Zero)
        {
            await Task.Delay(left, over);
        }
    }

    // Exactly up to the byte of the cut, and then the cut.
    private async Task ForwardAsync(ReadOnlyMemory<byte> bytes)
    {
        bool isLast;
        CutKind kind;
        lock (_gate)
        {
            int count = (int)Math.Min(bytes.Length, _cutAt - _forwarded);
            bytes = bytes[..count];
            _forwarded += count;
            isLast = _forwarded == _cutAt;
            kind = _cutKind;
        }

        while (!bytes.IsEmpty && !link.IsCut)
        {
            int sent = await to.SendAsync(bytes, SocketFlags.None, over);
            link.Count(direction, sent);
            bytes = bytes[sent..];
        }

        if (isLast)
        {
            link.Cut(kind);
        }
    }

    private async Task SlowDownAsync(int count)
    {
        long rate = conditions.BytesPerSecond;
        if (rate == 0)
        {
            return;
        }

        long now = Stopwatch.GetTimestamp();
        _freeAt = Math.Max(now, _freeAt) + (count * Stopwatch.Frequency / rate);
        TimeSpan ahead = Stopwatch.GetElapsedTime(now, _freeAt);
        if (ahead > ShortestPause)
        {
            await Task.Delay(ahead, over);
        }
    }
}
