using Ggrok.Client.Inspector;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Client.Inspector.Rules;
using Ggrok.Client.Local;
using Ggrok.Client.Telemetry;

namespace Ggrok.Client.Connection;

/// <summary>Everything that a <see cref="TunnelClient"/> needs to know.</summary>
public sealed record TunnelClientOptions
{
    /// <summary>The relay: <c>https://my.app</c> or <c>http://localhost:8080</c>.</summary>
    public required Uri Server { get; init; }

    /// <summary>Registration token, sent as <c>Authorization: Bearer</c>; null when the server is open.</summary>
    public string? Token { get; init; }

    /// <summary>Whom the client trusts as its server, and its own certificate.</summary>
    public ServerTrust Trust { get; init; } = ServerTrust.System;

    /// <summary>Persistent identity of this installation; the server lets it replace its own stale session.</summary>
    public required string ClientId { get; init; }

    /// <summary>What others are told when they want a name that this client holds: <c>anna@laptop</c>.</summary>
    public required string Label { get; init; }

    /// <summary>Tunnels to open.</summary>
    public required IReadOnlyList<LocalTunnel> Tunnels { get; init; }

    /// <summary>Private names to connect to.</summary>
    public IReadOnlyList<ConnectTarget> Connect { get; init; } = [];

    /// <summary>Start although nobody serves a name of <see cref="Connect"/> yet.</summary>
    public bool WaitForNames { get; init; }

    /// <summary>Say once, when the tunnels are open, behind which of them nothing listens yet.</summary>
    public bool CheckTargets { get; init; }

    /// <summary>Whether a lost or failed session is tried again; without, the client ends with it.</summary>
    public bool Reconnect { get; init; } = true;

    /// <summary>Connections to the server over which requests are spread; from 1 to 16.</summary>
    public int Connections { get; init; } = 1;

    /// <summary>Where and how much of the traffic can be looked at; null for not at all.</summary>
    public InspectOptions? Inspect { get; init; }

    /// <summary>Records exchanges, or null.</summary>
    internal VisitorRecording? Recording { get; init; }

    /// <summary>Decides about requests before the local services see them, or null.</summary>
    internal IRequestInterceptor? Interceptor { get; init; }

    /// <summary>Makes spans of requests to the local services, or null.</summary>
    internal LocalTracing? Tracing { get; init; }

    /// <summary>Rules of the configuration files, in order.</summary>
    internal IReadOnlyList<Rule> Rules { get; init; } = [];

    /// <summary>How many sent bytes of a session are kept at most until the server has them; zero for sessions that end with their connection.</summary>
    public int ResumeBuffer { get; init; } = 8 * 1024 * 1024;

    /// <summary>How long running exchanges may go on after a stop was asked for.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
