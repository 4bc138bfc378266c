using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Ggrok.Shared.Edge.Credentials;

/// <summary>
/// A password as it is kept: <c>$pbkdf2-sha256$ROUNDS$SALT$HASH</c> (RFC 8018, PBKDF2 with HMAC-SHA-256), salt and hash in base64
/// without padding, with <c>.</c> in place of <c>+</c>.
/// </summary>
public sealed class PasswordHash
{
    /// <summary>What a hash begins with, and a password therefore must not.</summary>
    public const string Prefix = "$pbkdf2-sha256$";

    private const int UsualRounds = 310_000;
    private const int FewestRounds = 1_000;
    private const int MostRounds = 1_000_000;
    private const int SaltBytes = 16;
    private const int HashBytes = 32;

    private readonly byte[] _salt;
    private readonly byte[] _hash;

    private PasswordHash(int rounds, byte[] salt, byte[] hash)
    {
        Rounds = rounds;
        _salt = salt;
        _hash = hash;
    }

    /// <summary>How often HMAC is applied: what a guess costs.</summary>
    public int Rounds { get; }

    /// <summary>The hash of a password, with a new salt. Computes for about a tenth of a second.</summary>
    /// <param name="password">The password.</param>
    /// <param name="rounds">What a guess costs; null for the usual.</param>
    public static PasswordHash Of(string password, int? rounds = null)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(SaltBytes);
        int cost = rounds ?? UsualRounds;
        return new PasswordHash(cost, salt, Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, cost, HashAlgorithmName.SHA256, HashBytes));
    }

    /// <summary>A hash that no password has, to compute as long as with a real one.</summary>
    /// <param name="rounds">What a guess costs.</param>
    public static PasswordHash OfNobody(int rounds) =>
        new(rounds, RandomNumberGenerator.GetBytes(SaltBytes), RandomNumberGenerator.GetBytes(HashBytes));

    /// <summary>Reads what <see cref="ToString"/> wrote, or another program in the same form.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out PasswordHash? hash)
    {
        hash = null;
        if (!text.StartsWith(Prefix, StringComparison.Ordinal)
            || text[Prefix.Length..].Split('$') is not [var cost, var salt, var digest]
            || !int.TryParse(cost, NumberStyles.None, CultureInfo.InvariantCulture, out int rounds) || rounds is < FewestRounds or > MostRounds
            || Bytes(salt) is not { Length: >= 8 and <= 64 } saltBytes || Bytes(digest) is not { Length: HashBytes } hashBytes)
        {
            return false;
        }

        hash = new PasswordHash(rounds, saltBytes, hashBytes);
        return true;
    }

    /// <summary>Whether the password is the one. Computes as long as <see cref="Rounds"/> says, whatever comes out.</summary>
    public bool Fits(ReadOnlySpan<byte> password) =>
        CryptographicOperations.FixedTimeEquals(Rfc2898DeriveBytes.Pbkdf2(password, _salt, Rounds, HashAlgorithmName.SHA256, HashBytes), _hash);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Rounds}${Text(_salt)}${Text(_hash)}");

    private static string Text(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '.');

    private static byte[]? Bytes(string text)
    {
        byte[] buffer = new byte[text.Length];
        string padded = text.Replace('.', '+').PadRight((text.Length + 3) / 4 * 4, '=');
        return Convert.TryFromBase64String(padded, buffer, out int count) ? buffer[..count] : null;
    }
}
