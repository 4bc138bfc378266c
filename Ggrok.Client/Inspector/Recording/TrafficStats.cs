using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Recording;

/// <summary>Figures of one second.</summary>
internal sealed class SecondFigures
{
    private readonly int[] _classes = new int[6];
    private readonly LatencyHistogram _latency = new();

    /// <summary>The second, counted from 1970.</summary>
    public long Second { get; private set; } = -1;

    /// <summary>Exchanges that ended.</summary>
    public int Requests { get; private set; }

    /// <summary>Exchanges that failed.</summary>
    public int Errors { get; private set; }

    /// <summary>Size of the request bodies in bytes.</summary>
    public long RequestBytes { get; private set; }

    /// <summary>Size of the response bodies in bytes.</summary>
    public long ResponseBytes { get; private set; }

    /// <summary>Durations.</summary>
    public LatencyHistogram Latency => _latency;

    /// <summary>Responses with a status of a class, 1 to 5.</summary>
    public int OfClass(int statusClass) => _classes[statusClass];

    public void Begin(long second)
    {
        Second = second;
        Requests = Errors = 0;
        RequestBytes = ResponseBytes = 0;
        Array.Clear(_classes);
        _latency.Clear();
    }

    public void Add(in ExchangeFigures figures)
    {
        Requests++;
        Errors += figures.Error is RelayError.None or RelayError.VisitorGone ? 0 : 1;
        RequestBytes += figures.RequestBytes;
        ResponseBytes += figures.ResponseBytes;
        _classes[Math.Clamp(figures.Status / 100, 0, 5)]++;
        _latency.Add(figures.Duration);
    }
}

/// <summary>What the charts show: figures of each of the last seconds.</summary>
internal sealed class TrafficStats(TimeProvider time)
{
    /// <summary>How many seconds are kept.</summary>
    public const int KeptSeconds = 900;

    private readonly Lock _lock = new();
    private readonly SecondFigures?[] _seconds = new SecondFigures?[KeptSeconds];

    /// <summary>Adds an exchange that is over.</summary>
    public void Add(in ExchangeFigures figures)
    {
        long second = figures.EndedAt.ToUnixTimeSeconds();
        lock (_lock)
        {
            SecondFigures slot = _seconds[second % KeptSeconds] ??= new SecondFigures();
            if (slot.Second < second)
            {
                slot.Begin(second);
            }

            slot.Add(figures);
        }
    }

    /// <summary>Turns each of the last seconds that are over into something, oldest first.</summary>
    /// <param name="seconds">How many.</param>
    /// <param name="select">Makes a result of a second's figures, null for one without traffic.</param>
    public List<T> Last<T>(int seconds, Func<DateTimeOffset, SecondFigures?, T> select)
    {
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        var result = new List<T>(seconds);
        lock (_lock)
        {
            for (long second = now - Math.Min(seconds, KeptSeconds - 1); second < now; second++)
            {
                SecondFigures? slot = _seconds[second % KeptSeconds];
                result.Add(select(DateTimeOffset.FromUnixTimeSeconds(second), slot?.Second == second ? slot : null));
            }
        }

        return result;
    }
}
