using Ggrok.Shared.Figures;

namespace Ggrok.Server.Metrics.Traffic;

/// <summary>Places of the running totals that are kept for each tunnel. All but grow.</summary>
internal static class Figure
{
    /// <summary>Exchanges without a status; the classes 1xx to 5xx follow.</summary>
    public const int NoStatus = 0;

    /// <summary>How many classes of statuses there are, the missing status included.</summary>
    public const int Classes = 6;

    /// <summary>Bytes of request bodies.</summary>
    public const int RequestBytes = 6;

    /// <summary>Bytes of response bodies.</summary>
    public const int ResponseBytes = 7;

    /// <summary>Exchanges and raw connections that failed.</summary>
    public const int Errors = 8;

    /// <summary>Raw connections, peers of datagrams included.</summary>
    public const int RawConnections = 9;

    /// <summary>Raw bytes from visitors.</summary>
    public const int RawReceived = 10;

    /// <summary>Raw bytes to visitors.</summary>
    public const int RawSent = 11;

    /// <summary>Sum of the measured durations, in ticks of 100 ns.</summary>
    public const int DurationTicks = 12;

    /// <summary>The first bucket of durations.</summary>
    public const int Durations = 13;

    /// <summary>How many totals there are.</summary>
    public static readonly int Count = Durations + LatencyScale.Buckets;

    /// <summary>Exchanges over HTTP.</summary>
    public static long Requests(ReadOnlySpan<long> figures)
    {
        long sum = 0;
        foreach (long count in figures[..Classes])
        {
            sum += count;
        }

        return sum;
    }

    /// <summary>The buckets of durations.</summary>
    public static ReadOnlySpan<long> Latency(ReadOnlySpan<long> figures) => figures[Durations..];
}
