namespace Ggrok.Shared.Protocol;

/// <summary>What a tunnel carries. On the wire it is the name in lower case.</summary>
public enum TunnelKind
{
    /// <summary>HTTP requests and upgrades, found by host and path.</summary>
    Http,

    /// <summary>TCP connections, found by a public port or a private name.</summary>
    Tcp,

    /// <summary>UDP datagrams, found by a public port or a private name.</summary>
    Udp,

    /// <summary>TLS connections that are not decrypted on the way, found by server name (RFC 6066 section 3).</summary>
    Tls,
}

/// <summary>Names of <see cref="TunnelKind"/> on the wire.</summary>
public static class TunnelKinds
{
    /// <summary>The name on the wire.</summary>
    public static string ToWire(this TunnelKind kind) => kind switch
    {
        TunnelKind.Tcp => "tcp",
        TunnelKind.Udp => "udp",
        TunnelKind.Tls => "tls",
        _ => "http",
    };

    /// <summary>The kind of a name on the wire; null when this version does not know it.</summary>
    public static TunnelKind? Parse(string name) => name switch
    {
        "http" => TunnelKind.Http,
        "tcp" => TunnelKind.Tcp,
        "udp" => TunnelKind.Udp,
        "tls" => TunnelKind.Tls,
        _ => null,
    };
}
