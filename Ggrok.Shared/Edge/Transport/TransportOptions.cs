using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Edge.Transport;

/// <summary>Whether visitors must use https, and what browsers are told about it.</summary>
public sealed record TransportOptions
{
    /// <summary>Key of the switch that lets only https pass.</summary>
    public const string HttpsOnlyKey = "https-only";

    /// <summary>Key of Strict-Transport-Security (RFC 6797).</summary>
    public const string HstsKey = "hsts";

    private const string Subdomains = "includeSubDomains";
    private const string Preload = "preload";

    /// <summary>The keys of this policy.</summary>
    public static IReadOnlyList<PolicyKey> Keys { get; } =
    [
        new(HttpsOnlyKey, "", "Send visitors who come with http to https.", _ => { }) { Form = PolicyForm.Switch },
        new(HstsKey, "TIME", "Have browsers use https alone for this long; includeSubDomains and preload may follow.", v => Field(v[0])),
    ];

    /// <summary>Whether only https passes.</summary>
    public bool IsHttpsOnly { get; init; }

    /// <summary>Value of Strict-Transport-Security; null for none.</summary>
    public string? Hsts { get; init; }

    /// <summary>Reads the values of both keys.</summary>
    /// <exception cref="FormatException">One is not valid; the message says what to write.</exception>
    public static TransportOptions Parse(bool isHttpsOnly, string? hsts) =>
        new() { IsHttpsOnly = isHttpsOnly, Hsts = hsts is null ? null : Field(hsts) };

    private static string Field(string text)
    {
        string[] words = text.Split([' ', ';', ','], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string[] rest = [.. words.Skip(1).Select(Known)];
        return words.Length > 0 && Durations.TryParse(words[0], out TimeSpan age) && rest.All(w => w.Length > 0)
            ? string.Join("; ", rest.Distinct().Prepend(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"max-age={(long)age.TotalSeconds}")))
            : throw new FormatException($"\"{Printable.Clean(text)}\" is not valid; write a time of at most 365 days, and what shall follow, such as 365d includeSubDomains");
    }

    private static string Known(string word) =>
        word.Equals(Subdomains, StringComparison.OrdinalIgnoreCase) ? Subdomains
        : word.Equals(Preload, StringComparison.OrdinalIgnoreCase) ? Preload
        : "";
}
