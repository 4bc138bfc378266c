using System.Net;
using Ggrok.Server.Ports;
using Ggrok.Server.Tokens;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Hosting;

/// <summary>One setting: how it is named in the environment (or any other configuration source) and what it means.</summary>
/// <param name="Name">Environment variable.</param>
/// <param name="Default">Default as one would write it; empty for none.</param>
/// <param name="Unit">Unit or form of the value.</param>
/// <param name="Meaning">One sentence.</param>
public sealed record ServerSetting(string Name, string Default, string Unit, string Meaning);

/// <summary>Reads <see cref="ServerOptions"/> from the configuration. <c>docs/configuration.md</c> lists the same table.</summary>
public static class ServerSettings
{
    /// <summary>Every setting, in the order of the documentation.</summary>
    public static IReadOnlyList<ServerSetting> All { get; } =
    [
        new("PORT", "8080", "port", "Port to listen on, all interfaces; ASPNETCORE_URLS overrides it."),
        new("GGROK_TLS_CERT", "", "paths", "PEM files of certificates, each followed by its chain; visitors' names choose among several."),
        new("GGROK_TLS_KEY", "", "paths", "PEM files of their keys, in the same order; not needed where the certificate's file holds the key."),
        new("GGROK_TLS_PORT", "8443", "port", "Port for TLS, beside PORT; used when GGROK_TLS_CERT is set."),
        new("GGROK_TLS_CLIENT_CA", "", "path", "PEM file of a CA whose client certificates open tunnels without a token."),
        new("GGROK_HTTP3", "auto", "auto or off", "HTTP/3 on the TLS port, where the system has msquic."),
        new("GGROK_TOKENS", "", "comma-separated", "Tokens that may open tunnels, each with its grants; without any the server is open."),
        new("GGROK_TOKENS_FILE", "", "path", "File with one token and its grants a line; # starts a comment. Read again when it changes."),
        new("GGROK_TOKENS_STORE", "", "path", "File of the tokens that tokens create makes and tokens revoke ends, without a restart."),
        new("GGROK_RESERVED_HOSTS", "", "host patterns", "Hosts that only tokens take whose hosts= names them: www.my.app, admin.*"),
        new("GGROK_AUDIT_LOG", "", "path or -", "File to which registrations, refusals and changes of tokens are added as JSON lines; - for the log."),
        new("GGROK_POLICY_FILE", "", "path", "YAML file with policies for tunnels, read again when it changes."),
        new("GGROK_POLICIES", "", "YAML", "The same as text, where there is no file; the file's sections come behind it."),
        new("GGROK_SECRET", "", "text", "Seals the cookies of logins and share links; several with commas, of which the first seals. Without it they end with the process."),
        new("GGROK_LOGIN_PRIVATE", "false", "true or false", "Let clients name login providers at private addresses, and this machine's without https."),
        new("GGROK_TCP_PORTS", "", "ports", "Ports for public TCP tunnels: 20000-20100, 25565, or 0 for any free one."),
        new("GGROK_UDP_PORTS", "", "ports", "Ports for public UDP tunnels, written the same way."),
        new("GGROK_TLS_PASSTHROUGH_PORT", "", "port", "Port on which TLS tunnels share one address, told apart by server name."),
        new("GGROK_PORTS_ADDRESS", "*", "IP address or *", "Address on which these ports listen; * for all."),
        new("GGROK_UDP_IDLE_TIMEOUT", "60s", "duration", "Time without a datagram after which a UDP peer is forgotten."),
        new("GGROK_DOMAIN", "", "host name", "Domain below which clients get subdomains."),
        new("GGROK_TRUSTED_PROXIES", "", "CIDRs or *", "Proxies whose X-Forwarded-* headers are believed; * for any."),
        new("GGROK_SHUTDOWN_GRACE", "25s", "duration", "How long running requests may go on after SIGTERM."),
        new("GGROK_DRAIN_DELAY", "", "duration", "How much of that time new requests are still taken, until what is in front has noticed; without, 5s where GGROK_TRUSTED_PROXIES is set, else 0."),
        new("GGROK_STARTUP_WAIT", "15s", "duration", "How long after its start requests for names without a tunnel wait for clients that come back; 0 for not at all."),
        new("GGROK_MAX_HEAD_BYTES", "32768", "bytes", "Largest request or response head."),
        new("GGROK_MAX_STREAMS", "1000", "count", "Requests that one client may have running at once."),
        new("GGROK_MAX_TUNNELS_PER_TOKEN", "100", "count", "Tunnels that one token may have open at once."),
        new("GGROK_HEADER_TIMEOUT", "30s", "duration", "Time for a visitor's request head and for a client's Hello."),
        new("GGROK_RESPONSE_TIMEOUT", "120s", "duration", "Time from the end of a request to the response head; 0 for no limit."),
        new("GGROK_SEND_TIMEOUT", "5m", "duration", "Time in which a visitor must take the next 64 KiB of a response; 0 for no limit."),
        new("GGROK_STREAM_IDLE_TIMEOUT", "1h", "duration", "Time without a byte after which an exchange is ended; 0 for never."),
        new("GGROK_RAW_IDLE_TIMEOUT", "0", "duration", "The same for raw connections (TCP, TLS that passes through); 0 for never."),
        new("GGROK_AWAY_GRACE", "5m", "duration", "How long the name of a lost client stays its own."),
        new("GGROK_RESUME_GRACE", "60s", "duration", "How long a session whose connection is broken waits for its client, 1s to 1h; 0 for not at all."),
        new("GGROK_RESUME_BUFFER", "8388608", "bytes", "Sent bytes of a session that are kept at most until its client has them."),
        new("GGROK_HEARTBEAT", "20s", "duration", "Time between two pings on a tunnel."),
        new("GGROK_LOG_REQUESTS", "true", "true or false", "Log a line for each request. A console that takes no more loses lines, and says how many."),
        new("GGROK_LOG_FORMAT", "console", "console or json", "Form of the log."),
        new("GGROK_METRICS_ALLOW", "", "CIDRs or *", "Addresses that may read the metrics without an admin token; * for any."),
        new("GGROK_METRICS_MAX_TUNNELS", "500", "count", "Tunnels with figures of their own; beyond that they share the entry other."),
        new("GGROK_DASHBOARD_HOST", "", "host names", "Names under which the server's own page is served, and no tunnel; without, every name that has no tunnel."),
        new("GGROK_INBOX_DIR", "", "path", "Folder of the requests that wait for clients; ggrok-inbox where the server was started without it."),
        new("DATABASE_URL", "", "address", "PostgreSQL in which requests wait for clients, as platforms give it; used without GGROK_INBOX_DIR."),
        new("GGROK_INBOX_MAX_BYTES", "1GiB", "size", "Bytes of all requests that wait, of all tunnels together."),
        new("GGROK_LEGACY", "true", "true or false", "Accept the original Go client."),
        new("GGROK_LEGACY_MAX_BODY_BYTES", "10485760", "bytes", "Largest body through a legacy client, each way."),
        new("GGROK_LEGACY_TIMEOUT", "60s", "duration", "Time for a legacy client to answer."),
    ];

