using System.Globalization;
using Ggrok.Server.Dashboard.Access;
using Ggrok.Server.Edge.BruteForce;
using Ggrok.Server.Hosting;

namespace Ggrok.Server.Metrics.Prometheus;

/// <summary>
/// Answers scrapes: with an admin token under any name, without one from addresses that may under the server's own names.
/// Where neither is set up there is nothing here.
/// </summary>
internal sealed class MetricsEndpoint(MetricsReport report, AdminAccess admin, OwnHosts hosts, ServerOptions options)
{
    /// <summary>Answers one scrape.</summary>
    public Task ServeAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            response.Headers.Allow = "GET, HEAD";
            return RefuseAsync(response, StatusCodes.Status405MethodNotAllowed, "Metrics are read with GET.");
        }

        if (options.MetricsAllow is { } allowed && hosts.Has(context.Request) && allowed.Contains(admin.AddressOf(context)))
        {
            return SendAsync(context);
        }

        if (options.MetricsAllow is null && !admin.IsConfigured)
        {
            return RefuseAsync(response, StatusCodes.Status404NotFound, "Ggrok has nothing here.");
        }

        AdminCheck check = admin.Check(context);
        if (check.Identity is not null)
        {
            return SendAsync(context);
        }

        if (check.Wait > TimeSpan.Zero)
        {
            response.Headers.RetryAfter = FailureThrottle.RetryAfterSeconds(check.Wait).ToString(CultureInfo.InvariantCulture);
            return RefuseAsync(response, StatusCodes.Status429TooManyRequests, "Too many wrong tokens came from this address; wait and try again.");
        }

        response.Headers.WWWAuthenticate = "Bearer realm=\"ggrok\"";
        return RefuseAsync(response, StatusCodes.Status401Unauthorized, "Metrics need an admin token, or an address in GGROK_METRICS_ALLOW under one of the server's own names (docs/metrics.md).");
    }

    private Task SendAsync(HttpContext context)
    {
        TextForm form = MetricsText.Wanted(context.Request.Headers.Accept.ToString());
        byte[] text = report.Write(form);
        context.Response.ContentType = MetricsText.ContentType(form);
        context.Response.Headers.Vary = "Accept";
        context.Response.ContentLength = text.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(text).AsTask();
    }

    private static Task RefuseAsync(HttpResponse response, int status, string message)
    {
        response.StatusCode = status;
        return response.WriteAsync(message + "\n");
    }
}
