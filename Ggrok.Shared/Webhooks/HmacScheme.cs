using System.Security.Cryptography;
using System.Text;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Webhooks;

/// <summary>How bytes are written as text.</summary>
public enum SignatureEncoding
{
    /// <summary>Hexadecimal digits.</summary>
    Hex,

    /// <summary>Base64 (RFC 4648 section 4).</summary>
    Base64,

    /// <summary>Base64 fit for URLs, with or without padding (RFC 4648 section 5).</summary>
    Base64Url,
}

/// <summary>
/// How a sender that is none of the known providers signs: an HMAC (RFC 2104) over the body and what is named beside it,
/// in a header field.
/// </summary>
public sealed record HmacScheme
{
    private const string Advice = "write, for example, acme header=X-Acme-Signature algorithm=sha256 encoding=hex prefix=sha256= timestamp=X-Acme-Time signed={timestamp}.{body} tolerance=5m secret=text";

    /// <summary>What <c>verify</c> calls it.</summary>
    public string Name { get; private init; } = "hmac";

    /// <summary>Name of the field with the signature; several signatures in it stand between spaces or commas.</summary>
    public string Field { get; private init; } = "";

    /// <summary>The hash function.</summary>
    public HashAlgorithmName Algorithm { get; private init; } = HashAlgorithmName.SHA256;

    /// <summary>How the signature is written.</summary>
    public SignatureEncoding Encoding { get; private init; }

    /// <summary>How the secret is written; null where its text itself is the key.</summary>
    public SignatureEncoding? SecretEncoding { get; private init; }

    /// <summary>What stands in front of a signature.</summary>
    public string Prefix { get; private init; } = "";

    /// <summary>Name of the field with the time of the signature, in seconds or milliseconds since 1970; null without one.</summary>
    public string? TimestampField { get; private init; }

    /// <summary>What is signed.</summary>
    internal IReadOnlyList<SignedPart> Signed { get; private init; } = [new(SignedPartKind.Body, "")];

    /// <summary>By how much the time may differ from now; null for what counts for all.</summary>
    public TimeSpan? Tolerance { get; private init; }

    /// <summary>Reads <c>NAME header=… algorithm=… encoding=… prefix=… timestamp=… signed=… tolerance=… secret=…</c>.</summary>
    /// <exception cref="FormatException">It is not valid; the message says what to write.</exception>
    public static HmacScheme Parse(string text)
    {
        var scheme = new HmacScheme();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        string? signed = null;
        foreach (string word in text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? "" : word[..equals];
            string value = equals < 0 ? word : word[(equals + 1)..];
            if (!seen.Add(key) || value.Length == 0)
            {
                throw new FormatException($"\"{Printable.Clean(word)}\" stands twice or says nothing; {Advice}");
            }

            signed = key == "signed" ? value : signed;
            scheme = scheme.With(key, value);
        }

        if (scheme.Field.Length == 0)
        {
            throw new FormatException($"header= is missing, the name of the field with the signature; {Advice}");
        }

        return scheme with { Signed = SignedPart.Parse(signed ?? (scheme.TimestampField is null ? "{body}" : "{timestamp}.{body}"), scheme.TimestampField) };
    }

    /// <summary>The key that a secret stands for.</summary>
    /// <exception cref="FormatException">The secret is not written as the scheme says.</exception>
    public byte[] KeyOf(string secret) => SecretEncoding is not { } encoding ? System.Text.Encoding.UTF8.GetBytes(secret)
        : Decode(secret, encoding) ?? throw new FormatException($"the secret of {Name} is not written in {encoding.ToString().ToLowerInvariant()}, which secret= says");

    /// <summary>Bytes from text; null when it is not of that form.</summary>
    internal static byte[]? Decode(string text, SignatureEncoding encoding)
    {
        if (encoding == SignatureEncoding.Hex)
        {
            byte[] hex = new byte[text.Length / 2];
            return Convert.FromHexString(text, hex, out _, out _) == System.Buffers.OperationStatus.Done ? hex : null;
        }

        string plain = encoding == SignatureEncoding.Base64 ? text : Padded(text.Replace('-', '+').Replace('_', '/'));
        byte[] bytes = new byte[plain.Length];
        return Convert.TryFromBase64String(plain, bytes, out int length) ? bytes[..length] : null;
    }

    private static string Padded(string text) => text.TrimEnd('=') is var bare ? bare.PadRight((bare.Length + 3) / 4 * 4, '=') : text;

