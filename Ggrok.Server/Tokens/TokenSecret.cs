using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Ggrok.Server.Tokens;

/// <summary>
/// Secrets of tokens. What is kept is a plain SHA-256: a slow hash makes guessing dear where people choose the secret, and 256
/// random bits cannot be guessed at any speed, while a slow hash would make every registration dear.
/// </summary>
internal static class TokenSecret
{
    /// <summary>What made secrets begin with, so that scanners of repositories and logs know them: <c>ggrok_[A-Za-z0-9_-]{43}</c>.</summary>
    public const string Prefix = "ggrok_";

    private const string HashPrefix = "sha256:";
    private const int RandomBytes = 32;
    private const int RandomCharacters = 43;

    private static readonly SearchValues<char> Base64Url = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>A new secret of 256 random bits.</summary>
    public static string Make() => Prefix + System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>Whether the text looks like a made secret: then guessing it is hopeless, whatever the speed.</summary>
    public static bool HasMadeForm(ReadOnlySpan<char> text) =>
        text.Length == Prefix.Length + RandomCharacters && text.StartsWith(Prefix, StringComparison.Ordinal) && !text[Prefix.Length..].ContainsAnyExcept(Base64Url);

    /// <summary>What is kept of a secret. Hashes have one length, so that comparing them tells nothing about that of the secret.</summary>
    public static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>A hash in text: <c>sha256:</c> and 64 hexadecimal digits.</summary>
    public static string WriteHash(byte[] hash) => HashPrefix + Convert.ToHexStringLower(hash);

    /// <summary>Whether the text says that it is a hash and no secret.</summary>
    public static bool IsHash(string text) => text.StartsWith(HashPrefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>The hash that a text holds; null when it is none.</summary>
    public static byte[]? ReadHash(string text)
    {
        byte[] hash = new byte[SHA256.HashSizeInBytes];
        return IsHash(text) && Convert.FromHexString(text.AsSpan(HashPrefix.Length), hash, out int read, out int written) == OperationStatus.Done && written == hash.Length && read == 2 * hash.Length
            ? hash
            : null;
    }
}
