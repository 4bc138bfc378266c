using Ggrok.Server.Dashboard.Http;
using Ggrok.Server.Edge.Credentials;
using Ggrok.Server.Inbox.Api;
using Ggrok.Server.Metrics.Prometheus;
using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Hosting;

/// <summary>What the server answers itself, below <c>/$$ggrok</c>, under every name: visitors of a tunnel never reach it there.</summary>
internal sealed class OwnPaths(
    TunnelEndpoint tunnels, HealthEndpoint health, CertificateQuestion certificates, CredentialEndpoints credentials,
    MetricsEndpoint metrics, InboxApi inbox, DashboardEndpoint dashboard)
{
    /// <summary>Answers one request, whose path is what follows the prefix.</summary>
    public Task ServeAsync(HttpContext context)
    {
        if (CredentialEndpoints.Has(context.Request.Path.Value))
        {
            return credentials.ServeAsync(context);
        }

        if (InboxApi.Has(context.Request.Path.Value))
        {
            return inbox.ServeAsync(context);
        }

        switch (context.Request.Path.Value)
        {
            case "" or null when DashboardEndpoint.IsBrowser(context.Request) && !context.WebSockets.IsWebSocketRequest:
                return DashboardEndpoint.RedirectAsync(context);
            case "" or null:
                return tunnels.ServeAsync(context);
            case "/health" or "/health/live" or "/health/ready":
                return health.ServeAsync(context);
            case "/tls-allowed":
                return certificates.ServeAsync(context);
            case "/metrics":
                return metrics.ServeAsync(context);
            default:
                return dashboard.ServeAsync(context);
        }
    }
}
