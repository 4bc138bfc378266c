using Ggrok.Shared.Figures;

namespace Ggrok.Server.Metrics.Traffic;

/// <summary>
/// What charts show: a point for each of the last 300 seconds and each of the last 1440 minutes in which something happened.
/// Memory is taken for times with traffic only: 22 KB for the seconds, 5 KB for each hour.
/// </summary>
internal sealed class TrafficSeries
{
    /// <summary>How many seconds are kept.</summary>
    public const int Seconds = 300;

    /// <summary>How many minutes are kept.</summary>
    public const int Minutes = 24 * MinutesInHour;

    private const int MinutesInHour = 60;

    private readonly TrafficPoint[] _seconds = new TrafficPoint[Seconds];
    private readonly TrafficPoint[]?[] _hours = new TrafficPoint[Minutes / MinutesInHour][];
    private readonly long[] _latencyOfSecond = new long[LatencyScale.Buckets];
    private long[] _latencyOfMinute = new long[LatencyScale.Buckets];
    private long[] _latencyBefore = new long[LatencyScale.Buckets];
    private long _minute;

    /// <summary>The totals at the last look.</summary>
    public long[] Seen { get; } = new long[Figure.Count];

    /// <summary>Adds what was counted since the last look.</summary>
    public void Add(long now, ReadOnlySpan<long> delta, int running)
    {
        Add(ref _seconds[now % Seconds], now, delta, running, _latencyOfSecond);
        long minute = now / MinutesInHour;
        TurnTo(minute);
        TrafficPoint[] hour = _hours[minute / MinutesInHour % _hours.Length] ??= new TrafficPoint[MinutesInHour];
        Add(ref hour[minute % MinutesInHour], minute * MinutesInHour, delta, running, _latencyOfMinute);
    }

    /// <summary>Points of the last seconds that are over, oldest first.</summary>
    public IEnumerable<TrafficPoint> LastSeconds(long now, int count)
    {
        for (long at = now - count; at < now; at++)
        {
            TrafficPoint kept = _seconds[at % Seconds];
            yield return kept.At == at ? kept : TrafficPoint.Empty(at);
        }
    }

    /// <summary>Points of the last minutes, the one that runs included, oldest first.</summary>
    public IEnumerable<TrafficPoint> LastMinutes(long now, int count)
    {
        for (long minute = (now / MinutesInHour) - count + 1; minute <= now / MinutesInHour; minute++)
        {
            TrafficPoint kept = _hours[minute / MinutesInHour % _hours.Length]?[minute % MinutesInHour] ?? default;
            yield return kept.At == minute * MinutesInHour ? kept : TrafficPoint.Empty(minute * MinutesInHour);
        }
    }

    /// <summary>Percentiles of the minute that runs and the one before it.</summary>
    public TrafficPoint Recent(long now)
    {
        long[] latency = new long[LatencyScale.Buckets];
        long minute = now / MinutesInHour;
        for (int i = 0; i < latency.Length; i++)
        {
            latency[i] = (_minute >= minute - 1 ? _latencyOfMinute[i] : 0) + (_minute == minute ? _latencyBefore[i] : 0);
        }

        TrafficPoint point = TrafficPoint.Empty(now);
        point.Measure(latency);
        return point;
    }

    private void TurnTo(long minute)
    {
        if (minute == _minute)
        {
            return;
        }

        (_latencyBefore, _latencyOfMinute) = (_latencyOfMinute, _latencyBefore);
        if (minute != _minute + 1)
        {
            Array.Clear(_latencyBefore);
        }

        Array.Clear(_latencyOfMinute);
        _minute = minute;
    }

    private static void Add(ref TrafficPoint point, long at, ReadOnlySpan<long> delta, int running, long[] latency)
    {
        if (point.At != at)
        {
            point = TrafficPoint.Empty(at);
            Array.Clear(latency);
        }

        point.Add(delta, running);
        ReadOnlySpan<long> counted = Figure.Latency(delta);
        for (int i = 0; i < counted.Length; i++)
        {
            latency[i] += counted[i];
        }

        point.Measure(latency);
    }
}
