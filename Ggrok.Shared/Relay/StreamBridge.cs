using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Relay;

/// <summary>
/// Joins two multiplexed streams of different connections: bytes, half-closes and failures of each go to the other, at the
/// pace of the slower one.
/// </summary>
/// <param name="first">One stream.</param>
/// <param name="second">The other one.</param>
/// <param name="pacing">How fast bytes may go, where the first stream is the visitor's; null for as fast as they can.</param>
public sealed class StreamBridge(MuxStream first, MuxStream second, Pacing? pacing = null)
{
    private long _fromFirst;
    private long _fromSecond;

    /// <summary>Bytes carried from the first stream to the second.</summary>
    public long BytesFromFirst => Volatile.Read(ref _fromFirst);

    /// <summary>Bytes carried from the second stream to the first.</summary>
    public long BytesFromSecond => Volatile.Read(ref _fromSecond);

    /// <summary>Runs until both directions are over; never throws.</summary>
    public async Task RunAsync()
    {
        // At once, also where a direction waits for a reader that stands still and so would not read of it.
        first.OnAbort(static s => ((StreamBridge)s!).FailSecond(), this);
        second.OnAbort(static s => ((StreamBridge)s!).FailFirst(), this);
        Task back = CopyAsync(second, first, isFirst: false);
        await CopyAsync(first, second, isFirst: true).ConfigureAwait(false);
        await back.ConfigureAwait(false);
    }

    private void FailFirst() => first.Reset(second.Error);

    private void FailSecond() => second.Reset(first.Error);

    private async Task CopyAsync(MuxStream from, MuxStream to, bool isFirst)
    {
        Pace? pace = isFirst ? pacing?.FromVisitor : pacing?.ToVisitor;
        while (true)
        {
            InboundFrame frame = await from.ReadAsync().ConfigureAwait(false);
            switch (frame.Kind)
            {
                case FrameKind.Data:
                    if (pace is not null)
                    {
                        await pace.WaitAsync(frame.Payload.Length, from).ConfigureAwait(false);
                    }

                    bool written = await to.WriteAsync(FrameKind.Data, frame.Payload).ConfigureAwait(false);
                    from.Advance();
                    if (!written)
                    {
                        from.Reset(to.Error == RelayError.None ? RelayError.TunnelLost : to.Error);
                        return;
                    }

                    Count(frame.Payload.Length, isFirst);
                    break;
                case FrameKind.End:
                    await to.WriteEndAsync().ConfigureAwait(false);
                    return;
                case FrameKind.Reset:
                    to.Reset(frame.Error);
                    return;
                default:
                    from.Reset(RelayError.RequestInvalid);
                    to.Reset(RelayError.RequestInvalid);
                    return;
            }
        }
    }

    private void Count(int bytes, bool isFirst)
    {
        ref long count = ref isFirst ? ref _fromFirst : ref _fromSecond;
        Volatile.Write(ref count, count + bytes);
    }
}
