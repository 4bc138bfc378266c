using Ggrok.Server.Inbox.Items;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Inbox.Tunnels;

/// <summary>A tunnel whose name is kept for its client, with all that is needed to take requests for it.</summary>
internal sealed record InboxTunnel
{
    private const int MostEarlier = 4;

    /// <summary>Host of its key.</summary>
    public required string Host { get; init; }

    /// <summary>Path of its key.</summary>
    public required string Path { get; init; }

    /// <summary>Conditions, as they are written.</summary>
    public IReadOnlyList<string> Match { get; init; } = [];

    /// <summary>Name of the tunnel within its client.</summary>
    public string TunnelName { get; init; } = "";

    /// <summary>Whether the prefix is taken off.</summary>
    public bool StripPath { get; init; }

    /// <summary>Id of the client; a secret of its owner.</summary>
    public required string ClientId { get; init; }

    /// <summary>What others are told of the client.</summary>
    public required string Label { get; init; }

    /// <summary>Name of its token or certificate.</summary>
    public string? IdentityId { get; init; }

    /// <summary>The identity was proven.</summary>
    public bool IsProven { get; init; }

    /// <summary>It shares its name.</summary>
    public bool IsPool { get; init; }

    /// <summary>How the pool balances; null for the usual way.</summary>
    public string? Balance { get; init; }

    /// <summary>Hash of the pool's key.</summary>
    public string? PoolKeyHash { get; init; }

    /// <summary>Policies of the client.</summary>
    public IReadOnlyList<PolicyDirective> Policies { get; init; } = [];

    /// <summary>When its client was there last.</summary>
    public required DateTimeOffset LastSeen { get; init; }

    /// <summary>For how long after that the name is kept.</summary>
    public required TimeSpan MaxAge { get; init; }

    /// <summary>The tunnel as people call it, by which items know it.</summary>
    public required string Name { get; init; }

    /// <summary>Hashes of the same owner from before it began to share the name, or stopped: what came then is its own, too.</summary>
    public IReadOnlyList<string> Earlier { get; init => field = value ?? []; } = [];

    /// <summary>Hashes that its items may have.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public IReadOnlyList<string> Owners => [InboxOwner.HashOf(this), .. Earlier];

    /// <summary>Whether a stored request is its owner's.</summary>
    public bool Owns(InboxItem item) => item.Tunnel == Name && Owners.Contains(item.Owner);

    /// <summary>It with what belongs to its owner by what was known before.</summary>
    public InboxTunnel After(InboxTunnel? before) => before is null || !InboxOwner.IsSame(before, this)
        ? this
        : this with { Earlier = [.. before.Owners.Concat(Earlier).Distinct().Where(o => o != InboxOwner.HashOf(this)).Take(MostEarlier)] };

    /// <summary>Whether another says the same.</summary>
    public bool IsLike(InboxTunnel other) =>
        this with { Match = other.Match, Policies = other.Policies, Earlier = other.Earlier } == other
        && Match.SequenceEqual(other.Match) && Policies.SequenceEqual(other.Policies) && Earlier.SequenceEqual(other.Earlier);
}
