using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Webhooks;

/// <summary>Verifies the signatures of webhooks. Signatures and tokens are compared in constant time.</summary>
public static class WebhookVerifier
{
    /// <summary>By how much the time of a signature may differ from now unless something else is said.</summary>
    public static readonly TimeSpan DefaultTolerance = TimeSpan.FromMinutes(5);

    /// <summary>Verifies a request's signature.</summary>
    /// <param name="provider">Whose rules count.</param>
    /// <param name="secrets">Secrets, of which one must fit; several while one replaces another.</param>
    /// <param name="request">The request.</param>
    /// <param name="now">When the request arrived.</param>
    /// <param name="tolerance">By how much the time of the signature may differ from <paramref name="now"/>; null for <see cref="DefaultTolerance"/>.</param>
    public static SignatureCheck Verify(
        WebhookProvider provider, IReadOnlyList<string> secrets, WebhookRequest request, DateTimeOffset now, TimeSpan? tolerance = null)
    {
        // An empty secret is one that was forgotten: everybody knows it.
        string[] usable = [.. secrets.Where(s => s.Length > 0)];
        if (usable.Length == 0)
        {
            return NoSecret(provider);
        }

        return provider switch
        {
            WebhookProvider.GitLab => VerifyGitLab(usable, request, now, tolerance ?? DefaultTolerance),
            WebhookProvider.Twilio => TwilioSignature.Verify(usable, request),
            _ => VerifyClaim(provider, usable, request, now, tolerance ?? DefaultTolerance),
        };
    }

    /// <summary>Whether a request has the field in which the provider puts its signature.</summary>
    public static bool IsSigned(WebhookProvider provider, IReadOnlyList<HeaderField> headers) =>
        headers.Find(SignatureClaim.FieldOf(provider, headers)) is not null
        || (provider == WebhookProvider.GitLab && headers.Find("webhook-signature") is not null);

    internal static SignatureCheck NoSecret(WebhookProvider provider) =>
        new(SignatureVerdict.NoSecret, $"No secret of {provider.DisplayName()} is configured.");

    internal static SignatureCheck Missing(string field) => new(SignatureVerdict.Missing, $"The request has no {field} field.");

    internal static SignatureCheck Malformed(string field, string form) => new(SignatureVerdict.Invalid, $"{field} has not the form {form}.");

    internal static SignatureCheck Cut() =>
        new(SignatureVerdict.Unverifiable, "Only the beginning of the body was kept, and the signature is over all of it.");

    /// <summary>Valid, with the position of the secret where that tells something.</summary>
    internal static SignatureCheck Fits(int secret, int count) => new(SignatureVerdict.Valid, count == 1
        ? "The signature was made with the configured secret."
        : string.Create(CultureInfo.InvariantCulture, $"The signature was made with secret {secret + 1} of {count}."));

    // A project may have a secret token, a signing token, or both.
    private static SignatureCheck VerifyGitLab(string[] secrets, WebhookRequest request, DateTimeOffset now, TimeSpan tolerance)
    {
        string? token = request.Headers.Find("X-Gitlab-Token");
        if (request.Headers.Find("webhook-signature") is null)
        {
            return token is null ? Missing("X-Gitlab-Token") : VerifyToken(token, secrets);
        }

        SignatureCheck signature = VerifyClaim(WebhookProvider.GitLab, secrets, request, now, tolerance);
        return signature.Verdict == SignatureVerdict.Invalid && token is not null ? VerifyToken(token, secrets) : signature;
    }

    private static SignatureCheck VerifyToken(string token, string[] secrets)
    {
        byte[] sent = Encoding.Latin1.GetBytes(token);
        int fitting = Array.FindIndex(secrets, s => CryptographicOperations.FixedTimeEquals(sent, Encoding.UTF8.GetBytes(s)));
        return fitting < 0
            ? new(SignatureVerdict.Invalid, "X-Gitlab-Token is not a configured secret.")
            : new(SignatureVerdict.Valid, "X-Gitlab-Token is a configured secret; GitLab signs nothing with it, so the body is not covered.");
    }

    private static SignatureCheck VerifyClaim(
        WebhookProvider provider, string[] secrets, WebhookRequest request, DateTimeOffset now, TimeSpan tolerance)
    {
        if (SignatureClaim.Of(provider, request.Headers) is not { } claim)
        {
            return Missing(SignatureClaim.FieldOf(provider, request.Headers));
        }

        if (claim.Signatures.Count == 0)
        {
            return HasUnknownKind(claim, request.Headers)
                ? new(SignatureVerdict.Unverifiable, $"{claim.Field} holds only signatures with a public key (v1a), which are not verified here.")
                : Malformed(claim.Field, claim.Form);
        }

        if (!request.IsWhole)
        {
            return Cut();
        }

        int fitting = Array.FindIndex(secrets, s => Array.Exists(claim.Keys(s), key => IsSignedWith(claim, key, request.Body.Span)));
        if (fitting < 0)
        {
            return new(SignatureVerdict.Invalid, $"{claim.Field} fits no configured secret: another secret was used, or the body was changed on its way.");
        }

        DateTimeOffset? signedAt = claim.SignedAt is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
        return StaleBy(signedAt, now, tolerance) ?? Fits(fitting, secrets.Length);
    }

    private static bool IsSignedWith(SignatureClaim claim, byte[] key, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hash.AppendData(claim.Prefix);
        hash.AppendData(body);
        byte[] expected = hash.GetHashAndReset();
        bool fits = false;
        foreach (byte[] signature in claim.Signatures)
        {
            fits |= CryptographicOperations.FixedTimeEquals(signature, expected);
        }

        return fits;
    }

    /// <summary>The verdict on a signature that fits and whose time does not; null when that does, or there is none.</summary>
    internal static SignatureCheck? StaleBy(DateTimeOffset? signedAt, DateTimeOffset now, TimeSpan tolerance)
    {
        if (signedAt is null)
        {
            return null;
        }

        TimeSpan age = now - signedAt.Value;
        return age.Duration() <= tolerance
            ? null
            : new(SignatureVerdict.Stale, string.Create(CultureInfo.InvariantCulture,
                $"The signature fits, but was made {age.Duration().TotalSeconds:0} s {(age > TimeSpan.Zero ? "before" : "after")} the request arrived; {tolerance.TotalSeconds:0} s are tolerated."));
    }

    private static bool HasUnknownKind(SignatureClaim claim, IReadOnlyList<HeaderField> headers) =>
        claim.Field.EndsWith("-signature", StringComparison.Ordinal) && headers.Find(claim.Field)!.StartsWith("v1a,", StringComparison.Ordinal);
}
