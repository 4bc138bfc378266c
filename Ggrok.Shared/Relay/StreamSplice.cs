using System.Buffers;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Relay;

/// <summary>
/// Copies bytes both ways between a multiplexed stream and a connection at this side (a visitor's or a local one),
/// each direction ending on its own where the connection can be half-closed.
/// </summary>
/// <param name="stream">The multiplexed stream.</param>
/// <param name="peer">The connection at this side.</param>
/// <param name="peerLost">Name of the failure when the connection at this side breaks.</param>
/// <param name="shutdownPeer">
/// Half-closes the connection's writing side; null where that is not possible, and then the end of the tunnel's
/// direction ends the whole splice.
/// </param>
/// <param name="pacing">How fast bytes may go, where the connection is a visitor's; null for as fast as they can.</param>
public sealed class StreamSplice(MuxStream stream, Stream peer, RelayError peerLost, Action? shutdownPeer = null, Pacing? pacing = null)
{
    // Small while the connection says little, so that a thousand quiet ones are cheap; large once it fills that.
    private const int SmallBufferBytes = 4 * 1024;
    private const int LargeBufferBytes = 64 * 1024;

    // In pieces of one size, so that streams that share a rate take turns.
    private readonly int _mostRead = pacing?.FromVisitor is null ? int.MaxValue : Pace.PieceBytes;

    // Also when the stream is reset or lost: neither a peer that says nothing nor one that does not read may hold the
    // connection then.
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(stream.Aborted);
    private ITimer? _delivery;
    private TimeSpan _deliveryPeriod;
    private long _fromPeer;
    private long _toPeer;

    /// <summary>Bytes read from the connection at this side.</summary>
    public long BytesFromPeer => Volatile.Read(ref _fromPeer);

    /// <summary>Bytes written to the connection at this side.</summary>
    public long BytesToPeer => Volatile.Read(ref _toPeer);

    /// <summary>Runs until both directions are over. The stream's error tells how it went; never throws.</summary>
    public async Task RunAsync()
    {
        Task reading = FromPeerAsync();
        await ToPeerAsync().ConfigureAwait(false);
        if (shutdownPeer is null)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
        }

        await reading.ConfigureAwait(false);
        _delivery?.Dispose();
        _stop.Dispose();
    }

    private async Task FromPeerAsync()
    {
        byte[] small = new byte[SmallBufferBytes];
        byte[]? large = null;
        try
        {
            while (true)
            {
                byte[] buffer = large ?? small;
                int count = await peer.ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, _mostRead)), _stop.Token).ConfigureAwait(false);
                if (count == 0)
                {
                    await stream.WriteEndAsync().ConfigureAwait(false);
                    return;
                }

                if (pacing?.FromVisitor is { } pace)
                {
                    await pace.WaitAsync(count, stream).ConfigureAwait(false);
                }

                if (!await stream.WriteAsync(FrameKind.Data, buffer.AsMemory(0, count)).ConfigureAwait(false))
                {
                    return;
                }

                Volatile.Write(ref _fromPeer, _fromPeer + count);
                large = Resized(large, count);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The other direction ended the splice in order, or the stream is over. A read that cannot be cancelled may
            // still write to its buffer.
            large = null;
            await stream.WriteEndAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (IsLoss(e))
        {
            stream.Reset(peerLost);
        }
        finally
        {
            if (large is not null)
            {
                ArrayPool<byte>.Shared.Return(large);
            }
        }
    }

    private static byte[]? Resized(byte[]? large, int count)
    {
        if (large is null)
        {
            return count == SmallBufferBytes ? ArrayPool<byte>.Shared.Rent(LargeBufferBytes) : null;
        }

        if (count >= SmallBufferBytes)
        {
            return large;
        }

        ArrayPool<byte>.Shared.Return(large);
        return null;
    }

    private async Task ToPeerAsync()
    {
        try
        {
            while (true)
            {
                InboundFrame frame = await stream.ReadAsync().ConfigureAwait(false);
                switch (frame.Kind)
                {
                    case FrameKind.Data:
                        if (pacing?.ToVisitor is { } pace)
                        {
                            await pace.WaitAsync(frame.Payload.Length, stream).ConfigureAwait(false);
                        }

                        await WatchedAsync(peer.WriteAsync(frame.Payload, _stop.Token)).ConfigureAwait(false);
                        await peer.FlushAsync(_stop.Token).ConfigureAwait(false);
                        Volatile.Write(ref _toPeer, _toPeer + frame.Payload.Length);
                        stream.Advance();
                        continue;
                    case FrameKind.End:
                        shutdownPeer?.Invoke();
                        return;
                    case FrameKind.Reset:
                        return;
                    default:
                        stream.Reset(RelayError.RequestInvalid);
                        return;
                }
            }
        }
        catch (Exception e) when (IsLoss(e))
        {
            // Gives the payload back; nothing is left of it once the stream has failed for another reason.
            stream.Advance();
            stream.Reset(peerLost);
        }
    }

    private ValueTask WatchedAsync(ValueTask write) => write.IsCompleted ? write : WatchAsync(write);

    private async ValueTask WatchAsync(ValueTask write)
    {
        _delivery ??= stream.NewDeliveryTimer(out _deliveryPeriod);
        _delivery?.Change(_deliveryPeriod, _deliveryPeriod);
        try
        {
            await write.ConfigureAwait(false);
        }
        finally
        {
            _delivery?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private static bool IsLoss(Exception e) =>
        e is IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException
            or System.Net.Sockets.SocketException;
}
