using System.Diagnostics;
using System.Diagnostics.Metrics;
using Ggrok.Server.Metrics.Traffic;
using Ggrok.Server.Relay;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Telemetry;

namespace Ggrok.Server.Metrics.Otlp;

/// <summary>
/// The same figures as a scrape tells, as instruments for the export. There are none unless metrics are exported: the relay
/// measures durations for them beside its own totals.
/// </summary>
internal sealed class Instruments : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Ggrok.Server";

    private readonly Meter _meter = new(MeterName, ProgramVersion.Current);
    private readonly Histogram<double> _duration;
    private readonly TrafficStatistics _traffic;

    public Instruments(TrafficStatistics traffic, SessionDirectory directory, TunnelRegistry registry)
    {
        _traffic = traffic;

        // The buckets that the semantic conventions advise.
        _duration = _meter.CreateHistogram("http.server.request.duration", "s", "Duration of visitors' HTTP exchanges.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] });
        _meter.CreateObservableUpDownCounter("http.server.active_requests", () => Each(t => t.Running), "{request}", "Visitors' HTTP exchanges that run.");
        _meter.CreateObservableCounter("ggrok.request.bytes", () => Each(Figure.RequestBytes), "By", "Bytes of request bodies from visitors.");
        _meter.CreateObservableCounter("ggrok.response.bytes", () => Each(Figure.ResponseBytes), "By", "Bytes of response bodies to visitors.");
        _meter.CreateObservableCounter("ggrok.raw.connections", () => Each(Figure.RawConnections), "{connection}", "Raw connections that ended.");
        _meter.CreateObservableCounter("ggrok.raw.received.bytes", () => Each(Figure.RawReceived), "By", "Bytes from visitors over raw connections.");
        _meter.CreateObservableCounter("ggrok.raw.sent.bytes", () => Each(Figure.RawSent), "By", "Bytes to visitors over raw connections.");
        _meter.CreateObservableCounter("ggrok.errors", Failures, "{error}", "Failures by name.");
        _meter.CreateObservableUpDownCounter("ggrok.sessions", () => directory.Sessions.Count(), "{session}", "Clients that are connected.");
        _meter.CreateObservableUpDownCounter("ggrok.streams", () => directory.Sessions.Sum(s => s.Connection.OpenStreams), "{stream}", "Streams that are open.");
        _meter.CreateObservableUpDownCounter("ggrok.tunnels", () => registry.Snapshot().Count(r => !r.IsAway), "{tunnel}", "Tunnels that are up.");
    }

    /// <summary>Measures an exchange that is over.</summary>
    public void Measure(HttpContext context, ExchangeRecord record, TimeSpan duration)
    {
        var tags = new TagList
        {
            { HttpAttributes.Method, HttpAttributes.MethodOf(context.Request.Method) },
            { HttpAttributes.Scheme, context.Request.Scheme },
            { HttpAttributes.Status, record.Status },
            { HttpAttributes.Tunnel, (record.Traffic ?? _traffic.Unrouted).Name },
        };
        if (VisitorTracing.ErrorType(record) is { } type)
        {
            tags.Add(HttpAttributes.ErrorType, type);
        }

        _duration.Record(duration.TotalSeconds, tags);
    }

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<long>> Each(Func<TunnelTraffic, long> value) => All().Select(t => Of(t, value(t)));

    private IEnumerable<Measurement<long>> Each(int figure)
    {
        long[] figures = new long[Figure.Count];
        return All().Select(t =>
        {
            t.Read(figures);
            return Of(t, figures[figure]);
        });
    }

    private IEnumerable<Measurement<long>> Failures() => All().SelectMany(t => t.Failures().Select(f =>
        new Measurement<long>(f.Value, new KeyValuePair<string, object?>(HttpAttributes.Tunnel, t.Name), new(HttpAttributes.Error, f.Key.ToString()))));

    private IEnumerable<TunnelTraffic> All() => _traffic.Tunnels.Append(_traffic.Other).Append(_traffic.Unrouted);

    private static Measurement<long> Of(TunnelTraffic traffic, long value) => new(value, new KeyValuePair<string, object?>(HttpAttributes.Tunnel, traffic.Name));
}
