using Ggrok.Server.Hosting;
using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Tokens;

/// <summary>Decides whether a registration, or a login, carries a known token.</summary>
public sealed class TokenAuthenticator
{
    private const string Scheme = "Bearer ";

    private static readonly Identity Anybody = new("open", Grants.All, IsAnybody: true);

    private readonly TokenSources _sources;
    private readonly TimeProvider _time;
    private readonly bool _hasStore;

    internal TokenAuthenticator(TokenSources sources, ServerOptions options, TimeProvider time)
    {
        _sources = sources;
        _time = time;
        _hasStore = options.TokenStore is not null;

        // Once for all: a server whose last token was revoked has not become one for everybody.
        IsOpen = options.Tokens.Count == 0 && options.TokensFile is null && !_hasStore && options.Tls?.ClientCaFile is null;
    }

    /// <summary>Everybody may register.</summary>
    public bool IsOpen { get; }

    /// <summary>There are tokens that may register, or will be.</summary>
    public bool HasTokens => _hasStore || _sources.Current.Identities.Count > 0;

    /// <summary>There is a token that may administer the server now.</summary>
    internal bool HasAdmin
    {
        get
        {
            DateTimeOffset now = _time.GetUtcNow();
            return _sources.Current.Identities.Any(i => i.Grants.IsAdmin && !(i.Grants.Expires <= now));
        }
    }

    /// <summary>Every token that the server knows, without its secret.</summary>
    public IReadOnlyList<TokenInfo> Tokens =>
        [.. _sources.Current.Identities.Select(i => new TokenInfo(i.Id, i.Grants, i.Token!.Source, i.Token.Created))];

    /// <summary>The tokens whose time is not over.</summary>
    internal IEnumerable<Identity> Valid
    {
        get
        {
            DateTimeOffset now = _time.GetUtcNow();
            return _sources.Current.Identities.Where(i => !(i.Grants.Expires <= now));
        }
    }

    /// <summary>
    /// Who the value of an Authorization header (RFC 6750 section 2.1) belongs to; null when to nobody: whether it is wrong,
    /// revoked or expired is not told. Where guessing has to be slowed, ask <see cref="TokenGate"/>.
    /// </summary>
    public Identity? Authenticate(string? authorization)
    {
        if (IsOpen)
        {
            return Anybody;
        }

        Identity? match = _sources.Current.Find(SecretOf(authorization) ?? "");
        return match is not null && StandingOf(match, out Identity current) == TokenStanding.Valid ? current : null;
    }

    /// <summary>The secret of an Authorization header; null when it has none.</summary>
    internal static string? SecretOf(string? authorization) =>
        authorization is not null && authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && authorization[Scheme.Length..].Trim() is { Length: > 0 } secret
            ? secret
            : null;

    /// <summary>How the token stands now by which somebody was let in before, and what it allows by now.</summary>
    internal TokenStanding StandingOf(Identity identity, out Identity current)
    {
        current = identity;
        if (identity.Token is null)
        {
            return TokenStanding.Valid;
        }

        if (_sources.Current.Find(identity.Token) is not { } known)
        {
            return TokenStanding.Revoked;
        }

        current = known;
        return known.Grants.Expires <= _time.GetUtcNow() ? TokenStanding.Expired : TokenStanding.Valid;
    }
}

/// <summary>How a token stands by which somebody was let in.</summary>
internal enum TokenStanding
{
    /// <summary>It counts.</summary>
    Valid,

    /// <summary>It is not known any more.</summary>
    Revoked,

    /// <summary>Its time is over.</summary>
    Expired,
}
