namespace Ggrok.Bench.Scenarios;

/// <summary>Medians of one peer. Rates in requests/s and MB/s, times in ms, CPU in seconds for 100,000 requests.</summary>
internal sealed record Result(string Peer)
{
    public List<double> Small64 { get; } = [];

    public List<double> P50At64 { get; } = [];

    public List<double> P99At64 { get; } = [];

    public List<double> Cpu { get; } = [];

    public List<double> Small1 { get; } = [];

    public List<double> P50At1 { get; } = [];

    public List<double> P99At1 { get; } = [];

    public List<double> Down { get; } = [];

    public List<double> Up { get; } = [];

    public string PeakMegabytes { get; set; } = "";

    public static double Median(List<double> values)
    {
        List<double> sorted = [.. values.Order()];
        return sorted.Count == 0 ? double.NaN : sorted[sorted.Count / 2];
    }
}
