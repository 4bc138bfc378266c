using Ggrok.Shared.Protocol;
using Ggrok.Shared.Webhooks;

namespace Ggrok.Shared.Edge.Webhook;

/// <summary>Which requests must be signed, by whom and with what: <c>POST /hooks/stripe stripe=whsec_…</c>.</summary>
public sealed record WebhookRule
{
    // Never shown with the value: it holds a secret.
    private const string Advice = "write PROVIDER=SECRET such as github=…, or /hooks/stripe stripe=… for one path, or POST /hooks stripe=…";

    /// <summary>Methods of the requests; empty for the usual ones.</summary>
    public IReadOnlyList<string> Methods { get; private init; } = [];

    /// <summary>Path at and below which it holds; null for all.</summary>
    public string? Path { get; private init; }

    /// <summary>Whose rules count: a provider's name or that of an <see cref="HmacScheme"/>.</summary>
    public string Provider { get; private init; } = "";

    /// <summary>The secret.</summary>
    public string Secret { get; private init; } = "";

    /// <summary>The provider of a name, or null when it is none.</summary>
    public static WebhookProvider? ProviderOf(string name) => name switch
    {
        "github" => WebhookProvider.GitHub,
        "gitlab" => WebhookProvider.GitLab,
        "stripe" => WebhookProvider.Stripe,
        "slack" => WebhookProvider.Slack,
        "shopify" => WebhookProvider.Shopify,
        "twilio" => WebhookProvider.Twilio,
        "standard" or "svix" => WebhookProvider.StandardWebhooks,
        _ => null,
    };

    /// <summary>Reads a rule. Everything behind the first equals sign is the secret.</summary>
    /// <exception cref="FormatException">It is not valid; the message holds no secret.</exception>
    public static WebhookRule Parse(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
        {
            throw new FormatException($"there is no equals sign in it; {Advice}");
        }

        // A file ends with a line break that belongs to nobody's secret.
        string secret = text[(equals + 1)..].TrimEnd('\r', '\n');
        string[] words = text[..equals].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0 || !HmacScheme.IsName(words[^1]))
        {
            throw new FormatException($"in front of the first equals sign stands no provider; {Advice}");
        }

        if (secret.Length == 0)
        {
            throw new FormatException($"the secret of {words[^1]} is empty, so everybody would know it; {Advice}");
        }

        var rule = new WebhookRule { Provider = words[^1], Secret = secret };
        foreach (string word in words[..^1])
        {
            rule = word[0] == '/' && rule.Path is null ? rule with { Path = PathOf(word) }
                : word[0] != '/' && rule.Methods.Count == 0 && rule.Path is null ? rule with { Methods = MethodsOf(word) }
                : throw new FormatException($"\"{Printable.Clean(word)}\" is too much; {Advice}");
        }

        return rule;
    }

    /// <summary>Whether a request must be signed because of this rule.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="target">Raw path and query, as the visitor sent them; not for one that <see cref="VisitorPath.MayHaveDotSegments"/>.</param>
    public bool AppliesTo(string method, string target)
    {
        // Methods are case-sensitive (RFC 9110 section 9.1): "get" is none that a service knows, so it is no exception.
        bool byMethod = Methods.Count > 0 ? Methods.Contains(method, StringComparer.OrdinalIgnoreCase)
            : Path is not null || method is not ("GET" or "HEAD" or "OPTIONS");
        return byMethod && (Path is null || VisitorPath.MayBeBelow(target, Path));
    }

    // Without the secret: records are printed by tests and loggers.
    private bool PrintMembers(System.Text.StringBuilder text)
    {
        text.Append(string.Join(',', Methods)).Append(' ').Append(Path).Append(' ').Append(Provider);
        return true;
    }

    private static string PathOf(string word)
    {
        string path = word.Length == 1 ? word : word.TrimEnd('/');
        return path.IndexOfAny(['*', '?', '#']) < 0 && !VisitorPath.MayHaveDotSegments(path)
            ? path
            : throw new FormatException($"\"{Printable.Clean(word)}\" is no plain path; write /hooks, which means that path and all below it");
    }

    private static string[] MethodsOf(string word) => word.All(c => char.IsAsciiLetter(c) || c is ',' or '-')
        ? [.. word.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(m => m.ToUpperInvariant())]
        : throw new FormatException($"\"{Printable.Clean(word)}\" is neither methods such as POST,PUT nor a path such as /hooks; {Advice}");
}
