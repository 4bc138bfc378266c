using System.Numerics;

namespace Ggrok.Shared.Figures;

/// <summary>
/// Buckets for durations: thirteen a decade, from 50 µs to 500 s, so that a percentile is right within a fifth. The bounds
/// that histograms of monitoring systems name (5 ms, 10 ms, 25 ms …) are all among them.
/// </summary>
public static class LatencyScale
{
    private const double SmallestSeconds = 50e-6;
    private const double LargestSeconds = 500;

    private static readonly double[] Bounds = [.. MakeBounds()];
    private static readonly long[] BoundTicks = [.. Bounds.Select(b => (long)Math.Round(b * TimeSpan.TicksPerSecond))];

    /// <summary>How many buckets there are; the last one has no upper bound.</summary>
    public static int Buckets => Bounds.Length + 1;

    /// <summary>Upper bounds in seconds, ascending, each part of its bucket.</summary>
    public static IReadOnlyList<double> UpperBounds => Bounds;

    /// <summary>The bucket of a duration.</summary>
    public static int IndexOf(TimeSpan duration)
    {
        int index = Array.BinarySearch(BoundTicks, duration.Ticks);
        return index >= 0 ? index : ~index;
    }

    /// <summary>Milliseconds below which a share of the durations lies; null without any.</summary>
    /// <param name="counts">Durations in each bucket.</param>
    /// <param name="share">0.95 for the 95th percentile.</param>
    public static double? Percentile<T>(ReadOnlySpan<T> counts, double share)
        where T : INumber<T>
    {
        double total = 0;
        foreach (T count in counts)
        {
            total += double.CreateTruncating(count);
        }

        if (total == 0)
        {
            return null;
        }

        int bucket = 0;
        for (double seen = double.CreateTruncating(counts[0]); seen < share * total && bucket < counts.Length - 1; seen += double.CreateTruncating(counts[bucket]))
        {
            bucket++;
        }

        return Math.Round(Middle(bucket) * 1000, 3);
    }

    // As one sees it on a logarithmic scale.
    private static double Middle(int bucket) =>
        bucket == 0 ? Bounds[0] : bucket == Bounds.Length ? Bounds[^1] : Math.Sqrt(Bounds[bucket - 1] * Bounds[bucket]);

    private static IEnumerable<double> MakeBounds()
    {
        // Tenths in whole numbers: the bounds are written out, and must be the decimal numbers that people write.
        int[] tenths = [10, 12, 15, 18, 21, 25, 30, 36, 43, 50, 60, 75, 90];
        for (int decade = -5; decade <= 2; decade++)
        {
            foreach (int step in tenths)
            {
                double bound = decade < 1 ? step / Math.Pow(10, 1 - decade) : step * Math.Pow(10, decade - 1);
                if (bound is >= SmallestSeconds and <= LargestSeconds)
                {
                    yield return bound;
                }
            }
        }
    }
}
