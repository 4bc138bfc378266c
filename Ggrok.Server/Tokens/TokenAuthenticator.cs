using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Tokens;

/// <summary>A token that the server knows.</summary>
/// <param name="Token">The secret.</param>
/// <param name="Grants">What it allows.</param>
/// <param name="Written">The grants as they were written.</param>
public sealed record TokenEntry(string Token, Grants Grants, string Written = "");

/// <summary>Decides whether a registration carries a known token.</summary>
public sealed class TokenAuthenticator
{
    private const string Scheme = "Bearer ";

    private static readonly Identity Anybody = new("open", Grants.All);

    private readonly (byte[] Hash, Identity Identity)[] _known;

    /// <summary>Creates the check for the given tokens.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="openWithoutTokens">Whether everybody may register when there are none.</param>
    public TokenAuthenticator(IEnumerable<TokenEntry> tokens, bool openWithoutTokens = true)
    {
        _known = [.. tokens.DistinctBy(t => t.Token, StringComparer.Ordinal).Select((t, i) =>
            (Hash(t.Token), new Identity("token-" + (i + 1).ToString(CultureInfo.InvariantCulture), t.Grants)))];
        IsOpen = _known.Length == 0 && openWithoutTokens;
    }

    /// <summary>Everybody may register.</summary>
    public bool IsOpen { get; }

    /// <summary>There are tokens that may register.</summary>
    public bool HasTokens => _known.Length > 0;

    /// <summary>
    /// Who the value of an Authorization header (RFC 6750 section 2.1) belongs to; null when to nobody. All tokens are
    /// compared, each in fixed time, whatever the first ones say.
    /// </summary>
    public Identity? Authenticate(string? authorization)
    {
        if (IsOpen)
        {
            return Anybody;
        }

        string given = authorization is not null && authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? authorization[Scheme.Length..].Trim()
            : "";
        byte[] hash = Hash(given);
        Identity? match = null;
        foreach ((byte[] known, Identity identity) in _known)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, known))
            {
                match = identity;
            }
        }

        return match;
    }

    // Hashing makes lengths equal, so that the comparison tells nothing about them either.
    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
