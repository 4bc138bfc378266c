using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Legacy;

internal sealed class LegacyEndpoint : ILegacyEndpoint
{
    public Task ServeAsync(HttpContext context, string tokenId) => throw new NotSupportedException();
}
