namespace Ggrok.Server.Tunnels;

/// <summary>Takes registrations without a sub-protocol: the original Go client.</summary>
public interface ILegacyEndpoint
{
    /// <summary>Serves the client until it leaves.</summary>
    Task ServeAsync(HttpContext context, Identity identity);
}
