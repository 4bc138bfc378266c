using Ggrok.Server.Audit;
using Ggrok.Server.Dashboard.Access;
using Ggrok.Server.Dashboard.Http.Contracts;
using Ggrok.Server.Tokens.Store;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Dashboard.Http;

/// <summary>Signing in and out.</summary>
internal sealed class SignInEndpoints(AdminGuard guard, AdminAccess admin, AdminSessions sessions, OwnHosts hosts, TokenStore store, AuditLog audit, TimeProvider time)
{
    /// <summary>Whether somebody is signed in; asked by the page before anything else.</summary>
    public Task StateAsync(HttpContext context)
    {
        AdminSession? session = guard.SessionOf(context);
        if (session is not null && !context.Request.Headers.ContainsKey(AdminGuard.BackgroundField))
        {
            session.Use(time.GetUtcNow());
        }

        return context.JsonAsync(session is null ? new SessionBody(admin.IsConfigured, SignedIn: false) : Body(session), DashboardJson.Relaxed.SessionBody);
    }

    /// <summary>Signs in with an admin token.</summary>
    /// <exception cref="ApiException">The token is none, or the name is a tunnel's.</exception>
    public async Task SignInAsync(HttpContext context)
    {
        if (!hosts.Has(context.Request))
        {
            throw OwnHosts.Foreign();
        }

        LoginOrder order = await context.ReadAsync(DashboardJson.Relaxed.LoginOrder).ConfigureAwait(false);
        Identity identity;
        try
        {
            identity = await guard.LoginAsync(context, order.Token).ConfigureAwait(false);
        }
        catch (ApiException e) when (e.Status == StatusCodes.Status401Unauthorized)
        {
            audit.AdminLogin(null, admin.RemoteOf(context), allowed: false);
            throw new ApiException(e.Status, "This is no admin token.", "Make one with: dotnet Ggrok.Server.dll tokens create --name me --admin");
        }

        bool isHttps = admin.IsHttps(context);

        // A new one each time, whatever cookie came: none that somebody else has set is ever signed in.
        sessions.End(AdminCookie.Read(context.Request, isHttps));
        (string cookie, AdminSession session) = sessions.Begin(identity, OwnHosts.NameOf(context.Request)!);
        AdminCookie.Write(context.Response, isHttps, cookie);
        audit.AdminLogin(identity, admin.RemoteOf(context), allowed: true);
        await context.JsonAsync(Body(session), DashboardJson.Relaxed.SessionBody).ConfigureAwait(false);
    }

    /// <summary>Signs out.</summary>
    public Task SignOutAsync(HttpContext context)
    {
        bool isHttps = admin.IsHttps(context);
        sessions.End(AdminCookie.Read(context.Request, isHttps));
        AdminCookie.Remove(context.Response, isHttps);
        return context.DoneAsync();
    }

    private SessionBody Body(AdminSession session) => new(Configured: true, SignedIn: true, session.Identity.Id, session.Csrf, ProgramVersion.Current, store.IsConfigured);
}
