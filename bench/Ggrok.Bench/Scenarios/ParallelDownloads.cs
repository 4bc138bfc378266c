using System.Diagnostics;
using Ggrok.Bench.Measuring;
using Ggrok.Bench.Programs;

namespace Ggrok.Bench.Scenarios;

/// <summary>Several downloads at once, and beside them one visitor with small requests: who waits behind whom.</summary>
internal sealed class ParallelDownloads(int streams) : IScenario
{
    private readonly Metric _rate = new($"streams{streams}.rate", $"{streams} downloads at once, sum MB/s ↑", "#,0");
    private readonly Metric _p50 = new($"streams{streams}.p50", $"small request beside {streams} downloads, p50 ms ↓", "0.00");
    private readonly Metric _p99 = new($"streams{streams}.p99", $"small request beside {streams} downloads, p99 ms ↓", "0.00");
    private readonly Metric _memory = new($"streams{streams}.memory", $"{streams} downloads at once, peak memory MiB ↓", "0") { Fold = Fold.Highest };

    public string Id => $"streams{streams}";

    public IReadOnlyList<Metric> Metrics => [_rate, _p50, _p99, _memory];

    public async Task MeasureAsync(Subject subject, Measurements into, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        DownloadStream[] downloads = [.. Enumerable.Range(0, streams).Select(_ => new DownloadStream(subject.Entrance, subject.App.Bulk.Length))];
        Usage usage = Usage.Begin(subject.Peer.Ends);
        Task all = Task.WhenAll(downloads.Select(d => Task.Run(() => d.RunAsync(over.Token), CancellationToken.None)));
        try
        {
            await Task.WhenAll(downloads.Select(d => d.Begun)).WaitAsync(TimeSpan.FromSeconds(30), stop).ConfigureAwait(false);
            long before = downloads.Sum(d => d.Bytes);
            long started = Stopwatch.GetTimestamp();
            Wrk beside = await Wrk.RunAsync(subject.Entrance, 1, subject.Seconds, stop).ConfigureAwait(false);
            double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            into.Add(subject.Peer.Id, _rate, (downloads.Sum(d => d.Bytes) - before) / seconds / 1e6);
            into.Add(subject.Peer.Id, _p50, beside.P50);
            into.Add(subject.Peer.Id, _p99, beside.P99);
            into.Add(subject.Peer.Id, _memory, usage.PeakMebibytes);
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            await all.ConfigureAwait(false);
        }

        // What the ends still hold for visitors who left is theirs to drop before the next measurement.
        await Task.Delay(300, stop).ConfigureAwait(false);
    }
}
