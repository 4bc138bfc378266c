using Ggrok.Server.Balancing;
using Ggrok.Server.Edge;
using Ggrok.Shared.Balancing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>Who holds a route.</summary>
/// <param name="ClientId">Persistent id of the client; never shown to others.</param>
/// <param name="Label">What others are told: <c>anna@laptop</c>.</param>
/// <param name="IdentityId">Id of the token or certificate with which it registered; null where nothing is counted.</param>
/// <param name="Instance">Id of this run of the client.</param>
/// <param name="IsProven">The identity was proven: by a token or a certificate, not by being let in like anybody.</param>
public sealed record RouteOwner(string ClientId, string Label, string? IdentityId = null, string Instance = "", bool IsProven = false)
{
    /// <summary>
    /// Whether two are one: the same installation with the same token or certificate. A client id alone, which somebody may
    /// have read in a backup, takes no name from another tenant.
    /// </summary>
    public bool IsSame(RouteOwner other) => ClientId == other.ClientId && IdentityId == other.IdentityId;

    /// <summary>Whether both are one party, who may share what belongs to either: the same token or certificate, from any installation.</summary>
    public bool IsSameParty(RouteOwner other) =>
        IsSame(other) || (IsProven && other.IsProven && IdentityId is not null && IdentityId == other.IdentityId);
}

/// <summary>One registered route. Immutable: a change of state is a new route in the registry.</summary>
public sealed class TunnelRoute
{
    /// <summary>How visitors name it.</summary>
    public required RouteKey Key { get; init; }

    /// <summary>What it carries.</summary>
    public TunnelKind Kind { get; init; }

    /// <summary>Who holds it.</summary>
    public required RouteOwner Owner { get; init; }

    /// <summary>The way to the client, or null while it is away.</summary>
    public ITunnel? Tunnel { get; init; }

    /// <summary>A legacy client that takes one request at a time, instead of <see cref="Tunnel"/>.</summary>
    public ILegacyTunnel? Legacy { get; init; }

    /// <summary>Name of the tunnel within its session.</summary>
    public string TunnelName { get; init; } = "";

    /// <summary>Index of the tunnel within its session.</summary>
    public int TunnelIndex { get; init; }

    /// <summary>Remove the path prefix before the local service sees the target.</summary>
    public bool StripPath { get; init; }

    /// <summary>What its client has the server do with visitors; kept while it is away.</summary>
    public EdgeSlot Edge { get; internal set; } = EdgeSlot.Without();

    /// <summary>Conditions on requests beside host and path; null without any.</summary>
    internal RouteMatch? Match { get; init; }

    /// <summary>Its state as one of several, or as one that is checked; null for any other.</summary>
    internal Member? Member { get; init; }

    /// <summary>All that serve this name together; set once, when it is registered, and null without <see cref="Member"/>.</summary>
    internal Pool? Pool { get; set; }

    /// <summary>While away: when the name becomes free for others, as the wall clock had it when the client was lost.</summary>
    public DateTimeOffset AwayUntil { get; init; }

    /// <summary>
    /// The same as a timestamp, which counts where it is there: a wall clock that is put forward must not give a name away.
    /// </summary>
    internal long? FreeAt { get; init; }

    /// <summary>How long visitors wait for its client once that has left or is lost.</summary>
    public TimeSpan AwayWait { get; init; }

    /// <summary>While away: the timestamp until which visitors wait for the client.</summary>
    internal long WaitUntil { get; init; }

    /// <summary>Figures of its tunnel, remembered once they were looked up.</summary>
    internal Metrics.Traffic.TunnelTraffic? Traffic { get; set; }

    /// <summary>How it shares its name; null when it has it alone.</summary>
    internal PoolTerms? Terms => Member?.Terms;

    /// <summary>The client is lost, but its name is still its own.</summary>
    public bool IsAway => Tunnel is null && Legacy is null;
}
