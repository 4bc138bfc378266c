using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Metrics.Traffic;

/// <summary>Names of tunnels in labels and in the API: <c>app.example.com/hooks</c>, <c>tcp:20001</c>, <c>private:db</c>.</summary>
internal static class TunnelName
{
    /// <summary>The name of a route.</summary>
    public static string Of(RouteKey key) => key.Space switch
    {
        RouteSpace.Tls => "tls:" + key.Host,
        RouteSpace.TcpPort => "tcp:" + key.Host,
        RouteSpace.UdpPort => "udp:" + key.Host,
        RouteSpace.Private => "private:" + key.Host,
        _ => (key.Path == "/" ? key.Host : key.Host + key.Path)
            + (key.Condition.Length == 0 ? "" : $" ({key.Condition.Replace("\n", ", ", StringComparison.Ordinal)})"),
    };
}
