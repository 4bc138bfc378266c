using Ggrok.Server.Dashboard.Http;
using Ggrok.Server.Hosting;
using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Dashboard.Access;

/// <summary>
/// The names under which the server's own page may be used. What a browser sends along by itself (a cookie, its address)
/// counts there only: under a tunnel's name the tenant's own page could send requests in an administrator's browser.
/// </summary>
internal sealed class OwnHosts(ServerOptions options, TunnelRegistry registry)
{
    /// <summary>Whether the request came under one of them.</summary>
    public bool Has(HttpRequest request) => NameOf(request) is { } host && Has(host);

    /// <summary>The name under which a request came, normalised; null when it is none.</summary>
    public static string? NameOf(HttpRequest request) => HostNames.Normalize(request.Host.Value ?? "");

    /// <summary>The request came under another name.</summary>
    public static ApiException Foreign() => new(
        StatusCodes.Status404NotFound, "The server's page is not served under this name.",
        "It has names of its own: those of GGROK_DASHBOARD_HOST, or without that setting every name that no tunnel has (docs/dashboard.md).");

    // An away tunnel counts: its pages may still be open in somebody's browser.
    private bool Has(string host) => options.DashboardHosts.Count > 0 ? options.DashboardHosts.Contains(host, StringComparer.Ordinal) : !registry.HasHost(host);
}
