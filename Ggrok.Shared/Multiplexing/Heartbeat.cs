using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>
/// Keeps a quiet connection alive through proxies that drop idle ones, measures the round trip and finds dead peers:
/// one that leaves two pings unanswered for an interval each, and one that reads nothing for two intervals.
/// </summary>
internal sealed class Heartbeat(Outbox outbox, TimeSpan interval, TimeProvider time, long now)
{
    private const int AllowedMisses = 2;
    private const long NotSending = -1;

    // Less than the second between two ticks: the first tick that comes is not to miss it by a hair.
    private static readonly long FirstPingTicks = TimeSpan.FromMilliseconds(500).Ticks;

    private readonly long _began = now;
    private long _lastBeat = now;
    private bool _hasPinged;
    private long _sendStarted = NotSending;
    private long _roundTripTicks;
    private long _pingSent;

    // The handshake was the first sign of life.
    private int _heard = 1;
    private int _missed;

    public TimeSpan RoundTrip => new(Volatile.Read(ref _roundTripTicks));

    /// <summary>Any message counts as life.</summary>
    public void Heard() => Volatile.Write(ref _heard, 1);

    public void SendStarted(long coarseNow) => Volatile.Write(ref _sendStarted, coarseNow);

    public void SendFinished() => Volatile.Write(ref _sendStarted, NotSending);

    // The ping's value is the sender's own clock, so that the answer needs no table of pings. Only the last ping counts:
    // a peer must not be able to make up a round trip.
    public void OnPong(ulong value)
    {
        long sent = Volatile.Read(ref _pingSent);
        if (sent != 0 && (ulong)sent == value)
        {
            Volatile.Write(ref _roundTripTicks, time.GetElapsedTime(sent).Ticks);
        }
    }

    /// <summary>Sends a ping when it is time; returns a reason when the peer is dead.</summary>
    public CloseReason? Tick(long now)
    {
        long sendStarted = Volatile.Read(ref _sendStarted);
        if (sendStarted != NotSending && now - sendStarted > AllowedMisses * interval.Ticks)
        {
            return CloseReason.SendStalled;
        }

        if (now - _lastBeat < interval.Ticks)
        {
            // People want to see the round trip at once. This ping is no beat: whether the peer lives is asked at the interval.
            if (!_hasPinged && now - _began >= FirstPingTicks)
            {
                Ping();
            }

            return null;
        }

        _lastBeat = now;
        _missed = Interlocked.Exchange(ref _heard, 0) == 1 ? 0 : _missed + 1;
        if (_missed >= AllowedMisses)
        {
            return CloseReason.HeartbeatMissed;
        }

        Ping();
        return null;
    }

    private void Ping()
    {
        _hasPinged = true;
        long value = time.GetTimestamp();
        Volatile.Write(ref _pingSent, value);
        outbox.Ping((ulong)value);
    }
}
