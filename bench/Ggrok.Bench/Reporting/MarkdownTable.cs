using System.Globalization;
using System.Text;
using Ggrok.Bench.Measuring;
using Ggrok.Bench.Peers;

namespace Ggrok.Bench.Reporting;

/// <summary>The table for people: a row for each metric, a column for each peer, ratios to the yardstick in brackets.</summary>
internal static class MarkdownTable
{
    private const string Nothing = "–";

    public static string Render(Report report)
    {
        var text = new StringBuilder();
        AppendHead(text, report);
        if (report.Peers.Count > 0)
        {
            AppendTable(text, report);
        }

        AppendNotes(text, report);
        return text.ToString();
    }

    private static void AppendHead(StringBuilder text, Report report)
    {
        Setting setting = report.Setting;
        text.AppendLine(CultureInfo.InvariantCulture,
            $"{setting.Date:yyyy-MM-dd}, {setting.Cpu}, {setting.Cores} cores, {setting.MemoryMebibytes / 1024.0:0.#} GiB, {setting.System}.");
        text.AppendLine($"{string.Join(", ", setting.Versions)}.");
        text.AppendLine(CultureInfo.InvariantCulture,
            $"{Runs(report.Options)} Meanwhile other processes used {setting.OthersPercent:0} % of one core, other machines {setting.StolenPercent:0} %.");
        text.AppendLine("In brackets: the ratio to nginx double hop. ↑ more is better, ↓ less is better. A sum in memory is visitor's side + app's side.");
        text.AppendLine();
    }

    private static void AppendTable(StringBuilder text, Report report)
    {
        text.AppendLine("| | " + string.Join(" | ", report.Peers.Select(p => p.Name)) + " |");
        text.AppendLine("| --- |" + string.Concat(report.Peers.Select(_ => " ---: |")));
        foreach (Metric metric in report.Metrics)
        {
            string[] cells = [.. report.Peers.Select(p => Cell(report, p, metric))];
            if (cells.Any(c => c != Nothing))
            {
                text.AppendLine($"| {metric.Title} | {string.Join(" | ", cells)} |");
            }
        }
    }

    private static string Runs(BenchOptions options) => options.Runs == 1
        ? string.Create(CultureInfo.InvariantCulture, $"One run of {options.Seconds} s for each load.")
        : string.Create(CultureInfo.InvariantCulture, $"{options.Runs} interleaved runs of {options.Seconds} s for each load; medians, of memory the highest.");

    private static void AppendNotes(StringBuilder text, Report report)
    {
        string[] notes =
        [
            .. report.LeftOut,
            .. report.Measurements.Failures.Select(f => $"{f.Peer}, {f.Scenario} failed: {f.Reason.ReplaceLineEndings(" ")}"),
        ];
        if (notes.Length > 0)
        {
            text.AppendLine();
        }

        foreach (string note in notes)
        {
            text.AppendLine("- " + note);
        }
    }

    private static string Cell(Report report, IPeer peer, Metric metric)
    {
        if (report.Measurements.Folded(peer.Id, metric) is not { } parts)
        {
            return report.Measurements.Failures.Any(f => f.Peer == peer.Id && metric.Id.StartsWith(f.Scenario + ".", StringComparison.Ordinal)) ? "failed" : Nothing;
        }

        string value = string.Join(" + ", parts.Select(p => p.ToString(metric.Format, CultureInfo.InvariantCulture)));
        double? yardstick = report.Measurements.Folded(Catalogue.Yardstick, metric)?.Sum();
        return metric.HasRatio && peer.Id != Catalogue.Yardstick && yardstick > 0
            ? value + string.Create(CultureInfo.InvariantCulture, $" ({parts.Sum() / yardstick:0.00})")
            : value;
    }
}
