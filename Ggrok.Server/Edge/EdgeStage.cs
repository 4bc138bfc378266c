namespace Ggrok.Server.Edge;

/// <summary>
/// The order in which policies see a request; a response passes them the other way round. Within a stage the server's own
/// come before the client's. <c>docs/policies.md</c> says the same.
/// </summary>
public enum EdgeStage
{
    /// <summary>From http to https, and Strict-Transport-Security.</summary>
    Transport,

    /// <summary>Who may come at all, by address.</summary>
    Address,

    /// <summary>How often, and how much at once.</summary>
    Rate,

    /// <summary>Custom pages for what any later stage or the tunnel refuses.</summary>
    ErrorPages,

    /// <summary>Closed for maintenance.</summary>
    Maintenance,

    /// <summary>Cross-origin requests: the preflight carries no credentials, so this is before those.</summary>
    Cors,

    /// <summary>A client certificate.</summary>
    Certificate,

    /// <summary>Share links, passwords, keys, logins: any one of those that are set lets pass.</summary>
    Credentials,

    /// <summary>Size and time of the request body.</summary>
    Body,

    /// <summary>Signatures of webhooks.</summary>
    Webhook,

    /// <summary>Compression of responses.</summary>
    Compression,

    /// <summary>Changes of target and header fields.</summary>
    Rewrite,

    /// <summary>Requests kept for a client that is away.</summary>
    Inbox,

    /// <summary>Bytes in a time.</summary>
    Bandwidth,

    /// <summary>Times and the circuit breaker in front of the local service.</summary>
    Service,
}
