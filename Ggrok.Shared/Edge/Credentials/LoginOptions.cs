using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Edge.Credentials;

/// <summary>Login at another site: GitHub, or any OpenID Connect provider.</summary>
public sealed record LoginOptions
{
    /// <summary>Key of the provider.</summary>
    public const string ProviderKey = "oauth";

    /// <summary>Key of the id that the provider gave.</summary>
    public const string ClientIdKey = "oauth-client-id";

    /// <summary>Key of the secret that the provider gave.</summary>
    public const string SecretKey = "oauth-client-secret";

    /// <summary>Key of the file that holds the secret.</summary>
    public const string SecretFileKey = "oauth-client-secret-file";

    /// <summary>Key of who may pass.</summary>
    public const string AllowKey = "oauth-allow";

    /// <summary>Key of further scopes.</summary>
    public const string ScopeKey = "oauth-scope";

    /// <summary>Key of the time for which a login is good.</summary>
    public const string LifetimeKey = "oauth-lifetime";

    private const int LongestText = 500;

    private static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(30);

    /// <summary>The keys of this policy.</summary>
    public static IReadOnlyList<PolicyKey> Keys { get; } =
    [
        new(ProviderKey, "PROVIDER", "Let visitors log in with github, google or the OpenID Connect provider at https://….", values => LoginProvider.Parse(values[0])),
        new(ClientIdKey, "ID", "Client id that the provider gave for this tunnel.", values => Plain(values[0])),
        new(SecretKey, "SECRET", "Client secret that the provider gave for this tunnel; other users of the machine may see options, so better as a file.", values => Plain(values[0]))
            { IsSecret = true },
        new(SecretFileKey, "FILE", "File that holds the client secret and nothing else.", values => Plain(values[0].Trim()))
            { Form = PolicyForm.File, IsSecret = true },
        new(AllowKey, "WHO", "Who of them may pass: an e-mail address, @domain, org:NAME or user:NAME of GitHub, group:NAME of a groups claim, or * for everybody.", values => LoginRule.Parse(values))
            { Form = PolicyForm.Texts },
        new(ScopeKey, "SCOPE", "Scopes to ask the provider for beside the usual ones.", values => Array.ForEach([.. values], Scope))
            { Form = PolicyForm.Texts },
        new(LifetimeKey, "TIME", "How long a login is good, up to 30d; 12h unless set.", values => Lifetimes(values[0])),
    ];

    /// <summary>Where visitors log in.</summary>
    public required LoginProvider Provider { get; init; }

    /// <summary>Id that the provider gave.</summary>
    public required string ClientId { get; init; }

    /// <summary>Secret that the provider gave; null for a client without one.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>Who may pass; one that fits is enough.</summary>
    public required IReadOnlyList<LoginRule> Allow { get; init; }

    /// <summary>Scopes beside the usual ones.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>How long a login is good.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromHours(12);

    /// <summary>Reads the values of all keys.</summary>
    /// <param name="single">The value of a key that is set once; null when it is not.</param>
    /// <param name="all">Every value of a key.</param>
    /// <exception cref="FormatException">Something is missing or does not fit together; the message says what to write.</exception>
    public static LoginOptions Parse(Func<string, string?> single, Func<string, IReadOnlyList<string>> all)
    {
        LoginProvider provider = LoginProvider.Parse(single(ProviderKey) ?? throw new FormatException($"say where visitors log in, with {ProviderKey}"));
        if (single(SecretKey) is not null && single(SecretFileKey) is not null)
        {
            throw new FormatException($"the secret is written twice; write {SecretKey} or {SecretFileKey}");
        }

        string? secret = single(SecretKey) ?? single(SecretFileKey)?.Trim();
        LoginRule[] allow = LoginRule.Parse(all(AllowKey));
        LoginRule? foreign = Array.Find(allow, r => provider.IsGitHub ? r.Kind == LoginRuleKind.Group : r.Kind is LoginRuleKind.Organisation or LoginRuleKind.GitHubUser);
        return new LoginOptions
        {
            Provider = provider,
            ClientId = single(ClientIdKey) ?? throw new FormatException($"the provider knows the tunnel by an id; write it with {ClientIdKey}"),
            ClientSecret = secret is null && provider.IsGitHub ? throw new FormatException($"GitHub wants a client secret; write {SecretFileKey}") : secret,
            Allow = allow.Length == 0 ? throw new FormatException($"say who may pass, with {AllowKey}; * is everybody who has an account there")
                : foreign is null ? allow
                : throw new FormatException(provider.IsGitHub ? $"GitHub has no groups; write {AllowKey} org:NAME" : $"org: and user: are of GitHub; write {AllowKey} with an e-mail address, @domain or group:NAME"),
            Scopes = [.. all(ScopeKey).SelectMany(s => s.Split(' ', StringSplitOptions.RemoveEmptyEntries))],
            Lifetime = single(LifetimeKey) is { } time ? Lifetimes(time) : TimeSpan.FromHours(12),
        };
    }

    private static TimeSpan Lifetimes(string text) => Durations.TryParse(text, out TimeSpan time) && time > TimeSpan.Zero && time <= LongestLifetime
        ? time
        : throw new FormatException("write a time such as 30m, 12h or 7d, up to 30d");

    private static void Plain(string text)
    {
        if (text.Length is 0 or > LongestText || text.Any(c => c is <= ' ' or > '~'))
        {
            throw new FormatException("write it as the provider shows it, without spaces");
        }
    }

    private static void Scope(string text)
    {
        // RFC 6749 section 3.3.
        if (text.Length > LongestText || text.Any(c => c is < ' ' or > '~' or '"' or '\\'))
        {
            throw new FormatException("write names of scopes, with spaces between or given again");
        }
    }
}