    private HmacScheme With(string key, string value) => key switch
    {
        "" => this with { Name = IsName(value) ? value : throw Invalid(value, "a name of small letters, digits and dashes") },
        "header" => this with { Field = FieldName(value) },
        "algorithm" => this with { Algorithm = AlgorithmOf(value) },
        "encoding" => this with { Encoding = EncodingOf(value) },
        "secret" => this with { SecretEncoding = value == "text" ? null : EncodingOf(value) },
        "prefix" => this with { Prefix = value },
        "timestamp" => this with { TimestampField = FieldName(value) },
        "tolerance" => this with { Tolerance = Durations.TryParse(value, out TimeSpan tolerance) ? tolerance : throw Invalid(value, "a duration such as 5m") },
        "signed" => this,
        _ => throw new FormatException($"there is no {Printable.Clean(key)}=; {Advice}"),
    };

    /// <summary>Whether a provider may be called that.</summary>
    internal static bool IsName(string text) =>
        text.Length is > 0 and <= 40 && char.IsAsciiLetterLower(text[0]) && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static string FieldName(string text) =>
        text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? text : throw Invalid(text, "the name of a header field");

    private static HashAlgorithmName AlgorithmOf(string text) => text.ToLowerInvariant() switch
    {
#pragma warning disable CA5350 // What the sender signs with; as an HMAC it is not broken.
        "sha1" => HashAlgorithmName.SHA1,
#pragma warning restore CA5350
        "sha256" => HashAlgorithmName.SHA256,
        "sha384" => HashAlgorithmName.SHA384,
        "sha512" => HashAlgorithmName.SHA512,
        _ => throw Invalid(text, "sha1, sha256, sha384 or sha512"),
    };

    private static SignatureEncoding EncodingOf(string text) => text.ToLowerInvariant() switch
    {
        "hex" => SignatureEncoding.Hex,
        "base64" => SignatureEncoding.Base64,
        "base64url" => SignatureEncoding.Base64Url,
        _ => throw Invalid(text, "hex, base64 or base64url"),
    };

    private static FormatException Invalid(string text, string instead) => new($"\"{Printable.Clean(text)}\" is not possible here; write {instead}");
}

/// <summary>What a part of the signed bytes is.</summary>
internal enum SignedPartKind
{
    /// <summary>A text that is always the same.</summary>
    Text,

    /// <summary>The body.</summary>
    Body,

    /// <summary>The URL as the visitor sees it.</summary>
    Url,

    /// <summary>The value of a field.</summary>
    Field,
}

/// <summary>A part of the signed bytes.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The text, or the name of the field.</param>
internal readonly record struct SignedPart(SignedPartKind Kind, string Text)
{
    private const string Advice = "write text with {body}, {timestamp}, {url}, {header:NAME}, {lf} or {space} in it";

    /// <summary>Reads a pattern such as <c>{timestamp}.{body}</c>.</summary>
    /// <exception cref="FormatException">It is not valid, or leaves out what must be signed.</exception>
    public static IReadOnlyList<SignedPart> Parse(string pattern, string? timestampField)
    {
        var parts = new List<SignedPart>();
        for (int at = 0; at < pattern.Length;)
        {
            int open = pattern.IndexOf('{', at);
            int close = open < 0 ? -1 : pattern.IndexOf('}', open);
            if (open >= 0 && close < 0)
            {
                throw new FormatException($"signed= has a {{ without its }}; {Advice}");
            }

            int end = open < 0 ? pattern.Length : open;
            if (end > at)
            {
                parts.Add(new(SignedPartKind.Text, pattern[at..end]));
            }

            if (open >= 0)
            {
                parts.Add(Placeholder(pattern[(open + 1)..close], timestampField));
            }

            at = open < 0 ? pattern.Length : close + 1;
        }

        // What is not signed, anybody may change.
        if (!parts.Exists(p => p.Kind == SignedPartKind.Body))
        {
            throw new FormatException($"signed= leaves out {{body}}, so anybody could change the body; {Advice}");
        }

        return timestampField is null || parts.Exists(p => p.Kind == SignedPartKind.Field && p.Text == timestampField)
            ? parts
            : throw new FormatException($"signed= leaves out {{timestamp}}, so anybody could change the time; {Advice}");
    }

    private static SignedPart Placeholder(string name, string? timestampField) => name switch
    {
        "body" => new(SignedPartKind.Body, ""),
        "url" => new(SignedPartKind.Url, ""),
        "lf" => new(SignedPartKind.Text, "\n"),
        "space" => new(SignedPartKind.Text, " "),
        "timestamp" => new(SignedPartKind.Field, timestampField ?? throw new FormatException("signed= has {timestamp}, but timestamp=NAME does not say which field holds it")),
        _ when name.StartsWith("header:", StringComparison.Ordinal) && name.Length > 7 => new(SignedPartKind.Field, name[7..]),
        _ => throw new FormatException($"there is no {{{Printable.Clean(name)}}}; {Advice}"),
    };
}
