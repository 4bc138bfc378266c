using Ggrok.Server.Tunnels;
using Ggrok.Shared.Figures;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Metrics.Traffic;

/// <summary>
/// What went through one tunnel: running totals, to which an exchange adds when it is over. Adding takes no lock and no
/// memory.
/// </summary>
internal sealed class TunnelTraffic
{
    private static readonly int ErrorCodes = Enum.GetValues<RelayError>().Max(e => (int)e) + 1;

    private readonly long[] _figures = new long[Figure.Count];
    private long[]? _errors;
    private int _running;
    private int _rawRunning;

    /// <param name="name">As it is called in labels.</param>
    /// <param name="key">Its route; null for what belongs to no single tunnel.</param>
    public TunnelTraffic(string name, RouteKey? key = null)
    {
        Name = name;
        Key = key;
    }

    /// <summary>As it is called in labels.</summary>
    public string Name { get; }

    /// <summary>Its route; null for what belongs to no single tunnel.</summary>
    public RouteKey? Key { get; }

    /// <summary>Exchanges that run now.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Raw connections that are open now.</summary>
    public int RawRunning => Volatile.Read(ref _rawRunning);

    /// <summary>It made room for others: who adds to it must ask for the tunnel's figures again.</summary>
    public bool IsForgotten { get; private set; }

    /// <summary>What the sampler remembers of it; touched by the sampler alone.</summary>
    public TrafficSeries? Series { get; set; }

    /// <summary>When it was asked for, or registered, for the last time, in seconds since 1970; kept by the statistics.</summary>
    public long LastLive { get; set; }

    /// <summary>An exchange begins.</summary>
    public void Began() => Interlocked.Increment(ref _running);

    /// <summary>An exchange that began is over.</summary>
    /// <param name="status">Status that the visitor got; 0 for none.</param>
    /// <param name="error">How it failed.</param>
    /// <param name="requestBytes">Size of the request body.</param>
    /// <param name="responseBytes">Size of the response body.</param>
    /// <param name="duration">How long it took; null for upgrades, whose length says nothing about the tunnel.</param>
    public void Ended(int status, RelayError error, long requestBytes, long responseBytes, TimeSpan? duration)
    {
        Interlocked.Decrement(ref _running);
        Count(status, error, requestBytes, responseBytes, duration);
    }

    /// <summary>Adds an exchange that is over, and never counted as running.</summary>
    public void Count(int status, RelayError error, long requestBytes, long responseBytes, TimeSpan? duration)
    {
        int statusClass = status / 100;
        Add(statusClass is > 0 and < Figure.Classes ? statusClass : Figure.NoStatus, 1);
        Add(Figure.RequestBytes, requestBytes);
        Add(Figure.ResponseBytes, responseBytes);
        if (duration is { } took)
        {
            Add(Figure.DurationTicks, took.Ticks);
            Add(Figure.Durations + LatencyScale.IndexOf(took), 1);
        }

        Failed(error);
    }

    /// <summary>A raw connection begins.</summary>
    public void RawBegan() => Interlocked.Increment(ref _rawRunning);

    /// <summary>A raw connection that began is over.</summary>
    /// <param name="error">How it failed.</param>
    /// <param name="received">Bytes from the visitor.</param>
    /// <param name="sent">Bytes to the visitor.</param>
    public void RawEnded(RelayError error, long received, long sent)
    {
        Interlocked.Decrement(ref _rawRunning);
        Add(Figure.RawConnections, 1);
        Add(Figure.RawReceived, received);
        Add(Figure.RawSent, sent);
        Failed(error);
    }

    /// <summary>Copies the totals.</summary>
    public void Read(Span<long> figures)
    {
        for (int i = 0; i < figures.Length; i++)
        {
            figures[i] = Volatile.Read(ref _figures[i]);
        }
    }

    /// <summary>Failures by name, those that happened.</summary>
    public IEnumerable<KeyValuePair<RelayError, long>> Failures()
    {
        long[] errors = Volatile.Read(ref _errors) ?? [];
        for (int code = 0; code < errors.Length; code++)
        {
            if (Volatile.Read(ref errors[code]) is > 0 and var count)
            {
                yield return KeyValuePair.Create((RelayError)code, count);
            }
        }
    }

    /// <summary>Adds the totals of another one, which is forgotten from now on.</summary>
    public void TakeOver(TunnelTraffic other)
    {
        other.IsForgotten = true;
        long[] figures = new long[Figure.Count];
        other.Read(figures);
        for (int i = 0; i < figures.Length; i++)
        {
            Add(i, figures[i]);
        }

        foreach ((RelayError error, long count) in other.Failures())
        {
            Interlocked.Add(ref Errors()[(int)error], count);
        }
    }

    private void Failed(RelayError error)
    {
        // A client may send a number that this server does not know.
        if (error != RelayError.None)
        {
            Add(Figure.Errors, 1);
            Interlocked.Increment(ref Errors()[(int)error < ErrorCodes ? (int)error : (int)RelayError.Internal]);
        }
    }

    private long[] Errors() =>
        Volatile.Read(ref _errors) ?? Interlocked.CompareExchange(ref _errors, new long[ErrorCodes], null) ?? _errors!;

    private void Add(int figure, long amount)
    {
        if (amount != 0)
        {
            Interlocked.Add(ref _figures[figure], amount);
        }
    }
}
