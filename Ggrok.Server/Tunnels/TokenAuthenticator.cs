using System.Security.Cryptography;
using System.Text;

namespace Ggrok.Server.Tunnels;

/// <summary>Decides whether a registration carries a known token.</summary>
public sealed class TokenAuthenticator
{
    private const string Scheme = "Bearer ";

    private readonly byte[][] _hashes;

    /// <summary>Creates the check for the given tokens.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="openWithoutTokens">Whether everybody may register when there are none.</param>
    public TokenAuthenticator(IEnumerable<string> tokens, bool openWithoutTokens = true)
    {
        _hashes = [.. tokens.Distinct(StringComparer.Ordinal).Select(Hash)];
        IsOpen = _hashes.Length == 0 && openWithoutTokens;
    }

    /// <summary>Everybody may register.</summary>
    public bool IsOpen { get; }

    /// <summary>There are tokens that may register.</summary>
    public bool HasTokens => _hashes.Length > 0;

    /// <summary>
    /// Checks the value of an Authorization header (RFC 6750 section 2.1). On success <paramref name="tokenId"/> names
    /// the token without telling it. All tokens are compared, each in fixed time, whatever the first ones say.
    /// </summary>
    public bool TryAuthenticate(string? authorization, out string tokenId)
    {
        tokenId = "open";
        if (IsOpen)
        {
            return true;
        }

        string given = authorization is not null && authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? authorization[Scheme.Length..].Trim()
            : "";
        byte[] hash = Hash(given);
        int match = -1;
        for (int i = 0; i < _hashes.Length; i++)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, _hashes[i]))
            {
                match = i;
            }
        }

        if (match < 0)
        {
            return false;
        }

        tokenId = "token-" + (match + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
        return true;
    }

    // Hashing makes lengths equal, so that the comparison tells nothing about them either.
    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
