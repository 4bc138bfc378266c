using System.Net;
using Ggrok.Server.Edge.BruteForce;
using Ggrok.Server.Hosting;
using Ggrok.Server.Tokens;
using Ggrok.Server.Tunnels;
using Ggrok.Server.Visitors;

namespace Ggrok.Server.Dashboard.Access;

/// <summary>What a check of a token found.</summary>
/// <param name="Identity">Whose it is; null unless it is an admin token.</param>
/// <param name="Wait">How long this address must not try again; zero when it may.</param>
internal readonly record struct AdminCheck(Identity? Identity, TimeSpan Wait = default);

/// <summary>Checks tokens of administrators; guessing is slowed for each address.</summary>
internal sealed class AdminAccess(TokenAuthenticator tokens, FailureThrottle throttle, ServerOptions options)
{
    private const string Scope = "admin";
    private const string Scheme = "Bearer ";

    /// <summary>Whether there is a token with which somebody could pass.</summary>
    public bool IsConfigured => options.Tokens.Any(t => t.Grants.IsAdmin);

    /// <summary>Checks the token of the Authorization field; all answers are the same, whatever is wrong with it.</summary>
    public AdminCheck Check(HttpContext context) => Check(context, context.Request.Headers.Authorization.ToString());

    /// <summary>Checks a token that was typed in.</summary>
    public AdminCheck CheckToken(HttpContext context, string token) => Check(context, Scheme + token);

    /// <summary>The address of who asks, by the chain of trusted proxies.</summary>
    public IPAddress? AddressOf(HttpContext context)
    {
        Visitor visitor = Visitor.Of(context.Request, VisitorConnection.Of(context, options.TrustedProxies), options.TrustedProxies);
        return IPAddress.TryParse(visitor.Remote, out IPAddress? address) ? address : null;
    }

    /// <summary>Whether the visitor uses https, by the chain of trusted proxies.</summary>
    public bool IsHttps(HttpContext context) =>
        Visitor.Of(context.Request, VisitorConnection.Of(context, options.TrustedProxies), options.TrustedProxies).Scheme == "https";

    private AdminCheck Check(HttpContext context, string authorization)
    {
        if (!authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return default;
        }

        var key = new FailureKey(AddressBlock.Of(AddressOf(context)), Scope);
        TimeSpan wait = throttle.WaitOf(key);
        if (wait > TimeSpan.Zero)
        {
            return new AdminCheck(null, wait);
        }

        if (tokens.Authenticate(authorization) is { Grants.IsAdmin: true } identity)
        {
            throttle.Succeeded(key);
            return new AdminCheck(identity);
        }

        return new AdminCheck(null, throttle.Failed(key));
    }
}
