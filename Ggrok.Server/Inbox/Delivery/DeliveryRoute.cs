using Ggrok.Server.Balancing;
using Ggrok.Server.Inbox.Tunnels;
using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Inbox.Delivery;

/// <summary>Finds who may be given what is stored for a tunnel.</summary>
internal static class DeliveryRoute
{
    /// <summary>The route whose client is here; of a pool the members, the best one first. Empty when nobody may be given anything now.</summary>
    public static TunnelRoute[] Of(InboxTunnel tunnel, TunnelRegistry registry) => registry.Find(InboxRoute.KeyOf(tunnel)) switch
    {
        null => [],
        { Pool: { } pool } => [.. pool.Members.Where(m => IsUsable(tunnel, m)).OrderBy(m => m.Member!.StandingOf(m.Tunnel!))],
        var route => IsUsable(tunnel, route) ? [route] : [],
    };

    private static bool IsUsable(InboxTunnel tunnel, TunnelRoute route) =>
        route.Tunnel is { IsLeaving: false, IsSuspended: false } way && route.Member?.StandingOf(way) is not (Standing.Unhealthy or Standing.Leaving)
        && InboxOwner.IsSame(tunnel, route);
}
