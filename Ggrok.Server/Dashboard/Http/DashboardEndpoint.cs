using Ggrok.Server.Dashboard.Access;

namespace Ggrok.Server.Dashboard.Http;

/// <summary>Everything below <c>/$$ggrok</c> that is not for clients, health checks and scrapes: the page and the API beside it.</summary>
internal sealed class DashboardEndpoint(
    PageFiles files, OwnHosts hosts, AdminGuard guard, SignInEndpoints signIn, StateEndpoints state, TokenEndpoints tokens, TailEndpoint tail,
    InboxEndpoints inbox)
{
    private const string Api = "/api/";

    /// <summary>
    /// Whether a request for the bare path is a browser's, which is led to the page; everybody else there is taken for a client
    /// that does not speak WebSocket.
    /// </summary>
    public static bool IsBrowser(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    /// <summary>Leads a browser to the page, whose files have addresses relative to it.</summary>
    public static Task RedirectAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status302Found;
        context.Response.Headers.Location = context.Request.PathBase.Value + "/";
        context.Response.Headers.CacheControl = "no-store";
        return Task.CompletedTask;
    }

    /// <summary>Answers one request.</summary>
    public async Task ServeAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!;
        Protect(context.Response.Headers);
        try
        {
            if (path.StartsWith(Api, StringComparison.Ordinal) && !files.Has(path))
            {
                await CallAsync(context, context.Request.Method, path[Api.Length..]).ConfigureAwait(false);
                return;
            }

            await FileAsync(context, path).ConfigureAwait(false);
        }
        catch (ApiException e) when (!context.Response.HasStarted)
        {
            await context.ProblemAsync(e.Status, e.Message, e.Detail).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Whoever asked is gone.
        }
    }

    private Task FileAsync(HttpContext context, string path)
    {
        if (!files.Has(path))
        {
            throw new ApiException(StatusCodes.Status404NotFound, "Ggrok has nothing here.");
        }

        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            throw new ApiException(StatusCodes.Status405MethodNotAllowed, "This is read with GET.");
        }

        return hosts.Has(context.Request) ? files.SendAsync(context, path) : throw OwnHosts.Foreign();
    }

    private Task CallAsync(HttpContext context, string method, string path)
    {
        string[] parts = path.Split('/');
        return (method, parts) switch
        {
            ("GET", ["session"]) => signIn.StateAsync(context),
            ("POST", ["session"]) => signIn.SignInAsync(context),
            ("DELETE", ["session"]) => AdmitAsync(context, _ => signIn.SignOutAsync(context)),
            ("GET", ["tunnels"]) => AdmitAsync(context, _ => state.TunnelsAsync(context)),
            ("GET", ["sessions"]) => AdmitAsync(context, _ => state.SessionsAsync(context)),
            ("DELETE", ["sessions", var id]) => AdmitAsync(context, by => state.EndAsync(context, by, id)),
            ("GET", ["stats"]) => AdmitAsync(context, _ => state.StatsAsync(context)),
            ("GET", ["tokens"]) => AdmitAsync(context, _ => tokens.ListAsync(context)),
            ("POST", ["tokens"]) => AdmitAsync(context, by => tokens.CreateAsync(context, by)),
            ("DELETE", ["tokens", var name]) => AdmitAsync(context, by => tokens.RevokeAsync(context, by, name)),
            ("GET", ["tail"]) => AdmitAsync(context, by => tail.SendAsync(context, by)),
            ("GET" or "POST" or "DELETE", ["inbox", _, ..]) => AdmitAsync(context, by => inbox.ServeAsync(context, by, path["inbox/".Length..])),
            (_, ["session" or "sessions" or "tunnels" or "stats" or "tokens" or "tail"] or ["sessions" or "tokens", _]) =>
                throw new ApiException(StatusCodes.Status405MethodNotAllowed, "This cannot be done here.", "openapi.json describes the API."),
            _ => throw new ApiException(StatusCodes.Status404NotFound, "There is nothing here.", "openapi.json describes the API."),
        };
    }

    private async Task AdmitAsync(HttpContext context, Func<Administrator, Task> act) =>
        await act(await guard.AdmitAsync(context).ConfigureAwait(false)).ConfigureAwait(false);

    private static void Protect(IHeaderDictionary fields)
    {
        fields.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
            + "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
        fields.XContentTypeOptions = "nosniff";
        fields["Referrer-Policy"] = "no-referrer";
        fields["Cross-Origin-Resource-Policy"] = "same-origin";
        fields["Cross-Origin-Opener-Policy"] = "same-origin";
        fields.CacheControl = "no-store";
    }
}
