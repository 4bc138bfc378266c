using System.Globalization;
using Ggrok.Server.Audit;
using Ggrok.Server.Dashboard.Access;
using Ggrok.Server.Dashboard.Http.Contracts;
using Ggrok.Server.Metrics.Traffic;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Dashboard.Http;

/// <summary>Tunnels, clients and figures; ends sessions.</summary>
internal sealed class StateEndpoints(
    SessionDirectory directory, TunnelRegistry registry, TrafficStatistics traffic, Figures figures, TlsPassthrough.PassthroughPort passthrough,
    AdminAccess admin, AuditLog audit)
{
    private const int MostPoints = TrafficSeries.Seconds - 1;

    /// <summary>Every tunnel, and of one that several clients serve each of them.</summary>
    public Task TunnelsAsync(HttpContext context) => context.JsonAsync(
        [.. registry.Snapshot().SelectMany(r => r.Pool?.Members ?? [r]).Distinct().Select(Tunnel).OrderBy(t => t.Name, StringComparer.Ordinal)], DashboardJson.Relaxed.IReadOnlyListTunnelBody);

    /// <summary>Every client that is connected.</summary>
    public Task SessionsAsync(HttpContext context) => context.JsonAsync(
        [.. directory.Sessions.Select(Client).OrderBy(c => c.Since)], DashboardJson.Relaxed.IReadOnlyListClientBody);

    /// <summary>Ends a session; its client is told, and does not come back by itself.</summary>
    /// <exception cref="ApiException">There is none with this id.</exception>
    public Task EndAsync(HttpContext context, Administrator by, string id)
    {
        TunnelSession session = directory.Sessions.FirstOrDefault(s => s.Id == id)
            ?? throw new ApiException(StatusCodes.Status404NotFound, "There is no such session.", "It may have ended already; GET sessions lists those that are open.");
        foreach (TunnelSession ended in session.Group?.Sessions ?? [session])
        {
            ended.GoAway(CloseReason.EndedByOperator, "The operator of the server ended this session.");
            ended.Connection.RequestClose(CloseReason.EndedByOperator);
        }

        audit.AdminAction(by.Identity, admin.RemoteOf(context), $"ended session {session.Id} of {Printable.Clean(session.Hello.Label)}");
        return context.DoneAsync();
    }

    /// <summary>Figures over time.</summary>
    /// <exception cref="ApiException">The query is not valid, or names no tunnel with figures.</exception>
    public Task StatsAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        int? minutes = request.NumberOf("minutes", 1, TrafficSeries.Minutes);
        int? seconds = request.NumberOf("seconds", 1, MostPoints);
        if (minutes is not null && seconds is not null)
        {
            throw new ApiException(StatusCodes.Status400BadRequest, "Ask for seconds or for minutes, not for both.");
        }

        string name = request.Query["tunnel"].ToString();
        TunnelTraffic? of = name.Length == 0 ? null : traffic.Tunnels.Append(traffic.Other).Append(traffic.Unrouted).FirstOrDefault(t => t.Name == name)
            ?? throw new ApiException(StatusCodes.Status404NotFound, $"There are no figures of {Printable.Clean(name)}.", "GET tunnels lists those that are open; one without visitors has none yet.");
        List<PointBody> points = traffic.Points(of, minutes ?? seconds ?? MostPoints, minutes is not null, Figures.Of);
        IEnumerable<KeyValuePair<RelayError, long>> failures = of is null ? traffic.Failures() : of.Failures();
        return context.JsonAsync(
            new StatsBody(minutes is null ? 1 : 60, points, figures.Of(of), failures.ToDictionary(f => f.Key.ToString(), f => f.Value, StringComparer.Ordinal)),
            DashboardJson.Relaxed.StatsBody);
    }

    private TunnelBody Tunnel(TunnelRoute route)
    {
        TunnelSession? session = route.Tunnel as TunnelSession ?? (route.Tunnel as SessionGroup)?.Sessions.FirstOrDefault();
        TunnelTraffic? counted = traffic.Find(route.Key);
        return new TunnelBody(
            TunnelName.Of(route.Key), route.Kind.ToWire(), session is null ? null : UrlOf(session, route.Key), route.IsAway ? "away" : "up",
            route.Owner.Label, session?.Id, session?.Remote, session is null ? null : Printable.Clean(session.Hello.Version), session?.Opened,
            route.IsAway ? route.AwayUntil : null, counted is null ? Figures.None : figures.Of(counted));
    }

    private string UrlOf(TunnelSession session, RouteKey key) => new PublicUrls(new Uri(session.Hello.Origin), passthrough.Port).Of(key);

    private static ClientBody Client(TunnelSession session) => new(
        session.Id, Printable.Clean(session.Hello.Label), session.Remote, session.Identity.Id, Printable.Clean(session.Hello.Version), session.Opened,
        session.Connection.RoundTrip is var trip && trip > TimeSpan.Zero ? Math.Round(trip.TotalMilliseconds, 2) : null,
        session.Connection.OpenStreams, [.. session.Routes.Select(r => TunnelName.Of(r.Key))], [.. (session.Hello.Connect ?? []).Select(n => Printable.Clean(n))],
        session.Hello.Connection is { } slot ? string.Create(CultureInfo.InvariantCulture, $"{slot.Index + 1} of {slot.Of}") : null);
}
