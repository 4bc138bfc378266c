using Ggrok.Server.Dashboard.Http.Contracts;
using Ggrok.Server.Metrics.Traffic;

namespace Ggrok.Server.Dashboard.Http;

/// <summary>Figures as the API tells them.</summary>
internal sealed class Figures(TrafficStatistics traffic)
{
    private const int SecondsOfRate = 10;

    /// <summary>Figures of a tunnel, or of all together with null.</summary>
    public TrafficBody Of(TunnelTraffic? of)
    {
        long[] totals = of is null ? traffic.Totals() : Read(of);
        TrafficPoint recent = traffic.Recent(of);
        int requests = traffic.Points(of, SecondsOfRate, minutes: false, p => p.Requests).Sum();
        return new TrafficBody(
            Figure.Requests(totals), totals[Figure.Errors], totals[Figure.RequestBytes] + totals[Figure.RawReceived],
            totals[Figure.ResponseBytes] + totals[Figure.RawSent], totals[Figure.RawConnections], Running(of),
            Math.Round((double)requests / SecondsOfRate, 1), Known(recent.P50), Known(recent.P95), Known(recent.P99));
    }

    /// <summary>Figures of a tunnel that nobody has visited yet.</summary>
    public static TrafficBody None { get; } = new(0, 0, 0, 0, 0, 0, 0, null, null, null);

    /// <summary>A second or minute.</summary>
    public static PointBody Of(TrafficPoint point) => new(
        DateTimeOffset.FromUnixTimeSeconds(point.At), point.Requests, point.Successes, point.Redirections, point.ClientErrors, point.ServerErrors,
        point.Errors, point.RawConnections, point.BytesIn, point.BytesOut, Known(point.P50), Known(point.P95), Known(point.P99), point.Running);

    private int Running(TunnelTraffic? of) => of is not null
        ? of.Running + of.RawRunning
        : traffic.Tunnels.Append(traffic.Other).Sum(t => t.Running + t.RawRunning);

    private static long[] Read(TunnelTraffic of)
    {
        long[] figures = new long[Figure.Count];
        of.Read(figures);
        return figures;
    }

    private static double? Known(float ms) => float.IsNaN(ms) ? null : Math.Round(ms, 3);
}
