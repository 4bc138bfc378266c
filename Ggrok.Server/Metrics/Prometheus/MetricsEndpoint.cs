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
    public async Task ServeAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        await (await RefusalOfAsync(context).ConfigureAwait(false) is var (status, message)
            ? RefuseAsync(response, status, message)
            : SendAsync(context)).ConfigureAwait(false);
    }

    private async ValueTask<(int Status, string Message)?> RefusalOfAsync(HttpContext context)
    {
        IHeaderDictionary fields = context.Response.Headers;
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            fields.Allow = "GET, HEAD";
            return (StatusCodes.Status405MethodNotAllowed, "Metrics are read with GET.");
        }

        if (options.MetricsAllow is { } allowed && hosts.Has(context.Request) && allowed.Contains(admin.AddressOf(context)))
        {
            return null;
        }

        if (options.MetricsAllow is null && !admin.IsConfigured)
        {
            return (StatusCodes.Status404NotFound, "Ggrok has nothing here.");
        }

        AdminCheck check = await admin.CheckAsync(context).ConfigureAwait(false);
        if (check.Identity is not null)
        {
            return null;
        }

        if (check.Wait > TimeSpan.Zero)
        {
            fields.RetryAfter = FailureThrottle.RetryAfterSeconds(check.Wait).ToString(CultureInfo.InvariantCulture);
            return (StatusCodes.Status429TooManyRequests, "Too many wrong tokens came from this address; wait and try again.");
        }

        fields.WWWAuthenticate = "Bearer realm=\"ggrok\"";
        return (StatusCodes.Status401Unauthorized, "Metrics need an admin token, or an address in GGROK_METRICS_ALLOW under one of the server's own names (docs/metrics.md).");
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
