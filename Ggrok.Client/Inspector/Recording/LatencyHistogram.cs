namespace Ggrok.Client.Inspector.Recording;

/// <summary>Counts durations in buckets that grow by a fifth, from 50 µs to some minutes: percentiles within that width.</summary>
internal sealed class LatencyHistogram
{
    private const double SmallestMs = 0.05;
    private const double Growth = 1.2;
    private const int Buckets = 88;

    private static readonly double LogOfGrowth = Math.Log(Growth);

    private readonly int[] _counts = new int[Buckets];
    private int _total;

    /// <summary>Adds a duration.</summary>
    public void Add(TimeSpan duration)
    {
        double steps = Math.Log(Math.Max(duration.TotalMilliseconds, SmallestMs) / SmallestMs) / LogOfGrowth;
        _counts[Math.Min((int)steps, Buckets - 1)]++;
        _total++;
    }

    /// <summary>Adds what another one counted.</summary>
    public void Add(LatencyHistogram other)
    {
        for (int i = 0; i < Buckets; i++)
        {
            _counts[i] += other._counts[i];
        }

        _total += other._total;
    }

    /// <summary>Milliseconds below which a share of the durations lies; null without any.</summary>
    /// <param name="share">0.95 for the 95th percentile.</param>
    public double? Percentile(double share)
    {
        if (_total == 0)
        {
            return null;
        }

        double wanted = share * _total;
        int bucket = 0;
        for (int seen = _counts[0]; seen < wanted && bucket < Buckets - 1; seen += _counts[bucket])
        {
            bucket++;
        }

        // The middle of the bucket, as one sees it on a logarithmic scale.
        return Math.Round(SmallestMs * Math.Pow(Growth, bucket + 0.5), 3);
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.Clear(_counts);
        _total = 0;
    }
}
