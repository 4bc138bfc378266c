using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Hosting;

/// <summary>
/// Tells a TLS proxy in front whether to fetch a certificate for a name (Caddy's <c>on_demand_tls ask</c>): yes for the
/// server's domain and for names that a client holds, so that strangers cannot make the proxy ask for others.
/// </summary>
public sealed class CertificateQuestion(ServerOptions options, TunnelRegistry registry)
{
    /// <summary>Answers <c>?domain=NAME</c> with 200 or 404.</summary>
    public Task ServeAsync(HttpContext context)
    {
        string? host = HostNames.Normalize(context.Request.Query["domain"].ToString());
        bool known = host is not null && (host == options.Domain || registry.HasHost(host));
        context.Response.StatusCode = known ? StatusCodes.Status200OK : StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
