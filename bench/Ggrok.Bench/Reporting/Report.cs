using Ggrok.Bench.Measuring;
using Ggrok.Bench.Peers;

namespace Ggrok.Bench.Reporting;

/// <summary>Everything that is told at the end.</summary>
/// <param name="Setting">When, where, with what.</param>
/// <param name="Options">How it was asked for.</param>
/// <param name="Peers">Columns.</param>
/// <param name="Metrics">Rows.</param>
/// <param name="Measurements">Numbers and failures.</param>
/// <param name="LeftOut">Peers that are not installed, each as a sentence.</param>
internal sealed record Report(
    Setting Setting, BenchOptions Options, IReadOnlyList<IPeer> Peers, IReadOnlyList<Metric> Metrics, Measurements Measurements, IReadOnlyList<string> LeftOut);
