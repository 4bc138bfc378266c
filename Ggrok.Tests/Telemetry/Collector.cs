using System.Collections.Concurrent;
using System.Globalization;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Telemetry;

/// <summary>A span as it was exported.</summary>
internal sealed record ExportedSpan(
    string Service, string TraceId, string SpanId, string ParentId, string State, string Name, int Kind, int Status, IReadOnlyDictionary<string, string> Tags);

/// <summary>A value of a metric as it was exported; of a histogram the count.</summary>
internal sealed record ExportedValue(string Metric, string Unit, double Value, IReadOnlyDictionary<string, string> Tags);

/// <summary>A log line as it was exported.</summary>
internal sealed record ExportedLine(string Body, string TraceId, string SpanId, IReadOnlyDictionary<string, string> Tags);

/// <summary>A collector that takes OTLP over HTTP with protobuf, and keeps what came.</summary>
internal sealed class Collector : IAsyncDisposable
{
    // Kinds of spans in the protocol.
    public const int ServerKind = 2;
    public const int ClientKind = 3;
    public const int ErrorStatus = 2;

    private readonly LocalApp _app;

    private Collector(LocalApp app, ConcurrentQueue<ExportedSpan> spans, ConcurrentQueue<ExportedValue> values, ConcurrentQueue<ExportedLine> lines, ConcurrentQueue<byte[]> raw)
    {
        _app = app;
        Spans = spans;
        Values = values;
        Lines = lines;
        Raw = raw;
    }

    public ConcurrentQueue<ExportedSpan> Spans { get; }

    public ConcurrentQueue<ExportedValue> Values { get; }

    public ConcurrentQueue<ExportedLine> Lines { get; }

    /// <summary>Every body as it came.</summary>
    public ConcurrentQueue<byte[]> Raw { get; }

    /// <summary>The variables that send everything here, soon.</summary>
    public (string Name, string Value)[] Variables =>
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", _app.Url.GetLeftPart(UriPartial.Authority)),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "50"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "100"),
    ];

    public static async Task<Collector> StartAsync()
    {
        var spans = new ConcurrentQueue<ExportedSpan>();
        var values = new ConcurrentQueue<ExportedValue>();
        var lines = new ConcurrentQueue<ExportedLine>();
        var raw = new ConcurrentQueue<byte[]>();
        LocalApp app = await LocalApp.StartAsync(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            raw.Enqueue(body.ToArray());
            var message = new ProtobufMessage(body.ToArray());
            switch (context.Request.Path.Value)
            {
                case "/v1/traces":
                    SpansOf(message).ToList().ForEach(spans.Enqueue);
                    break;
                case "/v1/metrics":
                    ValuesOf(message).ToList().ForEach(values.Enqueue);
                    break;
                case "/v1/logs":
                    LinesOf(message).ToList().ForEach(lines.Enqueue);
                    break;
                default:
                    context.Response.StatusCode = 404;
                    break;
            }

            context.Response.ContentType = "application/x-protobuf";
        });
        return new Collector(app, spans, values, lines, raw);
    }

    /// <summary>Waits for a span.</summary>
    public async Task<ExportedSpan> SpanAsync(Func<ExportedSpan, bool> which)
    {
        await Eventually.BecomesAsync(() => Task.FromResult(Spans.Any(which)), true);
        return Spans.First(which);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static IEnumerable<ExportedSpan> SpansOf(ProtobufMessage request) =>
        from resource in request.Messages(1)
        let service = Tags(resource.Messages(1).Single(), 1)["service.name"]
        from scope in resource.Messages(2)
        from span in scope.Messages(2)
        select new ExportedSpan(service, span.Hex(1), span.Hex(2), span.Hex(4), span.Text(3), span.Text(5), (int)span.Number(6),
            (int)(span.Messages(15).SingleOrDefault()?.Number(3) ?? 0), Tags(span, 9));

    private static IEnumerable<ExportedValue> ValuesOf(ProtobufMessage request) =>
        from resource in request.Messages(1)
        from scope in resource.Messages(2)
        from metric in scope.Messages(2)
        from value in Numbers(metric).Concat(Histograms(metric))
        select new ExportedValue(metric.Text(1), metric.Text(3), value.Value, value.Tags);

    private static IEnumerable<(double Value, Dictionary<string, string> Tags)> Numbers(ProtobufMessage metric) =>
        from data in metric.Messages(5).Concat(metric.Messages(7))
        from point in data.Messages(1)
        select (point.Has(4) ? point.Real(4) : (double)(long)point.Number(6), Tags(point, 7));

    private static IEnumerable<(double Value, Dictionary<string, string> Tags)> Histograms(ProtobufMessage metric) =>
        from data in metric.Messages(9)
        from point in data.Messages(1)
        select ((double)point.Number(4), Tags(point, 9));

    private static IEnumerable<ExportedLine> LinesOf(ProtobufMessage request) =>
        from resource in request.Messages(1)
        from scope in resource.Messages(2)
        from line in scope.Messages(2)
        select new ExportedLine(line.Messages(5).SingleOrDefault()?.Text(1) ?? "", line.Hex(9), line.Hex(10), Tags(line, 6));

    private static Dictionary<string, string> Tags(ProtobufMessage message, int field)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (ProtobufMessage pair in message.Messages(field))
        {
            ProtobufMessage value = pair.Messages(2).Single();
            tags[pair.Text(1)] = value.Has(3) ? ((long)value.Number(3)).ToString(CultureInfo.InvariantCulture)
                : value.Has(4) ? value.Real(4).ToString(CultureInfo.InvariantCulture)
                : value.Text(1);
        }

        return tags;
    }
}
