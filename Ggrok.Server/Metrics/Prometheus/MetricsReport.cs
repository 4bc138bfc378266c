using Ggrok.Server.Inbox;
using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Storage;
using Ggrok.Server.Metrics.Process;
using Ggrok.Server.Metrics.Traffic;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Figures;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Metrics.Prometheus;

/// <summary>What a scrape is told; <c>docs/metrics.md</c> lists the same names.</summary>
internal sealed class MetricsReport(
    TrafficStatistics traffic, SessionCounts sessions, SessionDirectory directory, TunnelRegistry registry, IInboxStore inbox, InboxCounts inboxes)
{
    // The buckets that the HTTP semantic conventions of OpenTelemetry advise, each a bound of the scale.
    private static readonly double[] Bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
    private static readonly string[] Classes = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];

    /// <summary>Makes the text.</summary>
    public byte[] Write(TextForm form)
    {
        var text = new MetricsText(form);
        Row[] rows = [.. traffic.Tunnels.Append(traffic.Other).Append(traffic.Unrouted).Select(t => new Row(t)).Where(r => r.IsUsed).OrderBy(r => r.Name, StringComparer.Ordinal)];
        WriteHttp(text, rows);
        WriteRaw(text, [.. rows.Where(r => r.IsRaw)]);
        text.Counter("ggrok_errors", "Failures by name (docs/errors.md).");
        foreach (Row row in rows)
        {
            foreach ((RelayError error, long count) in row.Traffic.Failures())
            {
                text.Sample(count, ("tunnel", row.Name), ("error", error.ToString()));
            }
        }

        WriteSessions(text);
        WriteInboxes(text);
        ProcessReport.Write(text);
        return text.Finish();
    }

    private static void WriteHttp(MetricsText text, Row[] rows)
    {
        text.Histogram("http_server_request_duration_seconds", "Durations of visitors' HTTP exchanges, upgraded ones left out.");
        long[] counts = new long[Bounds.Length];
        foreach (Row row in rows.Where(r => r.IsHttp))
        {
            long count = Cumulate(Figure.Latency(row.Figures), counts);
            text.Distribution(Bounds, counts, count, (double)row.Figures[Figure.DurationTicks] / TimeSpan.TicksPerSecond, ("tunnel", row.Name));
        }

        text.Gauge("http_server_active_requests", "Visitors' HTTP exchanges that run now.");
        Samples(text, rows.Where(r => r.IsHttp), r => r.Traffic.Running);
        text.Counter("ggrok_requests", "Visitors' HTTP exchanges that ended, by class of status.");
        foreach (Row row in rows)
        {
            for (int i = 0; i < Classes.Length; i++)
            {
                if (row.Figures[i] > 0)
                {
                    text.Sample(row.Figures[i], ("tunnel", row.Name), ("status", Classes[i]));
                }
            }
        }

        text.Counter("ggrok_request_bytes", "Bytes of request bodies from visitors.");
        Samples(text, rows.Where(r => r.IsHttp), r => r.Figures[Figure.RequestBytes]);
        text.Counter("ggrok_response_bytes", "Bytes of response bodies to visitors.");
        Samples(text, rows.Where(r => r.IsHttp), r => r.Figures[Figure.ResponseBytes]);
    }

    private static void WriteRaw(MetricsText text, Row[] rows)
    {
        text.Gauge("ggrok_raw_active_connections", "Raw connections (TCP, UDP peers, TLS, private names) that are open now.");
        Samples(text, rows, r => r.Traffic.RawRunning);
        text.Counter("ggrok_raw_connections", "Raw connections that ended.");
        Samples(text, rows, r => r.Figures[Figure.RawConnections]);
        text.Counter("ggrok_raw_received_bytes", "Bytes that came from visitors over raw connections that ended.");
        Samples(text, rows, r => r.Figures[Figure.RawReceived]);
        text.Counter("ggrok_raw_sent_bytes", "Bytes that went to visitors over raw connections that ended.");
        Samples(text, rows, r => r.Figures[Figure.RawSent]);
    }

    private void WriteSessions(MetricsText text)
    {
        IReadOnlyList<TunnelRoute> routes = registry.Snapshot();
        text.Gauge("ggrok_tunnels", "Names that are held, by state: up, or away while their client is lost.");
        text.Sample(routes.Count(r => !r.IsAway), ("state", "up"));
        text.Sample(routes.Count(r => r.IsAway), ("state", "away"));
        text.Gauge("ggrok_sessions", "Clients that are connected.");
        text.Sample(directory.Sessions.Count());
        text.Gauge("ggrok_streams", "Streams that are open in all sessions.");
        text.Sample(directory.Sessions.Sum(s => s.Connection.OpenStreams));
        text.Counter("ggrok_sessions_opened", "Sessions of clients that were opened.");
        text.Sample(sessions.Opened);
        text.Counter("ggrok_sessions_resumed", "How often sessions went on over another connection.");
        text.Sample(sessions.Resumed);
        text.Counter("ggrok_sessions_ended", "Sessions of clients that ended, by reason (docs/protocol.md).");
        foreach ((CloseReason reason, long count) in sessions.Ended)
        {
            text.Sample(count, ("reason", reason.ToString()));
        }

        text.Counter("ggrok_registrations_refused", "Registrations that were refused, by code.");
        foreach ((RejectCode code, long count) in sessions.Refused)
        {
            text.Sample(count, ("code", code.ToString()));
        }
    }

    private void WriteInboxes(MetricsText text)
    {
        InboxTotals totals = inbox.KnownTotals();
        text.Gauge("ggrok_inbox_requests", "Requests that are stored in inboxes (docs/inbox.md), by state.");
        text.Sample(totals.Waiting, ("state", "waiting"));
        text.Sample(totals.Dead, ("state", "dead"));
        text.Gauge("ggrok_inbox_bytes", "Bytes that they take.");
        text.Sample(totals.Bytes);
        text.Counter("ggrok_inbox_events", "What inboxes did with requests.");
        foreach ((string name, long count) in inboxes.All)
        {
            text.Sample(count, ("event", name));
        }
    }

    private static void Samples(MetricsText text, IEnumerable<Row> rows, Func<Row, double> value)
    {
        foreach (Row row in rows)
        {
            text.Sample(value(row), ("tunnel", row.Name));
        }
    }

    private static long Cumulate(ReadOnlySpan<long> latency, long[] counts)
    {
        long sum = 0;
        int bucket = 0;
        for (int i = 0; i < Bounds.Length; i++)
        {
            for (; bucket < LatencyScale.UpperBounds.Count && LatencyScale.UpperBounds[bucket] <= Bounds[i]; bucket++)
            {
                sum += latency[bucket];
            }

            counts[i] = sum;
        }

        for (; bucket < latency.Length; bucket++)
        {
            sum += latency[bucket];
        }

        return sum;
    }

    // A copy: all lines of one tunnel must come from one look.
    private sealed class Row
    {
        public Row(TunnelTraffic traffic)
        {
            Traffic = traffic;
            traffic.Read(Figures);
        }

        public TunnelTraffic Traffic { get; }

        public long[] Figures { get; } = new long[Figure.Count];

        public string Name => Traffic.Name;

        public bool IsHttp => Traffic.Running > 0 || Figure.Requests(Figures) > 0;

        public bool IsRaw => Traffic.RawRunning > 0 || Figures[Figure.RawConnections] > 0;

        public bool IsUsed => IsHttp || IsRaw;
    }
}
