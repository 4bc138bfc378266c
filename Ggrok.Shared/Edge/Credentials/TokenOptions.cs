using System.Buffers;
using System.Collections.Frozen;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Edge.Credentials;

/// <summary>Secrets that programs send: bearer tokens (RFC 6750) and keys in a header field.</summary>
public sealed record TokenOptions
{
    /// <summary>Key of a bearer token.</summary>
    public const string BearerKey = "bearer";

    /// <summary>Key of a secret in a header field.</summary>
    public const string ApiKeyKey = "api-key";

    private static readonly SearchValues<char> BearerChars = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=$");

    // Framing, and what the server reads itself.
    private static readonly FrozenSet<string> NoKeyFields = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "Host", "Cookie", "Connection", "Content-Length", "Transfer-Encoding", "Upgrade", "Keep-Alive", "TE", "Trailer", "Expect", "X-Request-ID", "X-Ggrok-User");

    /// <summary>The keys of this policy.</summary>
    public static IReadOnlyList<PolicyKey> Keys { get; } =
    [
        new(BearerKey, "TOKEN", "Let programs pass that send Authorization: Bearer with this token; several with the option given again.", values => Array.ForEach([.. values], CheckBearer))
            { Form = PolicyForm.Texts, IsSecret = true, Seal = value => SecretHash.Parse(value).ToString() },
        new(ApiKeyKey, "HEADER=VALUE", "Let programs pass that send this header field with this secret value; several with the option given again.", values => Array.ForEach([.. values], v => ApiKey(v)))
            { Form = PolicyForm.Texts, IsSecret = true, Seal = SealApiKey },
    ];

    /// <summary>Hashes of the bearer tokens.</summary>
    public IReadOnlyList<SecretHash> Bearer { get; init; } = [];

    /// <summary>Keys and the fields that carry them.</summary>
    public IReadOnlyList<ApiKey> ApiKeys { get; init; } = [];

    /// <summary>Reads the values of both keys.</summary>
    /// <exception cref="FormatException">One is not valid; the message says what to write, and shows no secret.</exception>
    public static TokenOptions Parse(IReadOnlyList<string> bearer, IReadOnlyList<string> apiKeys) =>
        new() { Bearer = [.. bearer.Select(SecretHash.Parse)], ApiKeys = [.. apiKeys.Select(ApiKey)] };

    private static void CheckBearer(string value)
    {
        if (value.AsSpan().ContainsAnyExcept(BearerChars))
        {
            throw new FormatException("a bearer token has letters, digits and - . _ ~ + / = only; make one with: openssl rand -hex 32");
        }

        SecretHash.Parse(value);
    }

    private static string SealApiKey(string value)
    {
        ApiKey key = ApiKey(value);
        return $"{key.Field}={key.Hash}";
    }

    private static ApiKey ApiKey(string value)
    {
        int equals = value.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0 || equals == value.Length - 1 || !HeaderField.IsName(value.AsSpan(0, equals)) || value.Any(c => c is < ' ' or > '~'))
        {
            throw new FormatException("write HEADER=VALUE, such as X-Api-Key=…, in ASCII");
        }

        string field = value[..equals];
        return NoKeyFields.Contains(field)
            ? throw new FormatException($"{field} cannot carry a key; write another header field, such as X-Api-Key=…")
            : new ApiKey(field, SecretHash.Parse(value[(equals + 1)..]));
    }
}

/// <summary>A secret in a header field.</summary>
/// <param name="Field">Name of the field.</param>
/// <param name="Hash">Hash of its value.</param>
public sealed record ApiKey(string Field, SecretHash Hash);
