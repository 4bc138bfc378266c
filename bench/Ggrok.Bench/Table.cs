using System.Globalization;
using System.Text;
using Ggrok.Bench.Scenarios;

namespace Ggrok.Bench;

/// <summary>The Markdown table, with ratios to the nginx double hop.</summary>
internal static class Table
{
    public static string Render(IReadOnlyList<Result> results, int runs, TimeSpan start)
    {
        Result yardstick = results.First(r => r.Peer == "nginx double hop");
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-dd}, {Cpu()}, {Environment.ProcessorCount} cores, {Memory()} GiB, {Environment.OSVersion.VersionString}, .NET {Environment.Version}; median of {runs} interleaved runs. In brackets: ratio to nginx double hop.");
        text.AppendLine();
        text.AppendLine("| | req/s at 64 | p50 / p99 ms | CPU s per 100k | req/s at 1 | p50 / p99 ms | 1 GiB down MB/s | up MB/s | peak MiB |");
        text.AppendLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (Result r in results)
        {
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| {r.Peer} | {Rate(r.Small64, yardstick.Small64)} | {Pair(r.P50At64, r.P99At64)} | {Result.Median(r.Cpu):0.0} | {Rate(r.Small1, yardstick.Small1)} | {Pair(r.P50At1, r.P99At1)} | {Rate(r.Down, yardstick.Down)} | {Rate(r.Up, yardstick.Up)} | {r.PeakMegabytes} |");
        }

        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"Start of ggrok to the public URL: {start.TotalMilliseconds:0} ms.");
        return text.ToString();
    }

    private static string Rate(List<double> values, List<double> yardstick)
    {
        double median = Result.Median(values);
        return string.Create(CultureInfo.InvariantCulture, $"{median:#,0} ({median / Result.Median(yardstick):0.00})");
    }

    private static string Pair(List<double> p50, List<double> p99) =>
        string.Create(CultureInfo.InvariantCulture, $"{Result.Median(p50):0.00} / {Result.Median(p99):0.00}");

    private static string Cpu() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown CPU";

    private static long Memory() => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30;
}
