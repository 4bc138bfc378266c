using System.Net;
using Ggrok.Server.Hosting;
using Ggrok.Server.Tokens;
using Ggrok.Server.Tunnels;
using Ggrok.Server.Visitors;

namespace Ggrok.Server.Dashboard.Access;

/// <summary>What a check of a token found.</summary>
/// <param name="Identity">Whose it is; null unless it is an admin token.</param>
/// <param name="Wait">How long this address must not try again; zero when it may.</param>
internal readonly record struct AdminCheck(Identity? Identity, TimeSpan Wait = default);

/// <summary>Checks tokens of administrators; guessing is slowed for each address as it is for clients.</summary>
internal sealed class AdminAccess(TokenAuthenticator authenticator, TokenGate gate, ServerOptions options)
{
    private const string Scheme = "Bearer ";

    /// <summary>Whether there is a token with which somebody could pass.</summary>
    public bool IsConfigured => authenticator.HasAdmin;

    /// <summary>Checks the token of the Authorization field; the answer is the same, whatever is wrong with it.</summary>
    public ValueTask<AdminCheck> CheckAsync(HttpContext context) => CheckAsync(context, context.Request.Headers.Authorization.ToString());

    /// <summary>Checks a token that was typed in.</summary>
    public ValueTask<AdminCheck> CheckTokenAsync(HttpContext context, string token) => CheckAsync(context, Scheme + token);

    /// <summary>Whether the token by which somebody signed in counts, and is an administrator's, by now.</summary>
    public bool IsStillAdmin(Identity identity) => authenticator.StandingOf(identity, out Identity current) == TokenStanding.Valid && current.Grants.IsAdmin;

    /// <summary>The address of who asks, by the chain of trusted proxies, as text.</summary>
    public string RemoteOf(HttpContext context) => Visitor.RemoteOf(context, options.TrustedProxies);

    /// <summary>The address of who asks, by the chain of trusted proxies.</summary>
    public IPAddress? AddressOf(HttpContext context) => IPAddress.TryParse(RemoteOf(context), out IPAddress? address) ? address : null;

    /// <summary>Whether the visitor uses https, by the chain of trusted proxies.</summary>
    public bool IsHttps(HttpContext context) =>
        Visitor.Of(context.Request, VisitorConnection.Of(context, options.TrustedProxies), options.TrustedProxies).Scheme == "https";

    // A client's token is let in and is still none for this: guessing at it tells no more than a registration does.
    private async ValueTask<AdminCheck> CheckAsync(HttpContext context, string authorization)
    {
        Admission admission = await gate.AdmitAsync(authorization, RemoteOf(context)).ConfigureAwait(false);
        return new AdminCheck(admission.Identity is { Grants.IsAdmin: true } ? admission.Identity : null, admission.Wait);
    }
}
