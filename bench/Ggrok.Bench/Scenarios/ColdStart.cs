using Ggrok.Bench.Measuring;
using Ggrok.Bench.Peers;

namespace Ggrok.Bench.Scenarios;

/// <summary>From starting the client's program to its line with the public URL, with a server that already runs.</summary>
internal sealed class ColdStart : IScenario
{
    private const int Starts = 3;

    private readonly Metric _time = new("start.time", "start of the client until ready, ms ↓", "0") { HasRatio = false };

    public string Id => "start";

    public IReadOnlyList<Metric> Metrics => [_time];

    public bool AppliesTo(IPeer peer) => peer is IColdStart;

    public async Task MeasureAsync(Subject subject, Measurements into, CancellationToken stop)
    {
        for (int i = 0; i < Starts; i++)
        {
            TimeSpan time = await ((IColdStart)subject.Peer).StartOnceAsync(stop).ConfigureAwait(false);
            into.Add(subject.Peer.Id, _time, time.TotalMilliseconds);
        }
    }
}
