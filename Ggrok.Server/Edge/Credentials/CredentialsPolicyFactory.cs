using System.Globalization;
using Ggrok.Server.Edge.BruteForce;
using Ggrok.Server.Edge.Credentials.Basic;
using Ggrok.Server.Edge.Credentials.Bearer;
using Ggrok.Server.Edge.Credentials.Login;
using Ggrok.Server.Edge.Credentials.Share;
using Ggrok.Shared.Edge.Credentials;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge.Credentials;

/// <summary>Makes <see cref="CredentialsPolicy"/> of all keys about credentials.</summary>
internal sealed class CredentialsPolicyFactory(Sealer sealer, PasswordQueue passwords, ShareBook shares, LoginServices logins, TimeProvider time) : IEdgePolicyFactory
{
    // What one guess at a tunnel may cost the server that all share; the hashes that clients make themselves cost less.
    private const int MostRoundsOfClient = 400_000;

    // Apart from that of registrations: visitors and clients shall not push each other out.
    private readonly FailureThrottle _throttle = new(time);

    public EdgeStage Stage => EdgeStage.Credentials;

    public IEnumerable<string> Keys => AuthOptions.Keys.Concat(TokenOptions.Keys).Concat(ShareOptions.Keys).Concat(LoginOptions.Keys).Select(k => k.Name);

    public IEdgePolicy Create(PolicyValues values, EdgeScope scope)
    {
        // What nobody can guess comes first: wrong guesses of a neighbour do not slow it. Passwords cost most, and come last.
        var methods = new List<ICredentialMethod>();
        if (LoginOptions.Keys.Any(k => values.All(k.Name).Count > 0))
        {
            methods.Add(new LoginMethod(LoginOptions.Parse(values.Single, values.All), scope, logins));
        }

        // A link of the client's owner lets pass at the client's own layer, and at the server's where that says so.
        if (scope.IsClients || values.IsOn(ShareOptions.ShareKey))
        {
            methods.Add(new ShareMethod(sealer, shares, time));
        }

        TokenOptions tokens = TokenOptions.Parse(values.All(TokenOptions.BearerKey), values.All(TokenOptions.ApiKeyKey));
        if (tokens.Bearer.Count > 0)
        {
            methods.Add(new BearerMethod(tokens.Bearer));
        }

        methods.AddRange(tokens.ApiKeys.GroupBy(k => k.Field, StringComparer.OrdinalIgnoreCase).Select(same => new ApiKeyMethod(same.Key, [.. same.Select(k => k.Hash)])));
        if (values.All(AuthOptions.UserKey) is { Count: > 0 } users)
        {
            methods.Add(new BasicMethod(Users(users, scope), passwords));
        }

        return new CredentialsPolicy(methods, scope, _throttle);
    }

    private static AuthOptions Users(IReadOnlyList<string> values, EdgeScope scope)
    {
        AuthOptions options = AuthOptions.Parse(values);
        return scope.IsClients && options.Users.FirstOrDefault(u => u.Hash?.Rounds > MostRoundsOfClient) is { } costly
            ? throw new FormatException(string.Create(CultureInfo.InvariantCulture,
                $"the hash of {Printable.Clean(costly.Name)} has {costly.Hash!.Rounds} rounds, and a client's may have {MostRoundsOfClient}; make one with ggrok hash-password"))
            : options;
    }
}
