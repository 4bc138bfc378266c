using System.Security.Cryptography;
using System.Text;

namespace Ggrok.Shared.Edge.Credentials;

/// <summary>A token or key as it is kept: <c>$sha256$HASH</c>. Unlike passwords they are long and random, so that one round is enough.</summary>
public sealed class SecretHash
{
    private const string Prefix = "$sha256$";

    private readonly byte[] _hash;

    private SecretHash(byte[] hash)
    {
        _hash = hash;
    }

    /// <summary>The hash of a secret, or the hash that is written.</summary>
    /// <exception cref="FormatException">It begins like a hash, and is none.</exception>
    public static SecretHash Parse(string text)
    {
        if (!text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return new SecretHash(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        }

        byte[] hash = new byte[SHA256.HashSizeInBytes];
        return Convert.TryFromBase64String(text[Prefix.Length..], hash, out int count) && count == hash.Length
            ? new SecretHash(hash)
            : throw new FormatException($"what follows {Prefix} is no SHA-256 hash in base64; write the secret itself, or {Prefix} and its hash");
    }

    /// <summary>The hash of what a visitor sent, for <see cref="Fits"/>.</summary>
    public static byte[] Digest(string given) => SHA256.HashData(Encoding.Latin1.GetBytes(given));

    /// <summary>Whether it is the hash of the same secret; takes the same time for every other.</summary>
    public bool Fits(byte[] digest) => CryptographicOperations.FixedTimeEquals(digest, _hash);

    /// <inheritdoc/>
    public override string ToString() => Prefix + Convert.ToBase64String(_hash);
}
