namespace Ggrok.Bench.Measuring;

/// <summary>Something that did not work: the bench then ends with exit code 1.</summary>
internal sealed record Failure(string Peer, string Scenario, string Reason);

/// <summary>Every number of a bench. A number may have parts, such as the memory of each end.</summary>
internal sealed class Measurements
{
    private readonly Dictionary<(string Peer, Metric Metric), List<double[]>> _values = [];

    public List<Failure> Failures { get; } = [];

    public void Add(string peer, Metric metric, params double[] parts)
    {
        if (parts.Length == 0)
        {
            return; // A peer without processes uses no memory that could be told.
        }

        if (!_values.TryGetValue((peer, metric), out List<double[]>? runs))
        {
            _values[(peer, metric)] = runs = [];
        }

        runs.Add(parts);
    }

    /// <summary>The numbers as measured, in order of the runs.</summary>
    public IReadOnlyList<double[]> Runs(string peer, Metric metric) => _values.GetValueOrDefault((peer, metric)) ?? [];

    /// <summary>The folded parts, or null if nothing was measured.</summary>
    public double[]? Folded(string peer, Metric metric)
    {
        IReadOnlyList<double[]> runs = Runs(peer, metric);
        return runs.Count == 0 ? null : [.. Enumerable.Range(0, runs[0].Length).Select(part => One(metric.Fold, [.. runs.Select(r => r[part]).Order()]))];
    }

    private static double One(Fold fold, double[] sorted) => fold switch
    {
        Fold.Highest => sorted[^1],
        _ => sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2,
    };
}
