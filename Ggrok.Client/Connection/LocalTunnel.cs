using Ggrok.Shared.Balancing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Connection;

/// <summary>One tunnel that the client asks for: a public name and the local service behind it.</summary>
public sealed record LocalTunnel
{
    /// <summary>Name of the tunnel within this client, unique in one session.</summary>
    public required string Name { get; init; }

    /// <summary>What the tunnel carries.</summary>
    public TunnelKind Kind { get; init; } = TunnelKind.Http;

    /// <summary>
    /// Scheme, host and port of the local service: <c>http://localhost:3000</c>, <c>tcp://localhost:22</c>. A path here is
    /// not used.
    /// </summary>
    public required Uri Target { get; init; }

    /// <summary>Accept any certificate of an <c>https</c> target (self-signed development certificates).</summary>
    public bool InsecureTarget { get; init; }

    /// <summary>What is spoken to the local service.</summary>
    public TargetProtocol TargetProtocol { get; init; }

    /// <summary><c>rewrite</c> (the target's authority), <c>preserve</c> (what the visitor sent), or a value of one's own.</summary>
    public string HostHeader { get; init; } = HostHeaderRewrite;

    /// <summary>Subdomain wanted below the server's domain; null for a random readable one (or the server's own host).</summary>
    public string? Subdomain { get; init; }

    /// <summary>Custom public host; null unless asked for.</summary>
    public string? Host { get; init; }

    /// <summary>Path prefix of the registration (<c>/alice</c>); null for the whole host.</summary>
    public string? Path { get; init; }

    /// <summary>Remove <see cref="Path"/> from the target before the local service sees it.</summary>
    public bool StripPath { get; init; }

    /// <summary>Public port wanted for a TCP or UDP tunnel; null for any.</summary>
    public int? RemotePort { get; init; }

    /// <summary>Private name by which other clients reach a TCP or UDP tunnel; null for a public port.</summary>
    public string? PrivateName { get; init; }

    /// <summary>Tell the local service who connected, with a PROXY protocol version 2 header in front of the bytes.</summary>
    public bool ProxyProtocol { get; init; }

    /// <summary>What the server shall do with visitors before they reach this client.</summary>
    public IReadOnlyList<PolicyDirective> Policies { get; init; } = [];

    /// <summary>Serve the name together with other clients; null to have it alone.</summary>
    public PoolRequest? Pool { get; init; }

    /// <summary>How the server checks the local service; null when it does not.</summary>
    public HealthRequest? Health { get; init; }

    /// <summary>Conditions on requests beside host and path; null for none.</summary>
    public RouteMatch? Match { get; init; }

    /// <summary>How long visitors wait at the server while this client is away; zero for not at all.</summary>
    public TimeSpan AwayWait { get; init; }

    /// <summary>Value of <see cref="HostHeader"/> that sends the target's own authority.</summary>
    public const string HostHeaderRewrite = "rewrite";

    /// <summary>Value of <see cref="HostHeader"/> that sends the visitor's Host unchanged.</summary>
    public const string HostHeaderPreserve = "preserve";

    /// <summary>The Host field for the local service (RFC 9110 section 7.2), made of what the visitor sent.</summary>
    internal string HostFor(string visitorsHost) => HostHeader switch
    {
        HostHeaderRewrite => Target.Authority,
        HostHeaderPreserve => visitorsHost,
        string own => own,
    };
}
