using System.Globalization;
using Ggrok.Server.Hosting;

namespace Ggrok.Server.Tunnels;

/// <summary>What clients are told that visitors shall use.</summary>
/// <param name="origin">Scheme and authority that the client dialled.</param>
/// <param name="options">Settings.</param>
internal sealed class PublicUrls(Uri origin, ServerOptions options)
{
    /// <summary>The address of a tunnel.</summary>
    public string Of(RouteKey key) => key.Space switch
    {
        RouteSpace.TcpPort => $"tcp://{origin.Host}:{key.Host}",
        RouteSpace.UdpPort => $"udp://{origin.Host}:{key.Host}",
        RouteSpace.Tls => string.Create(CultureInfo.InvariantCulture, $"tls://{key.Host}:{options.TlsPassthroughPort}"),
        RouteSpace.Private => $"ggrok://{key.Host}",
        _ => $"{origin.Scheme}://{key.Host}{Port()}{(key.Path == "/" ? "" : key.Path)}",
    };

    private string Port() => origin.IsDefaultPort ? "" : ":" + origin.Port.ToString(CultureInfo.InvariantCulture);
}
