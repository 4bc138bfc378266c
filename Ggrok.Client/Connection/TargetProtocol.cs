namespace Ggrok.Client.Connection;

/// <summary>What is spoken to the local service. Upgrades always go over HTTP/1.1.</summary>
public enum TargetProtocol
{
    /// <summary>
    /// With TLS what ALPN gives (RFC 7301); without it HTTP/2 for gRPC, which knows nothing else, and HTTP/1.1 for the rest.
    /// </summary>
    Auto,

    /// <summary>HTTP/1.1.</summary>
    Http1,

    /// <summary>HTTP/2 without TLS, with prior knowledge (RFC 9113 section 3.3).</summary>
    H2c,

    /// <summary>HTTP/2 over TLS.</summary>
    H2,
}
