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
    /// The route for a request for whose name there is none: null at once when the server is not just starting, else when the time for
    /// that is over. With an error where waiting was not possible.
    /// </summary>
    /// <param name="host">Normalised host.</param>
    /// <param name="target">The request's target.</param>
    /// <param name="context">The request.</param>
    /// <exception cref="OperationCanceledException">The visitor left.</exception>
    public async ValueTask<(TunnelRoute? Route, RelayError Error)> ForRequestAsync(string host, string target, HttpContext context)
    {
        while (true)
        {
            using Arrivals.Place? place = registry.Arrivals.Take(RouteSpace.Http, host);
            TunnelRoute? route = registry.Find(host, target, context.Request);
            TimeSpan left = LeftOfStartup;
            if (route is not null || left <= TimeSpan.Zero)
            {
                return (route, RelayError.None);
            }

            if (place is null || directory.IsDraining)
            {
                return (null, place is null ? RelayError.TooManyWaiting : RelayError.Draining);
            }

            await WaitAsync(place, left, context.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Where a request goes on that its tunnel did not take, or not any more: to the one that has the name now, waiting for it where its
    /// client wants that or the server is just starting. Null when there is none, or it has other policies than those that the request has
    /// passed; with an error where the old one does not say it all.
    /// </summary>
    /// <param name="route">The route that failed.</param>
    /// <param name="gone">The visitor left.</param>
    /// <exception cref="OperationCanceledException">The visitor left.</exception>
    public async ValueTask<(TunnelRoute? Route, RelayError Error)> SuccessorOfAsync(TunnelRoute route, CancellationToken gone)
    {
        long began = time.GetTimestamp();
        bool hasWaited = false;
        while (true)
        {
            using Arrivals.Place? place = registry.Arrivals.Take(route.Key.Space, route.Key.Host);
            TunnelRoute? now = registry.Find(route.Key);
            if (now?.Tunnel is { IsLeaving: false })
            {
                return (now.Edge == route.Edge ? now : null, RelayError.None);
            }

            TimeSpan left = LeftFor(route, now, time.GetElapsedTime(began));
            if (left <= TimeSpan.Zero)
            {
                return (null, hasWaited ? RelayError.AwayWaitOver : RelayError.None);
            }

            if (place is null || directory.IsDraining)
            {
                return (null, place is null ? RelayError.TooManyWaiting : RelayError.Draining);
            }

            hasWaited = true;
            await WaitAsync(place, left, gone).ConfigureAwait(false);
        }
    }

    private TimeSpan LeftOfStartup => options.StartupWait - time.GetElapsedTime(_started);

    // Of one that is still leaving nobody knows when it will be away: no visitor waits longer than its client wants.
    private TimeSpan LeftFor(TunnelRoute route, TunnelRoute? now, TimeSpan waited) => now switch
    {
        null => TimeSpan.Zero,
        { IsAway: true } => Longer(time.GetElapsedTime(time.GetTimestamp(), now.WaitUntil), LeftOfStartup),
        _ => route.AwayWait - waited,
    };

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;

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
