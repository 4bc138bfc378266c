using Ggrok.Server.Edge.BruteForce;
using Ggrok.Server.Edge.Credentials.Basic;
using Ggrok.Server.Edge.Credentials.Bearer;
using Ggrok.Server.Edge.Credentials.Login;
using Ggrok.Server.Edge.Credentials.Share;
using Ggrok.Shared.Edge.Credentials;

namespace Ggrok.Server.Edge.Credentials;

/// <summary>Makes <see cref="CredentialsPolicy"/> of all keys about credentials.</summary>
internal sealed class CredentialsPolicyFactory(Sealer sealer, PasswordQueue passwords, ShareBook shares, LoginServices logins, TimeProvider time) : IEdgePolicyFactory
{
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
            methods.Add(new BasicMethod(AuthOptions.Parse(users), passwords));
        }

        return new CredentialsPolicy(methods, scope, _throttle);
    }
}
