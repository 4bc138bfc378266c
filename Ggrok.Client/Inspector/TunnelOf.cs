using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Http;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Client.Inspector;

/// <summary>Which of the client's tunnels an exchange belongs to.</summary>
internal static class TunnelOf
{
    /// <summary>Index of the tunnel. An imported exchange, which has none, belongs to the only one that there is.</summary>
    /// <exception cref="ApiException">It belongs to none.</exception>
    public static int Exchange(ExchangeSnapshot exchange, IReadOnlyList<LocalTunnel> tunnels)
    {
        int[] web = [.. Enumerable.Range(0, tunnels.Count).Where(i => tunnels[i].Kind == TunnelKind.Http)];
        foreach (int index in web.Where(i => tunnels[i].Name == exchange.Tunnel))
        {
            return index;
        }

        return web is [int only]
            ? only
            : throw new ApiException(
                StatusCodes.Status409Conflict, $"This client has no tunnel \"{Printable.Clean(exchange.Tunnel)}\" and several others.", "Start only the one whose service is meant.");
    }
}
