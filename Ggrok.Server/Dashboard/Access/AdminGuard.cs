using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ggrok.Server.Dashboard.Http;
using Ggrok.Server.Edge.BruteForce;
using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Dashboard.Access;

/// <summary>Who asks the API.</summary>
/// <param name="Identity">By which token.</param>
/// <param name="Session">The session of the page; null with a token in the request itself.</param>
internal sealed record Administrator(Identity Identity, AdminSession? Session);

/// <summary>
/// Lets administrators in: with a token in the request under any name, with the cookie of the page under the server's own names,
/// and then only from the page itself.
/// </summary>
internal sealed class AdminGuard(AdminAccess admin, AdminSessions sessions, OwnHosts hosts, TimeProvider time)
{
    /// <summary>Field that proves that a request with the cookie comes from the page.</summary>
    public const string CsrfField = "X-Ggrok-Csrf";

    /// <summary>Field by which the page says that nobody did anything: it only looks again.</summary>
    public const string BackgroundField = "X-Ggrok-Background";

    /// <summary>Who asks.</summary>
    /// <exception cref="ApiException">Nobody who may.</exception>
    public async ValueTask<Administrator> AdmitAsync(HttpContext context)
    {
        if (context.Request.Headers.Authorization.Count > 0)
        {
            return new Administrator(Accept(context, await admin.CheckAsync(context).ConfigureAwait(false)), null);
        }

        AdminSession session = SessionOf(context) ?? throw Unauthorized(context);
        CheckOrigin(context.Request);
        bool writes = !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method);
        if (writes && !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(context.Request.Headers[CsrfField].ToString()), Encoding.ASCII.GetBytes(session.Csrf)))
        {
            throw new ApiException(StatusCodes.Status403Forbidden, $"Pass the page's own secret in {CsrfField}; GET api/session tells it.");
        }

        if (!context.Request.Headers.ContainsKey(BackgroundField))
        {
            session.Use(time.GetUtcNow());
        }

        return new Administrator(session.Identity, session);
    }

    /// <summary>The session of the page that the request's cookie belongs to; null when nobody is signed in.</summary>
    public AdminSession? SessionOf(HttpContext context) =>
        hosts.Has(context.Request) && OwnHosts.NameOf(context.Request) is { } host
            ? AdminCookie.Read(context.Request, admin.IsHttps(context)).Select(c => sessions.Find(c, host)).FirstOrDefault(s => s is not null)
            : null;

    /// <summary>Who a token belongs to that was typed into the page.</summary>
    /// <exception cref="ApiException">Nobody, or not from this address now.</exception>
    public async ValueTask<Identity> LoginAsync(HttpContext context, string token)
    {
        CheckOrigin(context.Request);
        return Accept(context, await admin.CheckTokenAsync(context, token).ConfigureAwait(false));
    }

    /// <summary>Refuses what comes from another page.</summary>
    /// <exception cref="ApiException">It does.</exception>
    public static void CheckOrigin(HttpRequest request)
    {
        string origin = request.Headers.Origin.ToString();
        bool isForeign = origin.Length > 0 && !(Uri.TryCreate(origin, UriKind.Absolute, out Uri? url)
            && string.Equals(url.Authority, Authority(request, url.Scheme), StringComparison.OrdinalIgnoreCase));
        string site = request.Headers["Sec-Fetch-Site"].ToString();
        if (isForeign || site is not ("" or "same-origin" or "none"))
        {
            throw new ApiException(StatusCodes.Status403Forbidden, "Other web pages may not use the server's page.");
        }
    }

    // As a browser writes it: the scheme's own port is left out. The scheme is the origin's, because a proxy may end TLS.
    private static string Authority(HttpRequest request, string scheme) =>
        Uri.TryCreate($"{scheme}://{request.Host.Value}", UriKind.Absolute, out Uri? own) ? own.Authority : "";

    private static Identity Accept(HttpContext context, AdminCheck check)
    {
        if (check.Wait > TimeSpan.Zero)
        {
            string seconds = FailureThrottle.RetryAfterSeconds(check.Wait).ToString(CultureInfo.InvariantCulture);
            context.Response.Headers.RetryAfter = seconds;
            throw new ApiException(StatusCodes.Status429TooManyRequests, "Too many wrong tokens came from this address.", $"Wait {seconds} s and try again.");
        }

        return check.Identity ?? throw Unauthorized(context);
    }

    private static ApiException Unauthorized(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer realm=\"ggrok\"";
        return new ApiException(StatusCodes.Status401Unauthorized, "This needs an admin token.", "Sign in at the page, or pass the token in Authorization: Bearer.");
    }
}
