using System.Collections.Concurrent;
using Ggrok.Server.Hosting;
using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Metrics.Traffic;

/// <summary>
/// The figures of every tunnel and of all together. They belong to a tunnel's name, so that they go on when its client
/// comes back; names that nobody holds any more are forgotten after an hour, and beyond a bound all share one entry.
/// </summary>
public sealed class TrafficStatistics(ServerOptions options, TunnelRegistry registry, TimeProvider time)
{
    /// <summary>Label of tunnels beyond the bound.</summary>
    internal const string OtherName = "other";

    /// <summary>Label of requests that no tunnel was found for.</summary>
    internal const string NoTunnelName = "none";

    private const int SecondsKept = 3600;

    // So long a name may be between being asked for and standing in the registry.
    private const int SecondsToRegister = 60;

    private readonly ConcurrentDictionary<RouteKey, TunnelTraffic> _tunnels = new();
    private readonly Lock _gate = new();
    private readonly TrafficSeries _total = new();
    private readonly TunnelTraffic _forgotten = new("forgotten");

    /// <summary>What belongs to no tunnel: unknown hosts, requests that are not valid.</summary>
    internal TunnelTraffic Unrouted { get; } = new(NoTunnelName);

    /// <summary>What tunnels beyond the bound share.</summary>
    internal TunnelTraffic Other { get; } = new(OtherName);

    /// <summary>Those that have figures of their own.</summary>
    internal IEnumerable<TunnelTraffic> Tunnels => _tunnels.Values;

    /// <summary>Exchanges and raw connections that run now.</summary>
    internal int Running => All().Sum(t => t.Running + t.RawRunning);

    /// <summary>The figures of a route's tunnel.</summary>
    internal TunnelTraffic Of(TunnelRoute route)
    {
        TunnelTraffic? known = route.Traffic;
        bool isIts = known is { IsForgotten: false } && (known != Other || _tunnels.Count >= options.MetricsMaxTunnels);
        return isIts ? known! : route.Traffic = Of(route.Key);
    }

    /// <summary>The figures of a tunnel, if it has any.</summary>
    internal TunnelTraffic? Find(RouteKey key) => _tunnels.GetValueOrDefault(key);

    /// <summary>Figures of all tunnels together since the start.</summary>
    internal long[] Totals()
    {
        long[] sum = new long[Figure.Count];
        long[] one = new long[Figure.Count];
        foreach (TunnelTraffic traffic in All().Append(_forgotten))
        {
            traffic.Read(one);
            Add(sum, one);
        }

        return sum;
    }

    /// <summary>Failures of all tunnels together since the start, by name.</summary>
    internal Dictionary<Ggrok.Shared.Protocol.RelayError, long> Failures() =>
        All().Append(_forgotten).SelectMany(t => t.Failures()).GroupBy(f => f.Key).ToDictionary(g => g.Key, g => g.Sum(f => f.Value));

    /// <summary>Looks at what was counted since the last look. Called about once a second.</summary>
    internal void Sample()
    {
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        long[] figures = new long[Figure.Count];
        long[] total = new long[Figure.Count];
        int running = 0;
        lock (_gate)
        {
            foreach (TunnelTraffic traffic in All())
            {
                int runningHere = traffic.Running + traffic.RawRunning;
                running += runningHere;
                traffic.Read(figures);
                if (runningHere == 0 && !HasNews(traffic, figures))
                {
                    continue;
                }

                TrafficSeries series = traffic.Series ??= new TrafficSeries();
                TakeDelta(figures, series.Seen);
                series.Add(now, figures, runningHere);
                Add(total, figures);
            }

            _total.Add(now, total, running);
        }
    }

    /// <summary>Forgets the figures of names that nobody holds any more.</summary>
    internal void Forget()
    {
        long now = Now();
        lock (_gate)
        {
            foreach (RouteKey key in registry.Snapshot().Select(r => r.Key))
            {
                _tunnels.GetValueOrDefault(key)?.LastLive = now;
            }

            foreach (TunnelTraffic gone in _tunnels.Values.Where(t => now - t.LastLive > SecondsKept && t.Running + t.RawRunning == 0))
            {
                Remove(gone);
            }
        }
    }

    /// <summary>Makes something of the points of the last seconds or minutes, oldest first.</summary>
    /// <param name="of">Whose; null for all together.</param>
    /// <param name="count">How many.</param>
    /// <param name="minutes">Minutes, rather than seconds.</param>
    /// <param name="select">What to make of a point.</param>
    internal List<T> Points<T>(TunnelTraffic? of, int count, bool minutes, Func<TrafficPoint, T> select)
    {
        long now = Now();
        lock (_gate)
        {
            TrafficSeries series = of is null ? _total : of.Series ?? new TrafficSeries();
            return [.. (minutes ? series.LastMinutes(now, count) : series.LastSeconds(now, count)).Select(select)];
        }
    }

    /// <summary>Percentiles of the last one to two minutes.</summary>
    internal TrafficPoint Recent(TunnelTraffic? of)
    {
        long now = Now();
        lock (_gate)
        {
            return (of is null ? _total : of.Series)?.Recent(now) ?? TrafficPoint.Empty(now);
        }
    }

    private IEnumerable<TunnelTraffic> All() => _tunnels.Values.Append(Other).Append(Unrouted);

    /// <summary>The figures of a tunnel by its name.</summary>
    internal TunnelTraffic Of(RouteKey key)
    {
        if (_tunnels.TryGetValue(key, out TunnelTraffic? known))
        {
            return known;
        }

        lock (_gate)
        {
            if (_tunnels.TryGetValue(key, out known))
            {
                return known;
            }

            if (_tunnels.Count >= options.MetricsMaxTunnels && !MakeRoom())
            {
                return Other;
            }

            return _tunnels[key] = new TunnelTraffic(TunnelName.Of(key), key) { LastLive = Now() };
        }
    }

    // The name that has been gone for longest gives way; a tunnel that is open never does.
    private bool MakeRoom()
    {
        HashSet<RouteKey> live = [.. registry.Snapshot().Select(r => r.Key)];
        long now = Now();
        TunnelTraffic? oldest = _tunnels.Values
            .Where(t => !live.Contains(t.Key!.Value) && now - t.LastLive > SecondsToRegister && t.Running + t.RawRunning == 0)
            .MinBy(t => t.LastLive);
        if (oldest is not null)
        {
            Remove(oldest);
        }

        return oldest is not null;
    }

    private void Remove(TunnelTraffic gone)
    {
        _tunnels.TryRemove(gone.Key!.Value, out _);
        _forgotten.TakeOver(gone);
    }

    private long Now() => time.GetUtcNow().ToUnixTimeSeconds();

    private static bool HasNews(TunnelTraffic traffic, long[] figures) => traffic.Series is { } series
        ? !figures.AsSpan().SequenceEqual(series.Seen)
        : figures.AsSpan().ContainsAnyExcept(0);

    private static void TakeDelta(long[] figures, long[] seen)
    {
        for (int i = 0; i < figures.Length; i++)
        {
            (figures[i], seen[i]) = (figures[i] - seen[i], figures[i]);
        }
    }

    private static void Add(long[] sum, long[] more)
    {
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] += more[i];
        }
    }
}
