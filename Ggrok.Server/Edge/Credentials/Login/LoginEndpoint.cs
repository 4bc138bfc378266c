using System.Net;
using Ggrok.Server.Hosting;
using Ggrok.Server.Relay;
using Ggrok.Server.Tunnels;
using Ggrok.Server.Visitors;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge.Credentials.Login;

/// <summary>Where browsers come back from providers, and where they sign out.</summary>
internal sealed partial class LoginEndpoint(
    ServerOptions options, TunnelRegistry registry, PolicyBook policies, Sealer sealer, TimeProvider time, ILogger<LoginEndpoint> log)
{
    /// <summary>Path of the sign-out.</summary>
    public const string LogoutPath = "/logout";

    /// <summary>A browser comes back.</summary>
    public async Task CallbackAsync(HttpContext context)
    {
        var record = new ExchangeRecord { Id = CorrelationId.Of(context.Request), Started = time.GetTimestamp() };
        try
        {
            await CompleteAsync(context).ConfigureAwait(false);
        }
        catch (LoginException e)
        {
            record.Reason = e.Message;
            LogFailed(FailureLevel.Of(e.Error), record.Id, Printable.Clean(context.Request.Host.Value), e.Error, Printable.CleanMessage(e.Message), Printable.CleanMessage(e.InnerException?.Message));
            await ErrorPage.WriteAsync(context, e.Error, record).ConfigureAwait(false);
        }
    }

    /// <summary>Asks whether to sign out, and does it. The question keeps other sites from doing it.</summary>
    public async Task LogoutAsync(HttpContext context)
    {
        string host = HostNames.Normalize(context.Request.Host.Value ?? "") ?? "";
        string shown = WebUtility.HtmlEncode(host);
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            await CredentialPage.WriteAsync(context, "Sign out?",
                $"""<p>This browser will no longer be signed in at {shown}.</p><form method="post"><p><button>Sign out</button></p></form>""").ConfigureAwait(false);
            return;
        }

        if (!IsOwnForm(context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            await CredentialPage.WriteAsync(context, "Not signed out", "<p>Another site asked for it. Open this page yourself to sign out.</p>").ConfigureAwait(false);
            return;
        }

        bool isHttps = SchemeOf(context) == "https";
        foreach (TunnelRoute route in registry.OfHost(host))
        {
            foreach (CredentialsPolicy layer in LayersOf(route).Where(l => l.TakesShareLinks))
            {
                OwnCookies.Delete(context.Response, Share.ShareMethod.CookieName(route, isHttps));
            }

            foreach (LoginMethod login in LayersOf(route).Select(l => l.Login).OfType<LoginMethod>())
            {
                login.End(context, route, isHttps);
            }
        }

        await CredentialPage.WriteAsync(context, "Signed out",
            $"<p>This browser is no longer signed in at {shown}. It still is at the provider of the login: sign out there as well on a machine that others use.</p>").ConfigureAwait(false);
    }

    private async Task CompleteAsync(HttpContext context)
    {
        IQueryCollection query = context.Request.Query;
        string host = HostNames.Normalize(context.Request.Host.Value ?? "") ?? "";
        LoginState state = sealer.Open(LoginMethod.StatePurpose(host), query["state"], CredentialJson.Default.LoginState)
            ?? throw new LoginException(RelayError.LoginFailed, "The answer belongs to no login that was begun here.");
        if (state.Expires <= time.GetUtcNow())
        {
            throw new LoginException(RelayError.LoginFailed, "The login took too long.");
        }

        TunnelRoute? route = registry.Find(RouteKey.Http(host, state.Path, state.Condition));
        LoginMethod login = (route is null ? [] : LayersOf(route)).FirstOrDefault(l => l.IsClients == state.IsClients)?.Login
            ?? throw new LoginException(RelayError.LoginFailed, "The tunnel has no login any more.");
        if (query["error"] is [{ } error])
        {
            throw new LoginException(RelayError.LoginFailed, $"{login.ProviderName} says: {Printable.Clean(error)}.");
        }

        string code = query["code"] is [{ Length: > 0 } given] ? given : throw new LoginException(RelayError.LoginFailed, "The provider sent no code.");
        await login.CompleteAsync(context, route!, state, code, query["iss"] is [{ } issuer] ? issuer : null, SchemeOf(context)).ConfigureAwait(false);
    }

    private IEnumerable<CredentialsPolicy> LayersOf(TunnelRoute route) => policies.PipelineOf(route)?.Policies.OfType<CredentialsPolicy>() ?? [];

    private string SchemeOf(HttpContext context) =>
        Visitor.Of(context.Request, VisitorConnection.Of(context, options.TrustedProxies), options.TrustedProxies).Scheme;

    // Pages of the same domain are no strangers to a browser's rules for cookies, but they are to this host.
    private static bool IsOwnForm(HttpRequest request)
    {
        string site = request.Headers["Sec-Fetch-Site"].ToString();
        string origin = request.Headers.Origin.ToString();
        return site.Length > 0 ? site is "same-origin" or "none"
            : origin.Length == 0 || origin.EndsWith("://" + request.Host.Value, StringComparison.OrdinalIgnoreCase);
    }

    [LoggerMessage(Message = "{RequestId} {Host} login failed: {Error}: {Reason} {Detail}")]
    private partial void LogFailed(LogLevel level, string requestId, string host, RelayError error, string reason, string detail);
}
