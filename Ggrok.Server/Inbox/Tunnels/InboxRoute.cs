using Ggrok.Server.Balancing;
using Ggrok.Server.Edge;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Balancing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Inbox.Tunnels;

/// <summary>A route as what is stored of it, and back.</summary>
internal static class InboxRoute
{
    /// <summary>What is stored of a route that a client serves.</summary>
    public static InboxTunnel ToTunnel(TunnelRoute route, TimeSpan maxAge, DateTimeOffset now) => new()
    {
        Name = route.Key.ToString(),
        Host = route.Key.Host,
        Path = route.Key.Path,
        Match = route.Match?.Texts ?? [],
        TunnelName = route.TunnelName,
        StripPath = route.StripPath,
        ClientId = route.Owner.ClientId,
        Label = route.Owner.Label,
        IdentityId = route.Owner.IdentityId,
        IsProven = route.Owner.IsProven,
        IsPool = route.Terms is not null,
        Balance = route.Terms?.Balance?.ToWire(),
        PoolKeyHash = route.Terms?.KeyHash,
        Policies = route.Edge.Directives,
        LastSeen = now,
        MaxAge = maxAge,
    };

    /// <summary>The name of its route.</summary>
    /// <exception cref="FormatException">Its conditions are not valid.</exception>
    public static RouteKey KeyOf(InboxTunnel tunnel) => RouteKey.Http(tunnel.Host, tunnel.Path, RouteMatch.Parse(tunnel.Match)?.Canonical ?? "");

    /// <summary>Who owns it.</summary>
    public static RouteOwner OwnerOf(InboxTunnel tunnel) => new(tunnel.ClientId, tunnel.Label, tunnel.IdentityId, "", tunnel.IsProven);

    /// <summary>The route of a client that is away.</summary>
    /// <exception cref="FormatException">Its conditions are not valid.</exception>
    public static TunnelRoute ToRoute(InboxTunnel tunnel, EdgeCompiler edge, TimeProvider time)
    {
        RouteKey key = KeyOf(tunnel);
        DateTimeOffset until = tunnel.LastSeen + tunnel.MaxAge;
        return new TunnelRoute
        {
            Key = key,
            Kind = TunnelKind.Http,
            Owner = OwnerOf(tunnel),
            TunnelName = tunnel.TunnelName,
            StripPath = tunnel.StripPath,
            Edge = new EdgeSlot(tunnel.Policies, Compile(tunnel, key, edge)),
            Match = RouteMatch.Parse(tunnel.Match),
            Member = tunnel.IsPool ? new Member(new PoolTerms(tunnel.Balance is null ? null : BalanceRules.Parse(tunnel.Balance), tunnel.PoolKeyHash), null, time) : null,
            AwayUntil = until,
            FreeAt = time.GetTimestamp() + (long)((until - time.GetUtcNow()).TotalSeconds * time.TimestampFrequency),
        };
    }

    // Another version of the server may not know a policy. Letting everybody pass would be worse than nobody.
    private static IReadOnlyList<StagedPolicy> Compile(InboxTunnel tunnel, RouteKey key, EdgeCompiler edge)
    {
        try
        {
            return edge.Compile(tunnel.Policies, new EdgeScope(key, IsClients: true));
        }
        catch (FormatException e)
        {
            return [new StagedPolicy(EdgeStage.Transport, new InvalidPolicy(e.Message))];
        }
    }
}
