using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ggrok.Server.Hosting;

namespace Ggrok.Server.Edge.Credentials;

/// <summary>
/// Seals what visitors keep for the server: nobody else can read or make it. Each text has a key of its own, derived from the
/// server's secret, the purpose and a random salt (HKDF, RFC 5869; AES-256-GCM). What was sealed for one purpose opens for no other.
/// </summary>
internal sealed class Sealer
{
    private const int SaltBytes = 16;
    private const int TagBytes = 16;
    private const int LongestText = 8 * 1024;

    private readonly byte[][] _secrets;

    public Sealer(ServerOptions options)
    {
        // The first seals, all open: that is how a secret is replaced.
        _secrets = options.Secrets.Count == 0 ? [RandomNumberGenerator.GetBytes(32)] : [.. options.Secrets.Select(Encoding.UTF8.GetBytes)];
    }

    /// <summary>A value as text of letters, digits, <c>-</c> and <c>_</c>.</summary>
    public string Seal<T>(string purpose, T value, JsonTypeInfo<T> type)
    {
        byte[] plain = JsonSerializer.SerializeToUtf8Bytes(value, type);
        byte[] bytes = new byte[SaltBytes + plain.Length + TagBytes];
        Span<byte> salt = bytes.AsSpan(0, SaltBytes);
        RandomNumberGenerator.Fill(salt);
        using AesGcm cipher = Cipher(_secrets[0], salt, purpose);
        cipher.Encrypt(Nonce, plain, bytes.AsSpan(SaltBytes, plain.Length), bytes.AsSpan(SaltBytes + plain.Length));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>The value that was sealed for this purpose; null for anything else.</summary>
    public T? Open<T>(string purpose, string? text, JsonTypeInfo<T> type)
        where T : class
    {
        if (text is not { Length: > 0 and <= LongestText } || !Base64Url.IsValid(text))
        {
            return null;
        }

        byte[] bytes = Base64Url.DecodeFromChars(text);
        int length = bytes.Length - SaltBytes - TagBytes;
        if (length <= 0)
        {
            return null;
        }

        byte[] plain = new byte[length];
        foreach (byte[] secret in _secrets)
        {
            using AesGcm cipher = Cipher(secret, bytes.AsSpan(0, SaltBytes), purpose);
            try
            {
                cipher.Decrypt(Nonce, bytes.AsSpan(SaltBytes, length), bytes.AsSpan(SaltBytes + length), plain);
                return JsonSerializer.Deserialize(plain, type);
            }
            catch (CryptographicException)
            {
                // Sealed with another secret, for something else, or by somebody else.
            }
        }

        return null;
    }

    // Each key encrypts once.
    private static ReadOnlySpan<byte> Nonce => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private static AesGcm Cipher(byte[] secret, ReadOnlySpan<byte> salt, string purpose)
    {
        Span<byte> key = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, key, salt, Encoding.UTF8.GetBytes("ggrok\n" + purpose));
        return new AesGcm(key, TagBytes);
    }
}
