using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Edge.Cors;

/// <summary>Which pages of other origins may use the tunnel (Fetch Standard, section "CORS protocol").</summary>
public sealed record CorsOptions
{
    /// <summary>Key of the origins.</summary>
    public const string OriginKey = "cors";

    /// <summary>Key of the request fields that pages may send.</summary>
    public const string HeadersKey = "cors-headers";

    /// <summary>Key of the methods that pages may use.</summary>
    public const string MethodsKey = "cors-methods";

    /// <summary>Key of the response fields that pages may read.</summary>
    public const string ExposeKey = "cors-expose";

    /// <summary>Key of the switch that lets cookies and passwords through.</summary>
    public const string CredentialsKey = "cors-credentials";

    /// <summary>Key of the time for which a browser need not ask again.</summary>
    public const string MaxAgeKey = "cors-max-age";

    private const string AnyOriginText = "*";
    private static readonly TimeSpan UsualMaxAge = TimeSpan.FromMinutes(10);

    /// <summary>The keys of this policy.</summary>
    public static IReadOnlyList<PolicyKey> Keys { get; } =
    [
        new(OriginKey, "ORIGIN", "Let pages of this origin use the tunnel; * for all, several with commas or given again.", v => Read(v)) { Form = PolicyForm.Texts },
        new(MethodsKey, "METHOD", "Methods that they may use; all without it.", v => Names(v)) { Form = PolicyForm.Texts },
        new(HeadersKey, "NAME", "Request fields that they may send; all without it.", v => Names(v)) { Form = PolicyForm.Texts },
        new(ExposeKey, "NAME", "Response fields that they may read, besides the usual ones.", v => Names(v)) { Form = PolicyForm.Texts },
        new(CredentialsKey, "", "Let browsers send cookies and passwords with such requests.", _ => { }) { Form = PolicyForm.Switch },
        new(MaxAgeKey, "TIME", "How long a browser may remember the answer to its question; 10m without it.", v => Time(v[0])),
    ];

    /// <summary>Origins that may; empty for all.</summary>
    public IReadOnlyList<CorsOrigin> Origins { get; init; } = [];

    /// <summary>Methods, separated by commas; null for those that are asked for.</summary>
    public string? Methods { get; init; }

    /// <summary>Request fields, separated by commas; null for those that are asked for.</summary>
    public string? Headers { get; init; }

    /// <summary>Response fields, separated by commas; null for none.</summary>
    public string? Expose { get; init; }

    /// <summary>Whether cookies and passwords may be sent.</summary>
    public bool Credentials { get; init; }

    /// <summary>How long a preflight counts.</summary>
    public TimeSpan MaxAge { get; init; } = UsualMaxAge;

    /// <summary>Reads the values of all keys.</summary>
    /// <exception cref="FormatException">One is not valid, or they contradict each other; the message says what to write.</exception>
    public static CorsOptions Parse(
        IReadOnlyList<string> origins, IReadOnlyList<string> methods, IReadOnlyList<string> headers, IReadOnlyList<string> expose, bool credentials, string? maxAge)
    {
        if (origins.Count == 0)
        {
            throw new FormatException("it says how pages of other origins may use the tunnel, but not which; add cors: https://app.example.com");
        }

        IReadOnlyList<CorsOrigin> read = Read(origins);
        return read.Count == 0 && credentials
            ? throw new FormatException("* would let every page of the web act with its visitors' cookies; with cors-credentials, list the origins: cors: https://app.example.com")
            : new CorsOptions
            {
                Origins = read,
                Methods = Names(methods),
                Headers = Names(headers),
                Expose = Names(expose),
                Credentials = credentials,
                MaxAge = maxAge is null ? UsualMaxAge : Time(maxAge),
            };
    }

    private static CorsOrigin[] Read(IReadOnlyList<string> values)
    {
        string[] parts = [.. Parts(values)];
        return parts.Contains(AnyOriginText, StringComparer.Ordinal)
            ? parts.Length == 1 ? [] : throw new FormatException("* stands for all origins; leave out either it or the others")
            : parts.Length > 0 ? [.. parts.Select(CorsOrigin.Parse)] : throw new FormatException("it names no origin; write one such as https://app.example.com, or *");
    }

    private static string? Names(IReadOnlyList<string> values)
    {
        string[] names = [.. Parts(values)];
        string? wrong = names.FirstOrDefault(n => !HeaderField.IsName(n) || n == AnyOriginText);
        return wrong is not null ? throw new FormatException($"\"{Printable.Clean(wrong)}\" is no name; write names with commas between them, or leave it out for all")
            : names.Length == 0 ? null
            : string.Join(", ", names);
    }

    private static IEnumerable<string> Parts(IReadOnlyList<string> values) =>
        values.SelectMany(v => v.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    private static TimeSpan Time(string text) => Durations.TryParse(text, out TimeSpan time)
        ? time
        : throw new FormatException($"\"{Printable.Clean(text)}\" is no time; write one such as 10m or 1h");
}
