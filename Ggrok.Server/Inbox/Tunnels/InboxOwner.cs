using System.Security.Cryptography;
using System.Text;
using Ggrok.Server.Balancing;
using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Inbox.Tunnels;

/// <summary>
/// Who has a tunnel, as a hash that stands in what is stored for it. The members of a pool are one owner: by their token or
/// certificate, or by the pool's key where anybody is let in.
/// </summary>
internal static class InboxOwner
{
    /// <summary>Who has a route.</summary>
    public static string HashOf(TunnelRoute route) => HashOf(route.Owner, route.Terms is not null, route.Terms?.KeyHash);

    /// <summary>Who has a tunnel.</summary>
    public static string HashOf(InboxTunnel tunnel) => HashOf(InboxRoute.OwnerOf(tunnel), tunnel.IsPool, tunnel.PoolKeyHash);

    /// <summary>Whether a route is in the hands of the tunnel's owner.</summary>
    public static bool IsSame(InboxTunnel tunnel, TunnelRoute route) => IsSame(tunnel, route.Owner, route.Terms is not null, route.Terms?.KeyHash);

    /// <summary>Whether two tunnels have one owner.</summary>
    public static bool IsSame(InboxTunnel tunnel, InboxTunnel other) => IsSame(tunnel, InboxRoute.OwnerOf(other), other.IsPool, other.PoolKeyHash);

    private static bool IsSame(InboxTunnel tunnel, RouteOwner owner, bool isPool, string? key)
    {
        RouteOwner own = InboxRoute.OwnerOf(tunnel);
        return own.IsSame(owner) || (tunnel.IsPool && isPool && PoolAdmission.AreOneParty(own, tunnel.PoolKeyHash, owner, key));
    }

    private static string HashOf(RouteOwner owner, bool isPool, string? key) => (isPool, owner.IsProven && owner.IdentityId is not null, key) switch
    {
        (true, true, _) => Hash("party", owner.IdentityId!, key ?? ""),
        (true, false, not null) => Hash("key", key),
        _ => Hash("client", owner.IdentityId ?? "", owner.ClientId),
    };

    private static string Hash(params ReadOnlySpan<string> parts) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))).AsSpan(0, 16));
}
