using Ggrok.Bench.Measuring;
using Ggrok.Bench.Programs;

namespace Ggrok.Bench.Scenarios;

/// <summary>A 2 KiB file again and again over kept connections.</summary>
internal sealed class SmallRequests(int connections) : IScenario
{
    private readonly Metric _rate = new($"small{connections}.rate", $"{Words(connections)}, requests/s ↑", "#,0");
    private readonly Metric _p50 = new($"small{connections}.p50", $"{Words(connections)}, p50 ms ↓", "0.00");
    private readonly Metric _p99 = new($"small{connections}.p99", $"{Words(connections)}, p99 ms ↓", "0.00");
    private readonly Metric _cpu = new($"small{connections}.cpu", $"{Words(connections)}, CPU s per 100,000 requests ↓", "0.0");
    private readonly Metric _memory = new($"small{connections}.memory", $"{Words(connections)}, peak memory MiB ↓", "0") { Fold = Fold.Highest };

    public string Id => $"small{connections}";

    public IReadOnlyList<Metric> Metrics => [_rate, _p50, _p99, _cpu, _memory];

    public async Task MeasureAsync(Subject subject, Measurements into, CancellationToken stop)
    {
        string peer = subject.Peer.Id;
        Usage usage = Usage.Begin(subject.Peer.Ends);
        Wrk wrk = await Wrk.RunAsync(subject.Entrance, connections, subject.Seconds, stop).ConfigureAwait(false);
        if (subject.Peer.Ends.Count > 0)
        {
            into.Add(peer, _cpu, usage.CpuSeconds / wrk.Requests * 100_000);
        }

        into.Add(peer, _rate, wrk.RequestsPerSecond);
        into.Add(peer, _p50, wrk.P50);
        into.Add(peer, _p99, wrk.P99);
        into.Add(peer, _memory, usage.PeakMebibytes);
    }

    private static string Words(int connections) => connections == 1 ? "1 connection" : $"{connections} connections";
}
