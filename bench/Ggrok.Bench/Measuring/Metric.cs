namespace Ggrok.Bench.Measuring;

/// <summary>How the runs of a metric become one number.</summary>
internal enum Fold
{
    /// <summary>The middle one.</summary>
    Median,

    /// <summary>The highest, for peaks.</summary>
    Highest,
}

/// <summary>One row of the table.</summary>
/// <param name="Id">Name in the JSON file.</param>
/// <param name="Title">Heading of the row, with the unit.</param>
/// <param name="Format">.NET format of the number.</param>
internal sealed record Metric(string Id, string Title, string Format)
{
    public Fold Fold { get; init; } = Fold.Median;

    /// <summary>Whether a ratio to the yardstick says something.</summary>
    public bool HasRatio { get; init; } = true;
}
