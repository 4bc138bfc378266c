using Ggrok.Shared.Figures;

namespace Ggrok.Client.Inspector.Recording;

/// <summary>Counts durations on the <see cref="LatencyScale"/>.</summary>
internal sealed class LatencyHistogram
{
    private readonly int[] _counts = new int[LatencyScale.Buckets];

    /// <summary>Adds a duration.</summary>
    public void Add(TimeSpan duration) => _counts[LatencyScale.IndexOf(duration)]++;

    /// <summary>Adds what another one counted.</summary>
    public void Add(LatencyHistogram other)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }
    }

    /// <summary>Milliseconds below which a share of the durations lies; null without any.</summary>
    /// <param name="share">0.95 for the 95th percentile.</param>
    public double? Percentile(double share) => LatencyScale.Percentile<int>(_counts, share);

    /// <summary>Forgets everything.</summary>
    public void Clear() => Array.Clear(_counts);
}
