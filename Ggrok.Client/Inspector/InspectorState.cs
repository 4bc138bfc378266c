using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Http.Contracts;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Client.Inspector.Rules;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector;

/// <summary>Everything that the page and the terminal view show, as it stands now.</summary>
internal sealed class InspectorState(TunnelClientOptions options, SessionStatus session, Recorder recorder, VisitorRecording visitors, TimeProvider time)
{
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    /// <summary>The exchanges.</summary>
    public Recorder Recorder => recorder;

    /// <summary>The session with the server.</summary>
    public SessionStatus Session => session;

    /// <summary>The tunnels and the way to their local services.</summary>
    public TunnelClientOptions Options => options;

    /// <summary>The rules.</summary>
    public RuleBook Rules { get; init; } = new([]);

    /// <summary>The clock.</summary>
    public TimeProvider Time => time;

    /// <summary>Session, tunnels and what is kept.</summary>
    public StatusDetails Status()
    {
        SessionView view = session.View;
        RecorderFill fill = recorder.Fill;
        TimeSpan roundTrip = visitors.RoundTrip();
        SessionPulse? several = session.Pulse is { Wanted: > 1 } pulse ? pulse : null;
        return new StatusDetails
        {
            Version = ProgramVersion.Current,
            Server = options.Server.AbsoluteUri.TrimEnd('/'),
            State = view.State.ToString().ToLowerInvariant(),
            Reason = view.Reason is null ? null : Printable.CleanMessage(view.Reason),
            RetryAt = view.RetryAt,
            RoundTripMs = roundTrip > TimeSpan.Zero ? Math.Round(roundTrip.TotalMilliseconds, 3) : null,
            Connections = several?.Connections,
            ConnectionsWanted = several?.Wanted,
            StartedAt = _startedAt,
            Tunnels = [.. options.Tunnels.Select((t, i) => Tunnel(t, i < view.Tunnels.Count ? view.Tunnels[i].Url : null))],
            RecordFolder = options.Inspect?.Record?.Folder,
            Recorder = new RecorderDetails(
                fill.Kept, recorder.Options.MaxExchanges, fill.Bytes, recorder.Options.MaxBytes, recorder.Options.MaxBodyBytes, fill.Recorded, fill.Evicted, fill.CutBodies),
        };
    }

    /// <summary>Figures of each of the last seconds.</summary>
    public IReadOnlyList<StatsPoint> Stats(int seconds)
    {
        int active = recorder.Fill.Active;
        return recorder.Stats.Last(seconds, (at, figures) => figures is null ? new StatsPoint { At = at, Active = active } : PointOf(at, figures, active));
    }

    private static TunnelDetails Tunnel(LocalTunnel tunnel, Uri? url) =>
        new(tunnel.Name, tunnel.Kind.ToWire(), url?.AbsoluteUri.TrimEnd('/'), tunnel.Target.GetLeftPart(UriPartial.Authority));

    private static StatsPoint PointOf(DateTimeOffset at, SecondFigures figures, int active) => new()
    {
        At = at,
        Requests = figures.Requests,
        Active = active,
        Status1xx = figures.OfClass(1),
        Status2xx = figures.OfClass(2),
        Status3xx = figures.OfClass(3),
        Status4xx = figures.OfClass(4),
        Status5xx = figures.OfClass(5),
        Errors = figures.Errors,
        P50Ms = figures.Latency.Percentile(0.5),
        P95Ms = figures.Latency.Percentile(0.95),
        P99Ms = figures.Latency.Percentile(0.99),
        RequestBytes = figures.RequestBytes,
        ResponseBytes = figures.ResponseBytes,
    };
}
