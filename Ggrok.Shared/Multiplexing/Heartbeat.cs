using System.Diagnostics;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>
/// Keeps a quiet connection alive through proxies that drop idle ones, measures the round trip and finds dead peers:
/// one that sends nothing for two intervals, and one that reads nothing for two intervals.
/// </summary>
internal sealed class Heartbeat(Outbox outbox, TimeSpan interval, long now)
{
    private const int AllowedMisses = 2;

    private long _lastBeat = now;
    private long _sendStarted;
    private long _roundTripTicks;
    private int _heard;
    private int _missed;

    public TimeSpan RoundTrip => new(Volatile.Read(ref _roundTripTicks));

    /// <summary>Any message counts as life.</summary>
    public void Heard() => Volatile.Write(ref _heard, 1);

    public void SendStarted(long coarseNow) => Volatile.Write(ref _sendStarted, coarseNow);

    public void SendFinished() => Volatile.Write(ref _sendStarted, 0);

    // The ping's value is the sender's own clock, so that the answer needs no table of pings.
    public void OnPong(ulong value)
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime((long)value);
        if (elapsed >= TimeSpan.Zero)
        {
            Volatile.Write(ref _roundTripTicks, elapsed.Ticks);
        }
    }

    /// <summary>Sends a ping when it is time; returns a reason when the peer is dead.</summary>
    public CloseReason? Tick(long now)
    {
        long sendStarted = Volatile.Read(ref _sendStarted);
        if (sendStarted != 0 && now - sendStarted > AllowedMisses * interval.Ticks)
        {
            return CloseReason.SendStalled;
        }

        if (now - _lastBeat < interval.Ticks)
        {
            return null;
        }

        _lastBeat = now;
        _missed = Interlocked.Exchange(ref _heard, 0) == 1 ? 0 : _missed + 1;
        if (_missed > AllowedMisses)
        {
            return CloseReason.HeartbeatMissed;
        }

        outbox.Ping((ulong)Stopwatch.GetTimestamp());
        return null;
    }
}
