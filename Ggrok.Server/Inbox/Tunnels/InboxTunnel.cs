using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Inbox.Tunnels;

/// <summary>A tunnel whose name is kept for its client, with all that is needed to take requests for it.</summary>
internal sealed record InboxTunnel
{
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
}
