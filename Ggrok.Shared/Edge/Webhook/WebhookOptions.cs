using Ggrok.Shared.Protocol;
using Ggrok.Shared.Webhooks;

namespace Ggrok.Shared.Edge.Webhook;

/// <summary>Which requests must carry a webhook's signature.</summary>
public sealed record WebhookOptions
{
    /// <summary>Key of the rules.</summary>
    public const string VerifyKey = "verify";

    /// <summary>Key of rules whose secret is in a file.</summary>
    public const string FileKey = "verify-file";

    /// <summary>Key of signatures that are none of a known provider.</summary>
    public const string HmacKey = "verify-hmac";

    /// <summary>Key of the tolerated age.</summary>
    public const string ToleranceKey = "verify-tolerance";

    /// <summary>Key of the largest body.</summary>
    public const string MaxBodyKey = "verify-max-body";

    // Each secret may be one more hash over the whole body, for anybody who asks.
    private const int MostRules = 20;
    private const long DefaultMaxBody = 1024 * 1024;
    private const long LargestMaxBody = 64 * 1024 * 1024;
    private static readonly TimeSpan LongestTolerance = TimeSpan.FromDays(7);

    /// <summary>The keys of this policy.</summary>
    public static IReadOnlyList<PolicyKey> Keys { get; } =
    [
        new(VerifyKey, "PROVIDER=SECRET", "Let only webhooks pass that this provider signed with this secret; several with the option again.", v => Rules(v))
            { Form = PolicyForm.Texts },
        new(FileKey, "PROVIDER=FILE", "The same as verify, with the secret in a file.", v => Rules(v)) { Form = PolicyForm.KeyedFiles },
        new(HmacKey, "SCHEME", "How another sender signs: acme header=X-Acme-Signature algorithm=sha256, then verify acme=SECRET.", v => Schemes(v))
            { Form = PolicyForm.Texts },
        new(ToleranceKey, "DURATION", "By how much the time of a signature may differ from now; 5m without it.", v => Tolerance(v[^1])),
        new(MaxBodyKey, "SIZE", "Largest body of a webhook, which is kept until it is verified; 1MiB without it.", v => MaxBody(v[^1])),
    ];

    /// <summary>Which requests must be signed, and how.</summary>
    public IReadOnlyList<WebhookRule> Verify { get; private init; } = [];

    /// <summary>Signatures that are none of a known provider.</summary>
    public IReadOnlyList<HmacScheme> Hmac { get; private init; } = [];

    /// <summary>By how much the time of a signature may differ from now.</summary>
    public TimeSpan MaxAge { get; private init; } = WebhookVerifier.DefaultTolerance;

    /// <summary>Largest body, in bytes.</summary>
    public int MaxBodyBytes { get; private init; } = (int)DefaultMaxBody;

    /// <summary>Reads the values of all keys.</summary>
    /// <exception cref="FormatException">One is not valid, or they do not fit together; the message says what to write.</exception>
    public static WebhookOptions Parse(
        IReadOnlyList<string> verify, IReadOnlyList<string> files, IReadOnlyList<string> hmac, string? tolerance, string? maxBody)
    {
        var options = new WebhookOptions
        {
            Verify = Rules([.. verify, .. files]),
            Hmac = Schemes(hmac),
            MaxAge = tolerance is null ? WebhookVerifier.DefaultTolerance : Tolerance(tolerance),
            MaxBodyBytes = maxBody is null ? (int)DefaultMaxBody : MaxBody(maxBody),
        };
        if (options.Verify.Count == 0)
        {
            throw new FormatException($"it means nothing without {VerifyKey}; add {VerifyKey} PROVIDER=SECRET");
        }

        foreach (WebhookRule rule in options.Verify)
        {
            if (WebhookRule.ProviderOf(rule.Provider) is null)
            {
                HmacScheme scheme = options.Hmac.FirstOrDefault(s => s.Name == rule.Provider) ?? throw new FormatException(
                    $"there is no provider \"{Printable.Clean(rule.Provider)}\"; write github, gitlab, stripe, slack, shopify, twilio, standard or svix, or describe it with {HmacKey}");
                scheme.KeyOf(rule.Secret);
            }
        }

        return options;
    }

    private static WebhookRule[] Rules(IReadOnlyList<string> values) => values.Count <= MostRules
        ? [.. values.Select(WebhookRule.Parse)]
        : throw new FormatException($"there are {values.Count} secrets, and a tunnel has at most {MostRules}; leave old ones out, or give some senders a tunnel of their own");

    private static HmacScheme[] Schemes(IReadOnlyList<string> values)
    {
        HmacScheme[] schemes = [.. values.Select(HmacScheme.Parse)];
        foreach (HmacScheme scheme in schemes)
        {
            if (WebhookRule.ProviderOf(scheme.Name) is not null)
            {
                throw new FormatException($"{scheme.Name} is known already; choose another name");
            }
        }

        return schemes.Select(s => s.Name).Distinct(StringComparer.Ordinal).Count() == schemes.Length
            ? schemes
            : throw new FormatException("two have the same name; give each a name of its own in front");
    }

    private static TimeSpan Tolerance(string value)
    {
        var words = new PolicyWords(value, "write a duration such as 5m");
        TimeSpan tolerance = words.Duration(TimeSpan.FromSeconds(1), LongestTolerance);
        words.End();
        return tolerance;
    }

    private static int MaxBody(string value) => ByteSizes.TryParse(value, out long bytes) && bytes is > 0 and <= LargestMaxBody
        ? (int)bytes
        : throw new FormatException($"\"{Printable.Clean(value)}\" is no size from 1B to {ByteSizes.Format(LargestMaxBody)}; write one such as 1MiB");
}
