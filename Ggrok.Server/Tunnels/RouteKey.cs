using System.Globalization;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>How visitors name a tunnel. Each space has names of its own.</summary>
public enum RouteSpace
{
    /// <summary>HTTP host and path.</summary>
    Http,

    /// <summary>Server name of a TLS connection that passes through.</summary>
    Tls,

    /// <summary>Public TCP port.</summary>
    TcpPort,

    /// <summary>Public UDP port.</summary>
    UdpPort,

    /// <summary>Private name, reached by clients only.</summary>
    Private,
}

/// <summary>What visitors use to reach a tunnel.</summary>
/// <param name="Space">What kind of name it is.</param>
/// <param name="Host">Normalised host name, private name, or port.</param>
/// <param name="Path">For HTTP, a prefix that begins with a slash and does not end with one; else <c>/</c>.</param>
/// <param name="Condition">For HTTP, further conditions in their canonical form; empty for none.</param>
public readonly record struct RouteKey(RouteSpace Space, string Host, string Path, string Condition = "")
{
    /// <summary>An HTTP host and path prefix.</summary>
    public static RouteKey Http(string host, string path, string condition = "") => new(RouteSpace.Http, host, path, condition);

    /// <summary>A TLS server name.</summary>
    public static RouteKey Tls(string host) => new(RouteSpace.Tls, host, "/");

    /// <summary>A private name.</summary>
    public static RouteKey Private(string name) => new(RouteSpace.Private, name, "/");

    /// <summary>A public port of a TCP or UDP tunnel.</summary>
    public static RouteKey PublicPort(TunnelKind kind, int port) =>
        new(kind == TunnelKind.Udp ? RouteSpace.UdpPort : RouteSpace.TcpPort, port.ToString(CultureInfo.InvariantCulture), "/");

    /// <summary>As people call it.</summary>
    public override string ToString() => Space switch
    {
        RouteSpace.Tls => $"the TLS name {Host}",
        RouteSpace.TcpPort => $"TCP port {Host}",
        RouteSpace.UdpPort => $"UDP port {Host}",
        RouteSpace.Private => $"the name {Host}",
        _ => Host + (Path == "/" ? "" : Path) + (Condition.Length == 0 ? "" : $" ({Condition.Replace("\n", ", ", StringComparison.Ordinal)})"),
    };
}
