using System.Globalization;
using System.Security.Cryptography;
using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Tokens;

/// <summary>All tokens that count at one time. Immutable.</summary>
internal sealed class TokenSet
{
    /// <summary>No tokens.</summary>
    public static readonly TokenSet Empty = new([], null);

    private readonly Identity[] _identities;
    private readonly Dictionary<string, Identity> _byKey;
    private readonly int _unnamed;

    /// <summary>Of the same token written twice the first counts.</summary>
    /// <param name="entries">The tokens.</param>
    /// <param name="previous">What counted before: tokens without a name keep the one that they were given.</param>
    public TokenSet(IEnumerable<TokenEntry> entries, TokenSet? previous)
    {
        _unnamed = previous?._unnamed ?? 0;
        _byKey = new Dictionary<string, Identity>(StringComparer.Ordinal);
        foreach (TokenEntry entry in entries.Where(e => !_byKey.ContainsKey(e.Key)))
        {
            string name = entry.Name ?? previous?.GivenName(entry) ?? "token-" + (++_unnamed).ToString(CultureInfo.InvariantCulture);
            _byKey.Add(entry.Key, new Identity(name, entry.Grants) { Token = entry });
        }

        _identities = [.. _byKey.Values];
    }

    /// <summary>Who the tokens stand for.</summary>
    public IReadOnlyList<Identity> Identities => _identities;

    /// <summary>
    /// Who a secret stands for; null for nobody. All are compared, each in fixed time, whatever the first ones say.
    /// </summary>
    public Identity? Find(string secret)
    {
        byte[] hash = TokenSecret.HashOf(secret);
        Identity? match = null;
        foreach (Identity identity in _identities)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, identity.Token!.Hash))
            {
                match = identity;
            }
        }

        return match;
    }

    /// <summary>Who the same token stands for here; null when it is gone.</summary>
    public Identity? Find(TokenEntry entry) => _byKey.GetValueOrDefault(entry.Key);

    /// <summary>What changed since an earlier set, by name.</summary>
    public TokenChange Since(TokenSet earlier) => new(
        [.. _identities.Where(i => earlier.Find(i.Token!) is null).Select(i => i.Id)],
        [.. earlier._identities.Where(i => Find(i.Token!) is null).Select(i => i.Id)],
        [.. _identities.Where(i => earlier.Find(i.Token!) is { } before && Written(before) != Written(i)).Select(i => i.Id)]);

    private static string Written(Identity identity) => GrantWords.Write(identity.Grants, identity.Id);

    private string? GivenName(TokenEntry entry) => Find(entry) is { Token.Name: null } known ? known.Id : null;
}

/// <summary>What a look at the files of tokens brought.</summary>
/// <param name="Added">Names of tokens that are new.</param>
/// <param name="Removed">Names of tokens that are gone.</param>
/// <param name="Changed">Names of tokens that allow something else now.</param>
internal sealed record TokenChange(IReadOnlyList<string> Added, IReadOnlyList<string> Removed, IReadOnlyList<string> Changed)
{
    /// <summary>Nothing that matters.</summary>
    public bool IsNone => Added.Count + Removed.Count + Changed.Count == 0;
}
