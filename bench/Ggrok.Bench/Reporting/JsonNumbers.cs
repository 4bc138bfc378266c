using System.Text.Encodings.Web;
using System.Text.Json;
using Ggrok.Bench.Measuring;

namespace Ggrok.Bench.Reporting;

/// <summary>The numbers of every run for programs, with the folded ones beside them.</summary>
internal static class JsonNumbers
{
    // Relaxed: the arrows of the titles stay readable.
    private static readonly JsonSerializerOptions Readable = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Render(Report report) => JsonSerializer.Serialize(
        new
        {
            report.Setting,
            report.Options,
            Peers = report.Peers.Select(peer => new
            {
                peer.Id,
                peer.Name,
                Ends = peer.Ends.Select(e => e.Name),
                Measured = report.Metrics.Where(m => report.Measurements.Runs(peer.Id, m).Count > 0).Select(m => Numbers(report, peer.Id, m)),
            }),
            report.LeftOut,
            report.Measurements.Failures,
        },
        Readable);

    private static object Numbers(Report report, string peer, Metric metric) => new
    {
        metric.Id,
        metric.Title,
        Fold = metric.Fold.ToString().ToLowerInvariant(),
        Value = report.Measurements.Folded(peer, metric),
        Runs = report.Measurements.Runs(peer, metric),
    };
}
