using System.Security.Cryptography;
using System.Text;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Edge.Credentials;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge.Credentials.Login;

/// <summary>A visitor who logged in at a provider, and is among those who may pass.</summary>
internal sealed class LoginMethod(LoginOptions options, EdgeScope scope, LoginServices services) : ICredentialMethod
{
    /// <summary>Path to which providers send browsers back.</summary>
    public const string CallbackPath = "/login/callback";

    private const string BrowserCookie = "browser";
    private const int TagBytes = 5;

    private static readonly TimeSpan LongestAttempt = TimeSpan.FromMinutes(15);

    private readonly ILoginProtocol _protocol = services.Protocol(options, scope.IsClients);
    private readonly string _cookie = "login-" + Tag($"{scope.Key.Path}\n{scope.Key.Condition}\n{scope.IsClients}");

    // Whoever was let in by other rules, or by another provider, logs in again.
    private readonly string _rules = Tag(string.Join('\n', [options.Provider.Text, options.ClientId, .. options.Allow.Select(r => r.ToString()).Order(StringComparer.Ordinal)]));

    /// <summary>As people know the provider.</summary>
    public string ProviderName => options.Provider.Name;

    public string? Challenge(string realm) => null;

    public ValueTask<Finding> LookAsync(EdgeExchange exchange, Guesses guesses) => ValueTask.FromResult(
        Ticket(exchange.Context.Request, exchange.Route, exchange.IsHttps) is not { } ticket ? Finding.Nothing
        : TicketOrigin.IsOwn(exchange) ? Finding.Accepted(ticket.User)
        : new Finding(FindingKind.Foreign));

    /// <summary>Sends the browser to the provider.</summary>
    public async ValueTask<RelayError> BeginAsync(EdgeExchange exchange)
    {
        string cookie = OwnCookies.NameOf(BrowserCookie, exchange.IsHttps);
        BrowserSecret browser = BrowserSecret.Parse(OwnCookies.Find(exchange.Context.Request, cookie)) ?? BrowserSecret.New();
        var state = new LoginState(
            scope.Key.Path, scope.Key.Condition, scope.IsClients, LocalTarget.Of(exchange.VisitorTarget, scope.Key.Path), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12)),
            browser.Hash, services.Time.GetUtcNow() + LongestAttempt);
        try
        {
            string location = await _protocol.AddressAsync(Attempt(state, browser, exchange.Head.Scheme, exchange.Head.Host)).ConfigureAwait(false);
            HttpResponse response = exchange.Answer(StatusCodes.Status303SeeOther);
            OwnCookies.Set(response, cookie, browser.Text, LongestAttempt);
            CredentialPage.Redirect(response, location);
            return RelayError.None;
        }
        catch (LoginException e)
        {
            return exchange.Refuse(e.Error, e.Message);
        }
    }

    /// <summary>Lets the person in who comes back from the provider, if it is one who may pass.</summary>
    /// <exception cref="LoginException">It is not, or the provider gave no valid answer.</exception>
    public async Task CompleteAsync(HttpContext context, TunnelRoute route, LoginState state, string code, string? issuer, string scheme)
    {
        bool isHttps = scheme == "https";
        string host = context.Request.Host.Value ?? "";
        BrowserSecret? browser = BrowserSecret.Parse(OwnCookies.Find(context.Request, OwnCookies.NameOf(BrowserCookie, isHttps)));
        if (browser?.Fits(state) != true)
        {
            throw new LoginException(RelayError.LoginFailed, "The login was begun in another browser, or the browser keeps no cookies.");
        }

        LoginPerson person = await _protocol.PersonAsync(Attempt(state, browser, scheme, host), code, issuer).ConfigureAwait(false);
        if (!person.IsAmong(options.Allow))
        {
            throw new LoginException(RelayError.AccessDenied, $"At {ProviderName} you are {person.Name}.");
        }

        var ticket = new LoginTicket(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12)), person.Name, services.Time.GetUtcNow() + options.Lifetime);
        OwnCookies.Set(context.Response, OwnCookies.NameOf(_cookie, isHttps), services.Sealer.Seal(Purpose(route), ticket, CredentialJson.Default.LoginTicket), options.Lifetime);
        CredentialPage.Redirect(context.Response, state.Target);
    }

    /// <summary>Ends the login of a browser; returns who it was, or null.</summary>
    public string? End(HttpContext context, TunnelRoute route, bool isHttps)
    {
        LoginTicket? ticket = Ticket(context.Request, route, isHttps);
        if (ticket is not null)
        {
            services.Ended.Add(ticket);
            OwnCookies.Delete(context.Response, OwnCookies.NameOf(_cookie, isHttps));
        }

        return ticket?.User;
    }

    /// <summary>What the state is sealed for.</summary>
    public static string StatePurpose(string host) => "login-state\n" + host;

    private LoginAttempt Attempt(LoginState state, BrowserSecret browser, string scheme, string host) => new(
        $"{scheme}://{host}{ProtocolLimits.Path}{CallbackPath}",
        services.Sealer.Seal(StatePurpose(scope.Key.Host), state, CredentialJson.Default.LoginState),
        browser.Nonce(state.Salt),
        browser.Verifier(state.Salt));

    private LoginTicket? Ticket(HttpRequest request, TunnelRoute route, bool isHttps) =>
        services.Sealer.Open(Purpose(route), OwnCookies.Find(request, OwnCookies.NameOf(_cookie, isHttps)), CredentialJson.Default.LoginTicket) is { } ticket
            && ticket.Expires > services.Time.GetUtcNow() && !services.Ended.Contains(ticket.Id)
                ? ticket
                : null;

    // A client's login is good while that client has the name.
    private string Purpose(TunnelRoute route) =>
        $"login\n{scope.Key.Host}\n{scope.Key.Path}\n{scope.Key.Condition}\n{_rules}\n{(scope.IsClients ? TicketOwner.Of(route) : "")}";

    private static string Tag(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, TagBytes));
}
