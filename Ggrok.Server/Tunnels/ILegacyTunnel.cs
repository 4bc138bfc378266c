namespace Ggrok.Server.Tunnels;

/// <summary>A client of the original Go program: whole requests and responses, one at a time.</summary>
public interface ILegacyTunnel
{
    /// <summary>Serves one visitor's request, the answer included.</summary>
    Task RelayAsync(HttpContext context);
}
