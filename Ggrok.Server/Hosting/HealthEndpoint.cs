using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Hosting;

/// <summary>
/// Health for platforms: <c>/health/live</c> says that the process answers, <c>/health/ready</c> and <c>/health</c>
/// that it takes tunnels, which ends when it drains.
/// </summary>
public sealed class HealthEndpoint(SessionDirectory sessions)
{
    /// <summary>Answers 200 or 503 with a word.</summary>
    public Task ServeAsync(HttpContext context)
    {
        bool live = context.Request.Path == "/health/live" || !sessions.IsDraining;
        context.Response.StatusCode = live ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(live ? "{\"status\":\"ok\"}\n" : "{\"status\":\"draining\"}\n");
    }
}
