using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Output.View;

/// <summary>Collects what the client tells, cheaply, on the relay's threads, for somebody who looks some times a second.</summary>
internal sealed class ViewState(Uri server, TimeProvider time)
{
    private const int KeptRows = 300;
    private const int KeptNotices = 5;
    private const int RateSeconds = 5;
    private const int PercentileSeconds = 60;
    private const int MostRunning = 8;

    private static readonly TimeSpan RunningPause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly ViewRow[] _rows = new ViewRow[KeptRows];
    private readonly List<string> _notices = [];
    private readonly TrafficStats _stats = new(time);
    private readonly long _began = time.GetTimestamp();
    private ViewSnapshot _shown = new() { Version = ProgramVersion.Current, Server = server.AbsoluteUri.TrimEnd('/') };
    private volatile Func<SessionPulse>? _pulse;
    private DateTimeOffset _retryAt;
    private long _requests;
    private long _connections;
    private long _errors;
    private volatile Recorder? _recorder;
    private IReadOnlyList<ViewRow> _running = [];
    private long _runningAt;

    /// <summary>How long the client has been running.</summary>
    public TimeSpan Age => time.GetElapsedTime(_began);

    public void Watch(Recorder recorder) => _recorder = recorder;

    public void Measurable(Func<SessionPulse> pulse) => _pulse = pulse;

    public void Change(Func<ViewSnapshot, ViewSnapshot> change)
    {
        lock (_lock)
        {
            _shown = change(_shown);
        }
    }

    public void Lost(string reason, TimeSpan retryIn)
    {
        lock (_lock)
        {
            _retryAt = time.GetUtcNow() + retryIn;
            _shown = _shown with { Look = SessionLook.Lost, Reason = reason };
        }
    }

    public void Listening(string name, string address) => Change(s => s with
    {
        Look = s.Look == SessionLook.Stopping ? s.Look : SessionLook.Online,
        Listening = [.. s.Listening.Where(l => l.Address != address), (name, address)],
    });

    public void Notice(string message)
    {
        lock (_lock)
        {
            _notices.Remove(message);
            _notices.Add(message);
            if (_notices.Count > KeptNotices)
            {
                _notices.RemoveAt(0);
            }
        }
    }

    public void Add(in ExchangeSummary exchange)
    {
        var row = new ViewRow(default, exchange.Tunnel, exchange.Method, exchange.Target, exchange.Status, exchange.Error, exchange.Duration, exchange.ResponseBytes);
        Add(row, new ExchangeFigures(time.GetUtcNow(), exchange.Duration, exchange.Status, exchange.Error, exchange.RequestBytes, exchange.ResponseBytes));
    }

    public void Add(in ConnectionSummary connection)
    {
        long bytes = connection.BytesIn + connection.BytesOut;
        var row = new ViewRow(default, connection.Tunnel, connection.Kind.ToWire(), connection.Remote ?? "", 0, connection.Error, connection.Duration, bytes) { IsRaw = true };
        Add(row, new ExchangeFigures(time.GetUtcNow(), connection.Duration, 0, connection.Error, connection.BytesIn, connection.BytesOut));
    }

    /// <summary>How things stand.</summary>
    /// <param name="rows">So many of the newest rows.</param>
    public ViewSnapshot Snapshot(int rows)
    {
        IReadOnlyList<ViewRow> running = Running();
        SessionPulse pulse = _pulse?.Invoke() ?? default;
        (int rate, LatencyHistogram latency) = Recent();
        lock (_lock)
        {
            long total = _requests + _connections;
            int finished = (int)Math.Min(Math.Min(rows, KeptRows), total);
            bool online = _shown.Look is SessionLook.Online or SessionLook.Stopping;
            return _shown with
            {
                RetryIn = _retryAt - time.GetUtcNow(),
                RoundTrip = online ? pulse.RoundTrip : TimeSpan.Zero,
                Connections = (pulse.Connections, pulse.Wanted),
                Notices = [.. _notices],
                Rows = [.. running, .. Enumerable.Range(1, finished).Select(i => Local(_rows[(total - i) % KeptRows]))],
                Figures = new ViewFigures
                {
                    Requests = _requests,
                    Connections = _connections,
                    Errors = _errors,
                    Open = pulse.Open,
                    PerSecond = (double)rate / RateSeconds,
                    P50Ms = latency.Percentile(0.5),
                    P95Ms = latency.Percentile(0.95),
                },
            };
        }
    }

    private void Add(ViewRow row, in ExchangeFigures figures)
    {
        row = row with { At = figures.EndedAt };
        lock (_lock)
        {
            _rows[(_requests + _connections) % KeptRows] = row;
            _requests += row.IsRaw ? 0 : 1;
            _connections += row.IsRaw ? 1 : 0;
            _errors += row.HasFailed || row.Status >= 500 ? 1 : 0;
        }

        _stats.Add(figures);
    }

    private ViewRow Local(in ViewRow row) => row with { At = TimeZoneInfo.ConvertTime(row.At, time.LocalTimeZone) };

    private (int InRateSeconds, LatencyHistogram Latency) Recent()
    {
        var latency = new LatencyHistogram();
        int second = 0;
        int inRate = 0;
        _stats.Last(PercentileSeconds, (_, figures) =>
        {
            second++;
            if (figures is not null)
            {
                latency.Add(figures.Latency);
                inRate += second > PercentileSeconds - RateSeconds ? figures.Requests : 0;
            }

            return 0;
        });
        return (inRate, latency);
    }

    // The recorder copies what it tells: not for every picture.
    private IReadOnlyList<ViewRow> Running()
    {
        if (_recorder is not { Fill.Active: > 0 } recorder)
        {
            return _running = [];
        }

        if (_running.Count == 0 || time.GetElapsedTime(_runningAt) >= RunningPause)
        {
            _runningAt = time.GetTimestamp();
            DateTimeOffset now = time.GetUtcNow();
            _running = [.. recorder.LongRunning(MostRunning).Select(e => RowOf(e, now))];
        }

        return _running;
    }

    private ViewRow RowOf(ExchangeSnapshot exchange, DateTimeOffset now) => new(
        TimeZoneInfo.ConvertTime(exchange.StartedAt, time.LocalTimeZone), exchange.Tunnel, exchange.Request.Method, exchange.Request.Target,
        exchange.Response?.Status ?? 0, RelayError.None, now - exchange.StartedAt, exchange.ResponseBody.Total)
    {
        IsRunning = true,
        IsHeld = exchange.State == ExchangeState.Held,
    };
}
