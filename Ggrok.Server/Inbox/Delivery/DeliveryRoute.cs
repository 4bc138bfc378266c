using Ggrok.Server.Balancing;
using Ggrok.Server.Inbox.Tunnels;
using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Inbox.Delivery;

/// <summary>Finds who may be given what is stored for a tunnel.</summary>
internal static class DeliveryRoute
{
    /// <summary>The route whose client is here; of a pool the best member. Null when nobody may be given anything now.</summary>
    public static TunnelRoute? Of(InboxTunnel tunnel, TunnelRegistry registry)
    {
        TunnelRoute? route = registry.Find(InboxRoute.KeyOf(tunnel));
        if (route?.Pool is { } pool)
        {
            route = pool.Members.Where(IsUsable).MinBy(m => m.Member!.StandingOf(m.Tunnel!));
        }

        return route is not null && IsUsable(route) && InboxOwner.IsSame(tunnel, route) ? route : null;
    }

    private static bool IsUsable(TunnelRoute route) =>
        route.Tunnel is { IsLeaving: false, IsSuspended: false } tunnel && route.Member?.StandingOf(tunnel) is not (Standing.Unhealthy or Standing.Leaving);
}
