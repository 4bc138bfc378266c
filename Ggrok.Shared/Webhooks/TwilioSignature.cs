using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Ggrok.Shared.Webhooks;

/// <summary>
/// Twilio's signature: HMAC-SHA1 over the URL and the fields of the form, sorted; the query of the URL has the hash of any
/// other body.
/// </summary>
internal static class TwilioSignature
{
    private const string Field = "X-Twilio-Signature";

    // Twilio sends some dozens. They are sorted before anything is known about who sent them.
    private const int MostFields = 1000;

    /// <summary>Verifies it.</summary>
    public static SignatureCheck Verify(string[] secrets, WebhookRequest request)
    {
        if (request.Headers.Find(Field) is not { } value)
        {
            return WebhookVerifier.Missing(Field);
        }

        byte[] signature = new byte[value.Length];
        if (!Convert.TryFromBase64String(value, signature, out int length))
        {
            return WebhookVerifier.Malformed(Field, "20 bytes in base64");
        }

        bool form = request.Headers.HasForm();
        string? hash = form ? null : BodyHash(request.Url);
        if (!request.IsWhole && (form || hash is not null))
        {
            return WebhookVerifier.Cut();
        }

        if (form && request.Body.Span.Count((byte)'&') >= MostFields)
        {
            return new(SignatureVerdict.Invalid, string.Create(CultureInfo.InvariantCulture, $"The form has more than {MostFields} fields; Twilio sends no such form."));
        }

        string fields = form ? SortedFields(request.Body.Span) : "";
        int fitting = Array.FindIndex(secrets, s => IsSignedWith(s, request.Url, fields, signature.AsSpan(0, length)));
        if (fitting < 0)
        {
            return new(SignatureVerdict.Invalid, $"{Field} fits no configured secret: another secret was used, the request was changed on its way, or Twilio calls another URL than {request.Url}.");
        }

        if (!form && hash is null && !request.Body.IsEmpty)
        {
            return new(SignatureVerdict.Invalid, "The signature does not cover the body: it is no form, and the URL has no bodySHA256.");
        }

        return hash is null || IsHashOf(hash, request.Body.Span)
            ? WebhookVerifier.Fits(fitting, secrets.Length)
            : new(SignatureVerdict.Invalid, "The body has not the hash that bodySHA256 in the signed URL says.");
    }

    private static bool IsSignedWith(string secret, string url, string fields, ReadOnlySpan<byte> signature)
    {
        bool fits = false;
        foreach (string spelling in WithAndWithoutPort(url))
        {
#pragma warning disable CA5350 // SHA-1 is what the provider signs with; as an HMAC it is not broken.
            byte[] expected = HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(spelling + fields));
#pragma warning restore CA5350
            fits |= CryptographicOperations.FixedTimeEquals(signature, expected);
        }

        return fits;
    }

    private static bool IsHashOf(string hash, ReadOnlySpan<byte> body)
    {
        byte[] expected = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(body)));
        return CryptographicOperations.FixedTimeEquals(expected, Encoding.UTF8.GetBytes(hash.ToLowerInvariant()));
    }

    // Names in the order of their code units; a value that is there several times under one name counts once.
    private static string SortedFields(ReadOnlySpan<byte> form) => string.Concat(FormPeek.Read(form).Distinct()
        .OrderBy(f => f.Name, StringComparer.Ordinal).ThenBy(f => f.Value, StringComparer.Ordinal)
        .Select(f => f.Name + f.Value));

    private static string? BodyHash(string url)
    {
        int query = url.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? null : FormPeek.Find(Encoding.UTF8.GetBytes(url[(query + 1)..]), "bodySHA256");
    }

    // Twilio signs some URLs with the usual port and some without, whatever it was given.
    private static IEnumerable<string> WithAndWithoutPort(string url)
    {
        int begin = url.IndexOf("://", StringComparison.Ordinal) + 3;
        if (begin < 3)
        {
            return [url];
        }

        int end = url.AsSpan(begin).IndexOfAny('/', '?', '#') is >= 0 and int at ? begin + at : url.Length;
        ReadOnlySpan<char> authority = url.AsSpan(begin, end - begin);
        int colon = authority.LastIndexOf(':');
        bool hasPort = colon > authority.LastIndexOf(']') && colon >= 0;
        string port = url.StartsWith("https", StringComparison.OrdinalIgnoreCase) ? ":443" : ":80";
        return hasPort
            ? [url, string.Concat(url.AsSpan(0, begin + colon), url.AsSpan(end))]
            : [url, string.Concat(url.AsSpan(0, end), port, url.AsSpan(end))];
    }
}
