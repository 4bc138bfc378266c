using System.Net;
using Ggrok.Server.Ports;
using Ggrok.Server.Tokens;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Multiplexing;

namespace Ggrok.Server.Hosting;

/// <summary>Every setting of the server. Names, defaults and units for people stand in <see cref="ServerSettings"/>.</summary>
public sealed record ServerOptions
{
    /// <summary>Tokens of the settings themselves. Without these, a file, a store and a CA of clients anybody may open tunnels.</summary>
    public IReadOnlyList<TokenEntry> Tokens { get; init; } = [];

    /// <summary>File of further tokens, one a line; null for none.</summary>
    public string? TokensFile { get; init; }

    /// <summary>File of the tokens that are made and revoked while the server runs; null for none.</summary>
    public string? TokenStore { get; init; }

    /// <summary>Host names that only tokens take which name them.</summary>
    public ReservedHosts ReservedHosts { get; init; } = ReservedHosts.None;

    /// <summary>File of the audit log, or <c>-</c> for the server's own log; null for none.</summary>
    public string? AuditLog { get; init; }

    /// <summary>Domain below which clients get subdomains; null on a host that is itself the only name.</summary>
    public string? Domain { get; init; }

    /// <summary>Proxies whose forwarding headers are believed.</summary>
    public TrustedProxies TrustedProxies { get; init; } = TrustedProxies.None;

    /// <summary>How long running requests may go on after SIGTERM.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>How long new requests are still taken after SIGTERM, as a part of <see cref="ShutdownGrace"/>; null for what fits what is in front.</summary>
    public TimeSpan? DrainDelay { get; init; }

    /// <summary>How long after its start a request for a name without a tunnel waits for a client that comes back.</summary>
    public TimeSpan StartupWait { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Largest request or response head, in bytes of names, values and target.</summary>
    public int MaxHeadBytes { get; init; } = 32 * 1024;

    /// <summary>Streams that one client may have open at once.</summary>
    public int MaxStreams { get; init; } = 1000;

    /// <summary>Tunnels that one token may have open at once; on an open server, all clients together.</summary>
    public int MaxTunnelsPerToken { get; init; } = 100;

    /// <summary>Time for a visitor to send its request head, and for a client to send Hello.</summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time from the end of the request to the response head.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Time in which a visitor must take what is sent to it; zero for no limit.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Time without a byte in either direction after which a stream is reset; zero for never.</summary>
    public TimeSpan StreamIdleTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Time without a byte in either direction after which a raw connection is reset; zero for never.</summary>
    public TimeSpan RawIdleTimeout { get; init; }

    /// <summary>How long the name of a client that was lost stays its own.</summary>
    public TimeSpan AwayGrace { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a session whose connection is broken waits for its client to resume it; zero for sessions that end with their connection.</summary>
    public TimeSpan ResumeGrace { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How many sent bytes of a session are kept at most until its client has them.</summary>
    public int ResumeBuffer { get; init; } = 8 * 1024 * 1024;

    /// <summary>Time between two heartbeats of a tunnel.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Whether each request is logged.</summary>
    public bool LogRequests { get; init; } = true;

    /// <summary>Whether log lines are JSON.</summary>
    public bool LogJson { get; init; }

    /// <summary>TLS at the server itself; null when only something in front of it has TLS.</summary>
    public Tls.TlsOptions? Tls { get; init; }

    /// <summary>Whether the original Go client may register.</summary>
    public bool LegacyClients { get; init; } = true;

    /// <summary>Largest body, in bytes, that passes through a legacy client, each way.</summary>
    public int LegacyMaxBodyBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>Time for a legacy client to answer one request.</summary>
    public TimeSpan LegacyTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Ports that public TCP tunnels may have.</summary>
    public PortRange TcpPorts { get; init; } = PortRange.None;

    /// <summary>Ports that public UDP tunnels may have.</summary>
    public PortRange UdpPorts { get; init; } = PortRange.None;

    /// <summary>Port on which TLS connections pass through by their server name; null for none.</summary>
    public int? TlsPassthroughPort { get; init; }

    /// <summary>Address on which those ports listen; null for all.</summary>
    public IPAddress? PortsAddress { get; init; }

    /// <summary>Time without a datagram after which the peer of a UDP tunnel is forgotten.</summary>
    public TimeSpan UdpIdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Tunnels with figures of their own; beyond that they share one entry.</summary>
    public int MetricsMaxTunnels { get; init; } = 500;

    /// <summary>Addresses that may read the metrics without a token; null for none.</summary>
    public AddressList? MetricsAllow { get; init; }

    /// <summary>File with the server's policies, watched; null for none.</summary>
    public string? PolicyFile { get; init; }

    /// <summary>The server's policies themselves, in YAML; null for none.</summary>
    public string? Policies { get; init; }

    /// <summary>Names under which the server's own page is served, and no tunnel; empty for every name without a tunnel.</summary>
    public IReadOnlyList<string> DashboardHosts { get; init; } = [];

    /// <summary>
    /// Secrets that seal what visitors' browsers hold: the first seals, all open. Empty for one that lasts as long as the process.
    /// </summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>Whether the login providers that clients name may be at private addresses.</summary>
    public bool LoginPrivate { get; init; }

    /// <summary>Folder of the requests that wait for clients; null for one where the server was started.</summary>
    public string? InboxFolder { get; init; }

    /// <summary>Where the database is in which requests wait, for Npgsql; null to keep them in files. Has a password.</summary>
    public string? DatabaseConnection { get; init; }

    /// <summary>Bytes of all requests that wait, of all tunnels.</summary>
    public long InboxMaxBytes { get; init; } = 1024L * 1024 * 1024;

    internal MuxOptions ToMuxOptions() => new()
    {
        Role = MuxRole.Server,
        MaxStreams = MaxStreams,
        Heartbeat = Heartbeat,
        StreamIdleTimeout = StreamIdleTimeout,
    };
}