    /// <summary>Reads and checks every setting.</summary>
    /// <exception cref="SettingsException">A value is not valid; the message names every one that is not.</exception>
    public static ServerOptions Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var defaults = new ServerOptions();
        var options = new ServerOptions
        {
            Tokens = reader.Tokens("GGROK_TOKENS", "GGROK_TOKENS_FILE", "GGROK_TOKENS_STORE"),
            TokensFile = reader.Text("GGROK_TOKENS_FILE"),
            TokenStore = reader.Text("GGROK_TOKENS_STORE"),
            ReservedHosts = reader.Parse("GGROK_RESERVED_HOSTS", ReservedHosts.Parse, defaults.ReservedHosts),
            AuditLog = reader.Text("GGROK_AUDIT_LOG"),
            PolicyFile = reader.Text("GGROK_POLICY_FILE"),
            Policies = reader.Text("GGROK_POLICIES"),
            Secrets = reader.Secrets("GGROK_SECRET"),
            LoginPrivate = reader.Bool("GGROK_LOGIN_PRIVATE", defaults.LoginPrivate),
            TcpPorts = reader.Parse("GGROK_TCP_PORTS", PortRange.Parse, defaults.TcpPorts),
            UdpPorts = reader.Parse("GGROK_UDP_PORTS", PortRange.Parse, defaults.UdpPorts),
            TlsPassthroughPort = reader.OptionalInt("GGROK_TLS_PASSTHROUGH_PORT", 0, 65535),
            PortsAddress = reader.Parse("GGROK_PORTS_ADDRESS", AddressOrAll, defaults.PortsAddress),
            UdpIdleTimeout = reader.Duration("GGROK_UDP_IDLE_TIMEOUT", defaults.UdpIdleTimeout, atLeast: TimeSpan.FromSeconds(1)),
            Tls = Ggrok.Server.Tls.TlsSettings.Read(reader, ListenAddresses.Given(configuration) is null ? reader.Int("PORT", 8080, 0, 65535) : null),
            Domain = reader.HostName("GGROK_DOMAIN"),
            TrustedProxies = reader.Parse("GGROK_TRUSTED_PROXIES", TrustedProxies.Parse, defaults.TrustedProxies),
            ShutdownGrace = reader.Duration("GGROK_SHUTDOWN_GRACE", defaults.ShutdownGrace),
            DrainDelay = reader.OptionalDuration("GGROK_DRAIN_DELAY"),
            StartupWait = reader.Duration("GGROK_STARTUP_WAIT", defaults.StartupWait),
            MaxHeadBytes = reader.Int("GGROK_MAX_HEAD_BYTES", defaults.MaxHeadBytes, 1024, 48 * 1024),
            MaxStreams = reader.Int("GGROK_MAX_STREAMS", defaults.MaxStreams, 1, 1_000_000),
            MaxTunnelsPerToken = reader.Int("GGROK_MAX_TUNNELS_PER_TOKEN", defaults.MaxTunnelsPerToken, 1, 10_000_000),
            HeaderTimeout = reader.Duration("GGROK_HEADER_TIMEOUT", defaults.HeaderTimeout, atLeast: TimeSpan.FromMilliseconds(100)),
            ResponseTimeout = reader.Duration("GGROK_RESPONSE_TIMEOUT", defaults.ResponseTimeout),
            SendTimeout = reader.Duration("GGROK_SEND_TIMEOUT", defaults.SendTimeout),
            StreamIdleTimeout = reader.Duration("GGROK_STREAM_IDLE_TIMEOUT", defaults.StreamIdleTimeout),
            RawIdleTimeout = reader.Duration("GGROK_RAW_IDLE_TIMEOUT", defaults.RawIdleTimeout),
            AwayGrace = reader.Duration("GGROK_AWAY_GRACE", defaults.AwayGrace),
            ResumeGrace = reader.Parse("GGROK_RESUME_GRACE", Grace, defaults.ResumeGrace),
            ResumeBuffer = reader.Int("GGROK_RESUME_BUFFER", defaults.ResumeBuffer, Ggrok.Shared.Multiplexing.Resume.ResumeOptions.SmallestBuffer, 256 * 1024 * 1024),
            Heartbeat = reader.Duration("GGROK_HEARTBEAT", defaults.Heartbeat, atLeast: TimeSpan.FromSeconds(1)),
            LogRequests = reader.Bool("GGROK_LOG_REQUESTS", defaults.LogRequests),
            LogJson = reader.OneOf("GGROK_LOG_FORMAT", "console", "json") == "json",
            MetricsAllow = reader.Parse("GGROK_METRICS_ALLOW", AddressList.Parse, defaults.MetricsAllow),
            MetricsMaxTunnels = reader.Int("GGROK_METRICS_MAX_TUNNELS", defaults.MetricsMaxTunnels, 1, 100_000),
            DashboardHosts = reader.Parse("GGROK_DASHBOARD_HOST", HostList, defaults.DashboardHosts),
            InboxFolder = reader.Text("GGROK_INBOX_DIR"),
            DatabaseConnection = reader.Secret("DATABASE_URL", Inbox.Postgres.DatabaseUrl.Parse),
            InboxMaxBytes = reader.Parse("GGROK_INBOX_MAX_BYTES", SizeOfInboxes, defaults.InboxMaxBytes),
            LegacyClients = reader.Bool("GGROK_LEGACY", defaults.LegacyClients),
            LegacyMaxBodyBytes = reader.Int("GGROK_LEGACY_MAX_BODY_BYTES", defaults.LegacyMaxBodyBytes, 0, 100 * 1024 * 1024),
            LegacyTimeout = reader.Duration("GGROK_LEGACY_TIMEOUT", defaults.LegacyTimeout, atLeast: TimeSpan.FromMilliseconds(100)),
        };

