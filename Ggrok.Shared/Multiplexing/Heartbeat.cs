using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>
/// Keeps a quiet connection alive through proxies that drop idle ones, measures the round trip and finds dead peers:
/// one that leaves two pings unanswered for an interval each, and one that reads nothing for two intervals. Long before that it
/// says which peer is silent, for those who have another way.
/// </summary>
internal sealed class Heartbeat(Outbox outbox, TimeSpan interval, TimeProvider time, long now)
{
    private const int AllowedMisses = 2;
    private const long NotSending = -1;

    // Less than the second between two ticks: the first tick that comes is not to miss it by a hair.
    private static readonly long FirstPingTicks = TimeSpan.FromMilliseconds(500).Ticks;

    private static readonly TimeSpan ProbeTime = TimeSpan.FromSeconds(5);

    private readonly Lock _pinging = new();
    private readonly long _began = now;
    private long _lastBeat = now;
    private bool _hasPinged;
    private long _sendStarted = NotSending;
    private long _roundTripTicks;
    private long _pingSent;
    private long _probeUntil;
    private int _answered;
    private long _unansweredSince;
    private int _isAsked;

    // The handshake was the first sign of life.
    private int _heard = 1;
    private int _missed;

    public TimeSpan RoundTrip => new(Volatile.Read(ref _roundTripTicks));

    /// <summary>Any byte counts as life.</summary>
    public void Heard()
    {
        Volatile.Write(ref _heard, 1);
        Volatile.Write(ref _answered, 1);
    }

    /// <summary>There is reason to believe that the peer is gone: it has little time to show that it is not.</summary>
    public void Probe(long now)
    {
        if (Interlocked.CompareExchange(ref _probeUntil, now + ProbeTime.Ticks, 0) == 0)
        {
            Volatile.Write(ref _answered, 0);
            Ping(now);
        }
    }

    /// <summary>Something was sent that matters to somebody: the next tick asks whether the peer is there, unless that was asked already.</summary>
    public void Ask()
    {
        if (Volatile.Read(ref _isAsked) == 0)
        {
            Volatile.Write(ref _isAsked, 1);
        }
    }

    /// <summary>
    /// For how many seconds a ping has waited for its answer; rounded, since ticks are a second apart. Other bytes of the peer do not count: the
    /// way to it may be the one that is broken.
    /// </summary>
    public int SilentFor(long coarseNow) => Volatile.Read(ref _unansweredSince) is not 0 and var since
        ? (int)((coarseNow - since + (TimeSpan.TicksPerSecond / 2)) / TimeSpan.TicksPerSecond)
        : 0;

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
            Volatile.Write(ref _unansweredSince, 0);
        }
    }

    /// <summary>
    /// There is no connection: silence proves nothing, and a pong that comes later would measure the pause. Begins anew with
    /// the next <see cref="Tick"/>.
    /// </summary>
    public void Rest(long now)
    {
        _lastBeat = now;
        _missed = 0;
        _hasPinged = false;
        Volatile.Write(ref _pingSent, 0);
        Volatile.Write(ref _probeUntil, 0);
        Volatile.Write(ref _unansweredSince, 0);
        Volatile.Write(ref _heard, 1);
        SendProgressed(now);
    }

    /// <summary>The message that is being sent had no chance before now.</summary>
    public void SendProgressed(long now)
    {
        long sendStarted = Volatile.Read(ref _sendStarted);
        if (sendStarted != NotSending)
        {
            Interlocked.CompareExchange(ref _sendStarted, now, sendStarted);
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

        long probeUntil = Volatile.Read(ref _probeUntil);
        if (probeUntil != 0 && now >= probeUntil)
        {
            Volatile.Write(ref _probeUntil, 0);
            if (Volatile.Read(ref _answered) == 0)
            {
                return CloseReason.HeartbeatMissed;
            }
        }

        if (now - _lastBeat < interval.Ticks)
        {
            // People want to see the round trip at once. These pings are no beats: whether the peer lives is asked at the interval.
            if ((!_hasPinged && now - _began >= FirstPingTicks) || (Volatile.Read(ref _isAsked) != 0 && Volatile.Read(ref _unansweredSince) == 0))
            {
                Ping(now);
            }

            return null;
        }

        _lastBeat = now;
        _missed = Interlocked.Exchange(ref _heard, 0) == 1 ? 0 : _missed + 1;
        if (_missed >= AllowedMisses)
        {
            return CloseReason.HeartbeatMissed;
        }

        Ping(now);
        return null;
    }

    // The last one that is noted must be the last one that leaves: only its answer counts.
    private void Ping(long now)
    {
        lock (_pinging)
        {
            _hasPinged = true;
            Volatile.Write(ref _isAsked, 0);
            Interlocked.CompareExchange(ref _unansweredSince, Math.Max(now, 1), 0);
            long value = time.GetTimestamp();
            Volatile.Write(ref _pingSent, value);
            outbox.Ping((ulong)value);
        }
    }
}
