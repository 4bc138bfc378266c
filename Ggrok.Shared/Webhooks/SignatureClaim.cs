using System.Globalization;
using System.Text;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Webhooks;

/// <summary>
/// What a request claims: that its sender, who knows the secret, has put HMAC-SHA256 (RFC 2104) over
/// <see cref="Prefix"/> and the body.
/// </summary>
internal sealed record SignatureClaim
{
    /// <summary>Name of the field with the signature.</summary>
    public required string Field { get; init; }

    /// <summary>What the field looks like when it is right.</summary>
    public required string Form { get; init; }

    /// <summary>Every signature of a known kind; one that fits suffices.</summary>
    public required IReadOnlyList<byte[]> Signatures { get; init; }

    /// <summary>What was signed in front of the body.</summary>
    public byte[] Prefix { get; init; } = [];

    /// <summary>When it was signed, in seconds since 1970; null where that is not part of the signature.</summary>
    public long? SignedAt { get; init; }

    /// <summary>The keys that a configured secret may stand for.</summary>
    public Func<string, byte[][]> Keys { get; init; } = secret => [Encoding.UTF8.GetBytes(secret)];

    /// <summary>Reads a request's claim; null when it has no signature.</summary>
    public static SignatureClaim? Of(WebhookProvider provider, IReadOnlyList<HeaderField> headers) => provider switch
    {
        WebhookProvider.GitHub => GitHub(headers),
        WebhookProvider.Stripe => Stripe(headers),
        WebhookProvider.Slack => Slack(headers),
        WebhookProvider.Shopify => Shopify(headers),
        _ => Standard(headers),
    };

    /// <summary>Name of the field in which a provider puts its signature.</summary>
    public static string FieldOf(WebhookProvider provider, IReadOnlyList<HeaderField> headers) => provider switch
    {
        WebhookProvider.GitHub => "X-Hub-Signature-256",
        WebhookProvider.GitLab => "X-Gitlab-Token",
        WebhookProvider.Stripe => "Stripe-Signature",
        WebhookProvider.Slack => "X-Slack-Signature",
        WebhookProvider.Shopify => "X-Shopify-Hmac-Sha256",
        WebhookProvider.Twilio => "X-Twilio-Signature",
        _ => headers.Find("svix-id") is null ? "webhook-signature" : "svix-signature",
    };

    private static SignatureClaim? GitHub(IReadOnlyList<HeaderField> headers)
    {
        const string Mark = "sha256=";
        string field = FieldOf(WebhookProvider.GitHub, headers);
        return headers.Find(field) is not { } value
            ? null
            : new SignatureClaim { Field = field, Form = "sha256=…", Signatures = Hex(value.StartsWith(Mark, StringComparison.Ordinal) ? [value[Mark.Length..]] : []) };
    }

    private static SignatureClaim? Shopify(IReadOnlyList<HeaderField> headers)
    {
        string field = FieldOf(WebhookProvider.Shopify, headers);
        return headers.Find(field) is not { } value ? null : new SignatureClaim { Field = field, Form = "32 bytes in base64", Signatures = Base64([value]) };
    }

    private static SignatureClaim? Stripe(IReadOnlyList<HeaderField> headers)
    {
        string field = FieldOf(WebhookProvider.Stripe, headers);
        if (headers.Find(field) is not { } value)
        {
            return null;
        }

        string? time = null;
        var signatures = new List<string>();
        foreach (string part in value.Split(',', StringSplitOptions.TrimEntries))
        {
            if (part.StartsWith("t=", StringComparison.Ordinal))
            {
                time = part[2..];
            }
            else if (part.StartsWith("v1=", StringComparison.Ordinal))
            {
                signatures.Add(part[3..]);
            }
        }

        return Timed(field, "t=SECONDS,v1=…", time, $"{time}.", Hex(signatures));
    }

    private static SignatureClaim? Slack(IReadOnlyList<HeaderField> headers)
    {
        const string Mark = "v0=";
        string field = FieldOf(WebhookProvider.Slack, headers);
        if (headers.Find(field) is not { } value)
        {
            return null;
        }

        string? time = headers.Find("X-Slack-Request-Timestamp");
        return Timed(field, "v0=…, with X-Slack-Request-Timestamp beside it", time, $"v0:{time}:",
            Hex(value.StartsWith(Mark, StringComparison.Ordinal) ? [value[Mark.Length..]] : []));
    }

    private static SignatureClaim? Standard(IReadOnlyList<HeaderField> headers)
    {
        string field = FieldOf(WebhookProvider.StandardWebhooks, headers);
        if (headers.Find(field) is not { } value)
        {
            return null;
        }

        string family = field[..field.IndexOf('-', StringComparison.Ordinal)];
        string? id = headers.Find($"{family}-id");
        string? time = id is null ? null : headers.Find($"{family}-timestamp");
        IEnumerable<string> signatures = value.Split(' ').Where(s => s.StartsWith("v1,", StringComparison.Ordinal)).Select(s => s[3..]);
        return Timed(field, $"v1,…, with {family}-id and {family}-timestamp beside it", time, $"{id}.{time}.", Base64(signatures)) with { Keys = StandardKeys };
    }

    private static SignatureClaim Timed(string field, string form, string? time, string prefix, IReadOnlyList<byte[]> signatures)
    {
        // What is a time to nobody cannot be judged: such a claim counts as malformed.
        bool readable = long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds();
        return new SignatureClaim
        {
            Field = field,
            Form = form,
            Signatures = readable ? signatures : [],
            Prefix = Encoding.Latin1.GetBytes(prefix),
            SignedAt = seconds,
        };
    }

    // With its mark a secret is base64; without it senders differ, and a text may be either.
    private static byte[][] StandardKeys(string secret)
    {
        const string Mark = "whsec_";
        bool marked = secret.StartsWith(Mark, StringComparison.Ordinal);
        string text = marked ? secret[Mark.Length..] : secret;
        byte[] key = new byte[text.Length];
        byte[] raw = Encoding.UTF8.GetBytes(secret);
        if (!Convert.TryFromBase64String(text, key, out int length))
        {
            return [raw];
        }

        return marked ? [key[..length]] : [key[..length], raw];
    }

    private static List<byte[]> Hex(IEnumerable<string> texts)
    {
        var signatures = new List<byte[]>();
        foreach (string text in texts)
        {
            byte[] bytes = new byte[text.Length / 2];
            if (Convert.FromHexString(text, bytes, out _, out _) == System.Buffers.OperationStatus.Done)
            {
                signatures.Add(bytes);
            }
        }

        return signatures;
    }

    private static List<byte[]> Base64(IEnumerable<string> texts)
    {
        var signatures = new List<byte[]>();
        foreach (string text in texts)
        {
            byte[] bytes = new byte[text.Length];
            if (Convert.TryFromBase64String(text, bytes, out int length))
            {
                signatures.Add(bytes[..length]);
            }
        }

        return signatures;
    }
}
