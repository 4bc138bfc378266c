using System.Text;
using Ggrok.Server.Edge.BruteForce;
using Ggrok.Server.Edge.Credentials.Login;
using Ggrok.Server.Visitors;
using Ggrok.Shared.Protocol;
using Microsoft.Extensions.Primitives;

namespace Ggrok.Server.Edge.Credentials;

/// <summary>
/// Lets pass who shows any one of the credentials that are set, all of one layer: the server's or the client's. The visitor's
/// own request is looked at, not what another layer left of it, so that one field may be good for both.
/// </summary>
internal sealed class CredentialsPolicy(IReadOnlyList<ICredentialMethod> methods, EdgeScope scope, FailureThrottle throttle) : IEdgePolicy
{
    private readonly string _realm = $"\"{scope.Key.ToString().Replace("\\", "", StringComparison.Ordinal).Replace("\"", "", StringComparison.Ordinal)}\"";
    private readonly string _guessedAt = $"{(scope.IsClients ? "client" : "server")} {scope.Key}";

    /// <summary>Whether the client asked for it.</summary>
    public bool IsClients => scope.IsClients;

    /// <summary>The login, where there is one.</summary>
    public LoginMethod? Login { get; } = methods.OfType<LoginMethod>().FirstOrDefault();

    /// <summary>Whether share links let pass.</summary>
    public bool TakesShareLinks { get; } = methods.OfType<Share.ShareMethod>().Any();

    public async ValueTask<RelayError> InvokeAsync(EdgeExchange exchange, EdgeNext next)
    {
        var visitor = new FailureKey(AddressBlock.Of(exchange.RemoteAddress), _guessedAt);
        var guesses = new Guesses(throttle, visitor);
        bool isWrong = false;
        foreach (ICredentialMethod method in methods)
        {
            Finding finding = await method.LookAsync(exchange, guesses).ConfigureAwait(false);
            switch (finding.Kind)
            {
                case FindingKind.Accepted:
                    if (finding.Field is not null)
                    {
                        throttle.Succeeded(visitor);
                    }

                    Accept(exchange, finding);
                    return await next.InvokeAsync().ConfigureAwait(false);
                case FindingKind.Slowed:
                    return Slow(exchange, finding.Wait);
                case FindingKind.Refused:
                    isWrong = true;
                    break;
                case FindingKind.Foreign:
                    return exchange.Refuse(RelayError.AccessDenied, "A page of another site opens this WebSocket with your login.");
            }
        }

        // Only now: what one method does not know may be for another, or for the local service.
        if (isWrong)
        {
            throttle.Failed(visitor);
        }

        return Login is not null && IsNavigation(exchange.Context.Request)
            ? await Login.BeginAsync(exchange).ConfigureAwait(false)
            : Challenge(exchange);
    }

    private static void Accept(EdgeExchange exchange, Finding finding)
    {
        List<HeaderField> headers = exchange.Head.Headers;
        if (finding.Field is { } used)
        {
            headers.RemoveAll(h => h.Name.Equals(used, StringComparison.OrdinalIgnoreCase));
        }

        if (finding.User is { } user)
        {
            // The client's layer comes last, and knows the visitors of its tunnel best.
            exchange.User = user;
            headers.RemoveAll(h => h.Name == VisitorHeaders.User);
            headers.Add(new HeaderField(VisitorHeaders.User, Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(user))));
        }
    }

    private static RelayError Slow(EdgeExchange exchange, TimeSpan wait)
    {
        exchange.OnResponse((_, response) => response.Headers.RetryAfter = FailureThrottle.RetryAfterSeconds(wait).ToString(System.Globalization.CultureInfo.InvariantCulture));
        return exchange.Refuse(RelayError.RateLimited, "Too many wrong credentials came from this address. Try again later.");
    }

    private RelayError Challenge(EdgeExchange exchange)
    {
        string[] challenges = [.. methods.Select(m => m.Challenge(_realm)).OfType<string>().Distinct(StringComparer.Ordinal)];

        // RFC 9110 section 15.5.2: a 401 names at least one.
        StringValues fields = challenges.Length == 0 ? $"Ggrok realm={_realm}" : challenges;
        exchange.OnResponse((_, response) => response.Headers.WWWAuthenticate = fields);
        return RelayError.CredentialsRequired;
    }

    // A person who opens a page can be sent elsewhere to log in; a program or script only takes the answer for its own.
    private static bool IsNavigation(HttpRequest request)
    {
        IHeaderDictionary headers = request.Headers;
        return (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
            && headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
            && headers.Upgrade.Count == 0
            && !headers.XRequestedWith.ToString().Equals("XMLHttpRequest", StringComparison.OrdinalIgnoreCase)
            && headers["Sec-Fetch-Mode"].ToString() is "" or "navigate";
    }
}
