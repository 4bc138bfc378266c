using System.Globalization;

namespace Ggrok.Server.Tunnels;

/// <summary>What clients are told that visitors shall use.</summary>
/// <param name="origin">Scheme and authority that the client dialled.</param>
/// <param name="tlsPort">Port that TLS tunnels share, or null.</param>
internal sealed class PublicUrls(Uri origin, int? tlsPort)
{
    /// <summary>The address of a tunnel.</summary>
    public string Of(RouteKey key) => key.Space switch
    {
        RouteSpace.TcpPort => $"tcp://{origin.Host}:{key.Host}",
        RouteSpace.UdpPort => $"udp://{origin.Host}:{key.Host}",
        RouteSpace.Tls => string.Create(CultureInfo.InvariantCulture, $"tls://{key.Host}:{tlsPort}"),
        RouteSpace.Private => $"ggrok://{key.Host}",
        _ => $"{origin.Scheme}://{key.Host}{Port()}{(key.Path == "/" ? "" : key.Path)}",
    };

    private string Port() => origin.IsDefaultPort ? "" : ":" + origin.Port.ToString(CultureInfo.InvariantCulture);
}
