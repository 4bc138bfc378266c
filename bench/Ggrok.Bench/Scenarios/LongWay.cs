using System.Globalization;
using Ggrok.Bench.Measuring;
using Ggrok.Bench.Peers;
using Ggrok.Bench.Programs;

namespace Ggrok.Bench.Scenarios;

/// <summary>
/// The tunnel over a long way: how fast one stream gets, which the window decides, and whether small requests wait for
/// more than the way itself.
/// </summary>
internal sealed class LongWay : IScenario
{
    private const int Connections = 64;
    private const int WarmUpSeconds = 2;
    private const double WindowBytes = 4 << 20;

    private readonly TimeSpan _roundTrip;
    private readonly Metric _down;
    private readonly Metric _ofWindow;
    private readonly Metric _rate;
    private readonly Metric _ofIdeal;
    private readonly Metric _p50;
    private readonly Metric _p99;

    public LongWay(int roundTripMilliseconds)
    {
        _roundTrip = TimeSpan.FromMilliseconds(roundTripMilliseconds);
        string way = string.Create(CultureInfo.InvariantCulture, $"over {roundTripMilliseconds} ms, ");
        _down = Row("down", way + "1 stream down, MB/s ↑", "#,0.0");
        _ofWindow = Row("window", way + "1 stream down, % of 4 MiB in each round trip ↑", "0.0");
        _rate = Row("rate", way + $"{Connections} connections, requests/s ↑", "#,0");
        _ofIdeal = Row("ideal", way + $"{Connections} connections, % of {Connections} in each round trip ↑", "0.0");
        _p50 = Row("p50", way + $"{Connections} connections, p50 ms ↓", "0.00");
        _p99 = Row("p99", way + $"{Connections} connections, p99 ms ↓", "0.00");
    }

    public string Id => "rtt";

    public IReadOnlyList<Metric> Metrics => [_down, _ofWindow, _rate, _ofIdeal, _p50, _p99];

    public bool AppliesTo(IPeer peer) => peer is IFarPeer;

    public async Task MeasureAsync(Subject subject, Measurements into, CancellationToken stop)
    {
        using FarTunnel far = ((IFarPeer)subject.Peer).StartFar(_roundTrip);
        await far.WaitAsync(stop).ConfigureAwait(false);

        double speed = await SteadyDownload.MeasureAsync(
            far.Entrance, subject.App.Bulk.Length, TimeSpan.FromSeconds(subject.Seconds), stop).ConfigureAwait(false);
        into.Add(subject.Peer.Id, _down, speed / 1e6);
        if (subject.Peer.Ends.Count > 0)
        {
            into.Add(subject.Peer.Id, _ofWindow, Percent(speed, WindowBytes)); // The way alone has no window.
        }

        await Wrk.RunAsync(far.Entrance, Connections, WarmUpSeconds, stop).ConfigureAwait(false);
        Wrk small = await Wrk.RunAsync(far.Entrance, Connections, subject.Seconds, stop).ConfigureAwait(false);
        into.Add(subject.Peer.Id, _rate, small.RequestsPerSecond);
        into.Add(subject.Peer.Id, _ofIdeal, Percent(small.RequestsPerSecond, Connections));
        into.Add(subject.Peer.Id, _p50, small.P50);
        into.Add(subject.Peer.Id, _p99, small.P99);
    }

    private double Percent(double perSecond, double perRoundTrip) => perSecond * _roundTrip.TotalSeconds / perRoundTrip * 100;

    private static Metric Row(string id, string title, string format) => new("rtt." + id, title, format) { HasRatio = false };
}
