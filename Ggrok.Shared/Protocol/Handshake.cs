using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ggrok.Shared.Protocol;

/// <summary>Client's first frame.</summary>
/// <param name="Protocol">Protocol version the client speaks.</param>
/// <param name="Client">Persistent id of the installation.</param>
/// <param name="Instance">Id of this run of the client.</param>
/// <param name="Version">Version of the client program, for logs.</param>
/// <param name="Label">Who this is, for people who want a name that is held: <c>anna@laptop</c>.</param>
/// <param name="Origin">Scheme and authority that the client dialled: <c>https://my.app</c>; public URLs share its scheme and port.</param>
/// <param name="Tunnels">Tunnels wanted, all or none are opened.</param>
/// <param name="Connect">Private names to which the client wants to open connections, or null.</param>
/// <param name="Connection">Which of the client's connections this is; null where it has only one.</param>
/// <param name="Resumable">The client can resume sessions; null when it cannot.</param>
/// <param name="Resume">The session to go on with, in place of tunnels; null to open one.</param>
public sealed record Hello(
    int Protocol,
    string Client,
    string Instance,
    string Version,
    string Label,
    string Origin,
    IReadOnlyList<TunnelRequest> Tunnels,
    IReadOnlyList<string>? Connect = null,
    ConnectionSlot? Connection = null,
    ResumeOffer? Resumable = null,
    ResumeRequest? Resume = null);

/// <summary>One of several connections that serve the same tunnels.</summary>
/// <param name="Index">Which one, from 0. The connection that had the number before is replaced.</param>
/// <param name="Of">How many there shall be.</param>
/// <param name="Moves">The connection that had the number before is still well: it finishes what runs there.</param>
public sealed record ConnectionSlot(int Index, int Of, bool? Moves = null);

/// <summary>One tunnel that a client asks for.</summary>
/// <param name="Name">Name within the session.</param>
/// <param name="Kind">Kind of tunnel: the name of a <see cref="TunnelKind"/> in lower case.</param>
/// <param name="Subdomain">Label below the server's domain, or null.</param>
/// <param name="Host">Custom host, or null.</param>
/// <param name="Path">Path prefix, or null for the whole host.</param>
/// <param name="StripPath">Remove the prefix from request targets.</param>
/// <param name="RemotePort">Public port of a TCP or UDP tunnel, or null for any.</param>
/// <param name="PrivateName">Name by which other clients reach a TCP or UDP tunnel that has no public port, or null.</param>
/// <param name="Policies">What the server shall do with visitors before they reach the client, or null.</param>
/// <param name="Pool">Share the name with other clients, or null.</param>
/// <param name="Health">Have the local service checked, or null.</param>
/// <param name="Match">Conditions on requests beside host and path, each as in <see cref="Balancing.RouteMatch"/>, or null.</param>
/// <param name="AwayWaitMs">How long, in milliseconds, visitors wait for a client that left or was lost; null for not at all.</param>
public sealed record TunnelRequest(
    string Name,
    string Kind,
    string? Subdomain = null,
    string? Host = null,
    string? Path = null,
    bool StripPath = false,
    int? RemotePort = null,
    string? PrivateName = null,
    IReadOnlyList<PolicyDirective>? Policies = null,
    PoolRequest? Pool = null,
    HealthRequest? Health = null,
    IReadOnlyList<string>? Match = null,
    int? AwayWaitMs = null);

/// <summary>Server's acceptance.</summary>
/// <param name="Session">Id of the session, for logs.</param>
/// <param name="Version">Version of the server program, for logs.</param>
/// <param name="Tunnels">The tunnels in the order of Hello.</param>
/// <param name="Limits">What the server allows.</param>
/// <param name="Connect">The private names of Hello, in its order, or null when it named none.</param>
/// <param name="Connection">The one of Hello; null when it named none, or the server knows of one connection only.</param>
/// <param name="Node">Which process of the server this is; null where the server does not say.</param>
/// <param name="Resume">How the session can be resumed; null when it cannot, and when it just was.</param>
/// <param name="Received">Bytes of the resumed session that the server has received; null in a new session.</param>
public sealed record Welcome(
    string Session,
    string Version,
    IReadOnlyList<TunnelGrant> Tunnels,
    SessionLimits Limits,
    IReadOnlyList<NameState>? Connect = null,
    ConnectionSlot? Connection = null,
    string? Node = null,
    ResumeGrant? Resume = null,
    long? Received = null);

