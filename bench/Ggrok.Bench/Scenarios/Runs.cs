using Ggrok.Bench.Measuring;
using Ggrok.Bench.Peers;

namespace Ggrok.Bench.Scenarios;

/// <summary>Measures one peer once; the caller interleaves peers, so that a drifting machine drifts for all.</summary>
internal static class Runs
{
    public static void Once(IPeer peer, string url, LocalApp app, Result result, int seconds)
    {
        Wrk.Run(url + "/small", 64, 1);
        double before = peer.Processes.CpuSeconds;
        Wrk many = Wrk.Run(url + "/small", 64, seconds);
        result.Cpu.Add((peer.Processes.CpuSeconds - before) / many.Requests * 100_000);
        result.Small64.Add(many.RequestsPerSecond);
        result.P50At64.Add(many.P50);
        result.P99At64.Add(many.P99);

        Wrk one = Wrk.Run(url + "/small", 1, seconds);
        result.Small1.Add(one.RequestsPerSecond);
        result.P50At1.Add(one.P50);
        result.P99At1.Add(one.P99);

        result.Down.Add(Curl.Download(url + "/bulk"));
        result.Up.Add(Curl.Upload(url + "/upload", app.BulkFile));
        result.PeakMegabytes = peer.Processes.PeakMegabytes;
    }
}
