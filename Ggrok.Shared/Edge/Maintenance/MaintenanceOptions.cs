using Ggrok.Shared.Edge.Address;
using Ggrok.Shared.Edge.ErrorPages;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Edge.Maintenance;

/// <summary>Whether a tunnel is closed for a while, and what visitors are told.</summary>
public sealed record MaintenanceOptions
{
    /// <summary>Key that closes the tunnel.</summary>
    public const string MessageKey = "maintenance";

    /// <summary>Key of the page.</summary>
    public const string PageKey = "maintenance-page";

    /// <summary>Key of the time after which visitors may come again.</summary>
    public const string RetryKey = "maintenance-retry-after";

    /// <summary>Key of those who may pass all the same.</summary>
    public const string AllowKey = "maintenance-allow-ip";

    private const int LongestMessage = 500;

    /// <summary>The keys of this policy.</summary>
    public static IReadOnlyList<PolicyKey> Keys { get; } =
    [
        new(MessageKey, "TEXT", "Answer everybody with 503 and this sentence; true for the usual one, false to open again.", v => Message(v[0])),
        new(PageKey, "FILE", "A page of your own for that, HTML or JSON.", v => CustomPage.Parse(v[0])) { Form = PolicyForm.File },
        new(RetryKey, "TIME", "When visitors may come again, as Retry-After.", v => Seconds(v[0])),
        new(AllowKey, "CIDR", "Let visitors from this network or address pass all the same; several with commas or given again.", v => AddressOptions.Parse(v, []))
            { Form = PolicyForm.Texts },
    ];

    /// <summary>Whether the tunnel is closed.</summary>
    public bool IsClosed { get; init; }

    /// <summary>A sentence for visitors; null for the usual one.</summary>
    public string? Sentence { get; init; }

    /// <summary>A page; null for the usual one.</summary>
    public CustomPage? Page { get; init; }

    /// <summary>Seconds after which visitors may come again; null for unknown.</summary>
    public long? RetryAfter { get; init; }

    /// <summary>Who may pass.</summary>
    public AddressOptions Allow { get; init; } = new();

    /// <summary>Reads the values of all keys.</summary>
    /// <exception cref="FormatException">One is not valid, or the one that closes is missing; the message says what to write.</exception>
    public static MaintenanceOptions Parse(string? message, string? page, string? retryAfter, IReadOnlyList<string> allow)
    {
        if (message is null)
        {
            throw new FormatException($"it says how the tunnel is closed, but not that it is; add {MessageKey}: \"Back at noon\", or {MessageKey}: true or false");
        }

        (bool isClosed, string? sentence) = Message(message);
        return new MaintenanceOptions
        {
            IsClosed = isClosed,
            Sentence = sentence,
            Page = page is null ? null : CustomPage.Parse(page),
            RetryAfter = retryAfter is null ? null : Seconds(retryAfter),
            Allow = AddressOptions.Parse(allow, []),
        };
    }

    private static (bool IsClosed, string? Sentence) Message(string text) => text.Trim().ToLowerInvariant() switch
    {
        "true" or "yes" or "on" or "1" => (true, null),
        "false" or "no" or "off" or "0" => (false, null),
        { Length: > 0 and <= LongestMessage } => (true, Printable.CleanMessage(text.Trim())),
        _ => throw new FormatException($"write a sentence of at most {LongestMessage} characters, or true or false; {PageKey} has room for more"),
    };

    private static long Seconds(string text) => Durations.TryParse(text, out TimeSpan time)
        ? (long)Math.Ceiling(time.TotalSeconds)
        : throw new FormatException($"\"{Printable.Clean(text)}\" is no time; write one such as 30m or 2h");
}
