using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Edge.Credentials;

/// <summary>In whose hands a tunnel is: what it let visitors do ends when somebody else takes its name.</summary>
internal static class TicketOwner
{
    /// <summary>The owner as text for seals and comparisons; secret, because it holds ids of clients.</summary>
    public static string Of(TunnelRoute route) => (route.Terms, route.Owner) switch
    {
        // The members of a pool come and go, and are one party by what they have in common (PoolAdmission).
        ({ } terms, { IsProven: true } owner) => $"pool\n{terms.KeyHash}\n{owner.IdentityId}",
        ({ KeyHash: { } key }, _) => $"pool\n{key}\n",
        (_, { } owner) => $"{owner.ClientId}\n{owner.IdentityId}",
    };
}
