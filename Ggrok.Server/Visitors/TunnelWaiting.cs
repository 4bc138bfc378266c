using Ggrok.Server.Hosting;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Visitors;

/// <summary>
/// Requests that came too early wait instead of being refused: for clients that come back to a server which has just started, and
/// for a client that left or was lost and wants visitors to wait for it.
/// </summary>
internal sealed class TunnelWaiting(ServerOptions options, TunnelRegistry registry, SessionDirectory directory, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();

    /// <summary>
    /// The route for a request whose tunnel is not there: at once when nothing is worth waiting for, else when its client is back or the time
    /// is over. An error only where waiting did not help.
    /// </summary>
    /// <param name="host">Normalised host.</param>
    /// <param name="target">The request's target.</param>
    /// <param name="context">The request.</param>
    /// <exception cref="OperationCanceledException">The visitor left.</exception>
    public async ValueTask<(TunnelRoute? Route, RelayError Error)> ForRequestAsync(string host, string target, HttpContext context)
    {
        bool wasAway = false;
        while (true)
        {
            using Arrivals.Place? place = registry.Arrivals.Take(RouteSpace.Http, host);
            TunnelRoute? route = registry.Find(host, target, context.Request);
            TimeSpan left = LeftFor(route);
            if (route is { IsAway: false } || left <= TimeSpan.Zero)
            {
                return (route, wasAway && route is not { IsAway: false } ? RelayError.AwayWaitOver : RelayError.None);
            }

            if (place is null || directory.IsDraining)
            {
                return (null, place is null ? RelayError.TooManyWaiting : RelayError.Draining);
            }

            wasAway |= route is not null;
            await WaitAsync(place, left, context.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Where a request goes on that its tunnel did not take any more: to the one that has the name now, waiting for it where its client wants
    /// that. Null when there is none, or it has other policies than those that the request has passed.
    /// </summary>
    /// <param name="route">The route that failed.</param>
    /// <param name="gone">The visitor left.</param>
    /// <exception cref="OperationCanceledException">The visitor left.</exception>
    public async ValueTask<TunnelRoute?> SuccessorOfAsync(TunnelRoute route, CancellationToken gone)
    {
        long began = time.GetTimestamp();
        while (true)
        {
            using Arrivals.Place? place = registry.Arrivals.Take(route.Key.Space, route.Key.Host);
            TunnelRoute? now = registry.Find(route.Key);
            if (now?.Tunnel is { IsLeaving: false })
            {
                return now.Edge == route.Edge && now.Pool is null ? now : null;
            }

            TimeSpan left = route.AwayWait - time.GetElapsedTime(began);
            if (now is null || left <= TimeSpan.Zero || place is null || directory.IsDraining)
            {
                return null;
            }

            await WaitAsync(place, left, gone).ConfigureAwait(false);
        }
    }

    private TimeSpan LeftFor(TunnelRoute? route) => route switch
    {
        null => options.StartupWait - time.GetElapsedTime(_started),
        { IsAway: true } => route.WaitUntil - time.GetUtcNow(),
        _ => TimeSpan.Zero,
    };

    private async ValueTask WaitAsync(Arrivals.Place place, TimeSpan atMost, CancellationToken gone)
    {
        try
        {
            // Nobody comes to a server that shuts down.
            await Task.WhenAny(place.Changed, directory.Drains).WaitAsync(atMost, time, gone).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The next look says what that means.
        }
    }
}
