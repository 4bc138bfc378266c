using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Edge.Credentials;

/// <summary>In whose hands a tunnel is: what it let visitors do ends when another client, or another token, takes its name.</summary>
internal static class TicketOwner
{
    /// <summary>The owner as text for seals and comparisons; secret, because it holds the id of the client.</summary>
    public static string Of(TunnelRoute route) => $"{route.Owner.ClientId}\n{route.Owner.IdentityId}";
}