        // The client's own variables may be set on the same machine; GGROK_TOKEN is not let pass, because a server on
        // which it was meant as GGROK_TOKENS would be open.
        reader.RefuseUnknown("GGROK_", [.. All.Select(s => s.Name), "GGROK_SERVER", "GGROK_CONFIG", "GGROK_CONNECTIONS"]);
        reader.ThrowIfInvalid();
        return options;
    }

    private static TimeSpan Grace(string text) =>
        Durations.TryParse(text, out TimeSpan grace) && (grace == TimeSpan.Zero || (grace >= TimeSpan.FromSeconds(1) && grace <= TimeSpan.FromHours(1)))
            ? grace
            : throw new FormatException("write a duration from 1s to 1h, or 0");

    private static IReadOnlyList<string> HostList(string text) =>
        [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(h => HostNames.Normalize(h) ?? throw new FormatException("write host names such as admin.example.com, separated by commas"))];

    private static long SizeOfInboxes(string text) => Shared.Protocol.ByteSizes.TryParse(text, out long bytes) && bytes > 0
        ? bytes
        : throw new FormatException("write a size such as 500MiB or 10GiB");

    private static IPAddress? AddressOrAll(string text) =>
        text == "*" ? null
        : IPAddress.TryParse(text, out IPAddress? address) ? address
        : throw new FormatException("write an IP address or *");
}
