using Ggrok.Bench.App;
using Ggrok.Bench.Measuring;
using Ggrok.Bench.Programs;

namespace Ggrok.Bench.Scenarios;

/// <summary>The big file on one connection, one way.</summary>
internal sealed class Bulk : IScenario
{
    private readonly Func<Subject, CancellationToken, Task<double>> _transfer;
    private readonly Metric _rate;
    private readonly Metric _cpu;
    private readonly Metric _memory;

    private Bulk(string id, string title, Func<Subject, CancellationToken, Task<double>> transfer)
    {
        Id = id;
        _transfer = transfer;
        _rate = new Metric(id + ".rate", title + ", MB/s ↑", "#,0");
        _cpu = new Metric(id + ".cpu", title + ", CPU s per GiB ↓", "0.00");
        _memory = new Metric(id + ".memory", title + ", peak memory MiB ↓", "0") { Fold = Fold.Highest };
    }

    public string Id { get; }

    public IReadOnlyList<Metric> Metrics => [_rate, _cpu, _memory];

    public static Bulk Down(string size) =>
        new("down", $"{size} down, 1 stream", (s, stop) => Curl.DownloadAsync(s.Entrance, stop));

    public static Bulk Up(string size) =>
        new("up", $"{size} up, 1 stream", (s, stop) => Curl.UploadAsync(s.Entrance, s.App.Bulk.Path, stop));

    public async Task MeasureAsync(Subject subject, Measurements into, CancellationToken stop)
    {
        BulkFile file = subject.App.Bulk;
        Usage usage = Usage.Begin(subject.Peer.Ends);
        double speed = await _transfer(subject, stop).ConfigureAwait(false);
        if (subject.Peer.Ends.Count > 0)
        {
            into.Add(subject.Peer.Id, _cpu, usage.CpuSeconds / file.Length * (1L << 30));
        }

        into.Add(subject.Peer.Id, _rate, speed);
        into.Add(subject.Peer.Id, _memory, usage.PeakMebibytes);
    }
}