/// <summary>One tunnel that the server opened.</summary>
/// <param name="Name">Name within the session.</param>
/// <param name="Url">Public URL.</param>
/// <param name="Policies">How many policies of the client are in force; null when it asked for none, or the server knows none.</param>
/// <param name="Pool">The pool that it belongs to, or null.</param>
/// <param name="Checked">The server checks the local service; null when it was not asked to, or does not know how.</param>
/// <param name="Match">The conditions that hold; null when there are none, or the server knows none.</param>
public sealed record TunnelGrant(string Name, string Url, int? Policies = null, PoolGrant? Pool = null, bool? Checked = null, string? Match = null);

/// <summary>What the server knows of a private name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Kind">Kind of the tunnel that serves it, in lower case; null while nobody does.</param>
/// <param name="Away">The name is held by a client that is away and expected back.</param>
public sealed record NameState(string Name, string? Kind = null, bool Away = false);

/// <summary>What the server allows in one session.</summary>
/// <param name="MaxStreams">Concurrent streams.</param>
/// <param name="MaxHeadBytes">Size of one Head payload in bytes.</param>
public sealed record SessionLimits(int MaxStreams, int MaxHeadBytes);

/// <summary>Server's refusal; the connection closes after it.</summary>
/// <param name="Code">Name of the reason.</param>
/// <param name="Message">One sentence that says what to do.</param>
/// <param name="MayRetry">Whether the same Hello may be accepted later.</param>
/// <param name="RetryAfterSeconds">Wait at least this long before the next attempt, in seconds.</param>
/// <param name="Tunnel">Name of the tunnel that was refused, where it is one of several.</param>
/// <param name="Node">With <see cref="RejectCode.SessionUnknown"/>: which process of possibly several says so.</param>
/// <param name="Ended">With <see cref="RejectCode.SessionUnknown"/>: why the session ended, where that is known.</param>
public sealed record Rejected(
    RejectCode Code, string Message, bool MayRetry, int? RetryAfterSeconds = null, string? Tunnel = null, string? Node = null, CloseReason? Ended = null);

/// <summary>Why a registration was refused.</summary>
[JsonConverter(typeof(EnumNameConverter<RejectCode>))]
public enum RejectCode
{
    /// <summary>A code that this version does not know.</summary>
    Unknown = 0,

    /// <summary>No token, or not one that the server knows.</summary>
    TokenRefused,

    /// <summary>The name is held by another client.</summary>
    NameTaken,

    /// <summary>The name may not be registered here.</summary>
    NameNotAllowed,

    /// <summary>No common protocol version.</summary>
    ProtocolUnsupported,

    /// <summary>The token has as many tunnels as it may.</summary>
    TooManyTunnels,

    /// <summary>The kind of tunnel is not offered here.</summary>
    KindUnsupported,

    /// <summary>The Hello is not valid.</summary>
    HelloInvalid,

    /// <summary>The server is shutting down.</summary>
    Draining,

    /// <summary>The public port is outside the server's range, in use, or none is left.</summary>
    PortUnavailable,

    /// <summary>The token does not grant this.</summary>
    NotGranted,

    /// <summary>A policy is not known here, or its value is not valid.</summary>
    PolicyInvalid,

    /// <summary>Too many unknown tokens came from the client's address.</summary>
    TooManyAttempts,

    /// <summary>There is no such session to resume here, or it is not this client's.</summary>
    SessionUnknown,
}

/// <summary>No new streams; finish what runs, then connect again.</summary>
/// <param name="Reason">Name of the reason: <see cref="CloseReason.Drained"/>, <see cref="CloseReason.Replaced"/> or one about the session's token.</param>
/// <param name="Message">One sentence for people.</param>
public sealed record GoAway(CloseReason Reason, string Message);

/// <summary>Source-generated JSON of the handshake and of GoAway.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false,
    MaxDepth = ProtocolLimits.MaxJsonDepth)]
[JsonSerializable(typeof(Hello))]
[JsonSerializable(typeof(Welcome))]
[JsonSerializable(typeof(Rejected))]
[JsonSerializable(typeof(GoAway))]
public sealed partial class HandshakeJson : JsonSerializerContext;
