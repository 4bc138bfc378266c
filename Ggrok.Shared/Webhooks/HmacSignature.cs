using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Webhooks;

/// <summary>Verifies signatures that a <see cref="HmacScheme"/> describes. They are compared in constant time.</summary>
public static class HmacSignature
{
    // A time of seconds has ten digits until 2286; one of milliseconds has had more since 1973.
    private const long LargestSeconds = 99_999_999_999;

    /// <summary>Verifies a request's signature.</summary>
    /// <param name="scheme">How it is signed.</param>
    /// <param name="keys">Keys, of which one must fit (<see cref="HmacScheme.KeyOf"/>).</param>
    /// <param name="request">The request.</param>
    /// <param name="now">When it arrived.</param>
    /// <param name="tolerance">By how much the time may differ from now, unless the scheme says so.</param>
    public static SignatureCheck Verify(HmacScheme scheme, IReadOnlyList<byte[]> keys, WebhookRequest request, DateTimeOffset now, TimeSpan tolerance)
    {
        if (request.Headers.Find(scheme.Field) is not { } value)
        {
            return WebhookVerifier.Missing(scheme.Field);
        }

        List<byte[]> signatures = Signatures(scheme, value);
        if (signatures.Count == 0)
        {
            return WebhookVerifier.Malformed(scheme.Field, $"{scheme.Prefix}… in {scheme.Encoding.ToString().ToLowerInvariant()}");
        }

        DateTimeOffset? signedAt = null;
        if (scheme.TimestampField is { } field)
        {
            if (request.Headers.Find(field) is not { } text)
            {
                return WebhookVerifier.Missing(field);
            }

            signedAt = TimeOf(text);
            if (signedAt is null)
            {
                return WebhookVerifier.Malformed(field, "SECONDS or milliseconds since 1970");
            }
        }

        int fitting = -1;
        for (int i = 0; i < keys.Count && fitting < 0; i++)
        {
            fitting = Fits(scheme, keys[i], request, signatures) ? i : -1;
        }

        return fitting < 0
            ? new(SignatureVerdict.Invalid, $"{scheme.Field} fits no configured secret: another secret was used, or the request was changed on its way.")
            : WebhookVerifier.StaleBy(signedAt, now, scheme.Tolerance ?? tolerance) ?? WebhookVerifier.Fits(fitting, keys.Count);
    }

    private static bool Fits(HmacScheme scheme, byte[] key, WebhookRequest request, List<byte[]> signatures)
    {
        using var hash = IncrementalHash.CreateHMAC(scheme.Algorithm, key);
        foreach (SignedPart part in scheme.Signed)
        {
            hash.AppendData(part.Kind switch
            {
                SignedPartKind.Body => request.Body.Span,
                SignedPartKind.Url => Encoding.Latin1.GetBytes(request.Url),
                SignedPartKind.Field => Encoding.Latin1.GetBytes(request.Headers.Find(part.Text) ?? ""),
                _ => Encoding.UTF8.GetBytes(part.Text),
            });
        }

        byte[] expected = hash.GetHashAndReset();
        bool fits = false;
        foreach (byte[] signature in signatures)
        {
            fits |= CryptographicOperations.FixedTimeEquals(signature, expected);
        }

        return fits;
    }

    private static List<byte[]> Signatures(HmacScheme scheme, string value)
    {
        var signatures = new List<byte[]>();

        // A prefix may hold a comma itself.
        foreach (string text in value.Split(' ').Concat(value.Split([' ', ','])).Distinct())
        {
            if (text.StartsWith(scheme.Prefix, StringComparison.Ordinal) && HmacScheme.Decode(text[scheme.Prefix.Length..], scheme.Encoding) is { Length: > 0 } bytes)
            {
                signatures.Add(bytes);
            }
        }

        return signatures;
    }

    private static DateTimeOffset? TimeOf(string text)
    {
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
        {
            return null;
        }

        return number <= LargestSeconds ? DateTimeOffset.FromUnixTimeSeconds(number)
            : number <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() ? DateTimeOffset.FromUnixTimeMilliseconds(number)
            : null;
    }
}
