using System.Globalization;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tokens;

/// <summary>The words behind a token, as <c>GGROK_TOKENS</c>, its file and the token store have them: read and written here only.</summary>
public static class GrantWords
{
    /// <summary>Most tunnels that can be written.</summary>
    internal const int MostTunnels = 10_000_000;

    private const string Advice = "what follows a token must be public, admin, serve=NAME|NAME, connect=NAME|NAME, hosts=HOST|HOST, paths=/PATH|/PATH, "
        + "kinds=http|tcp|udp|tls, max-tunnels=N, expires=2030-12-31, policies=KEY|KEY or name=NAME; a token has no spaces";

    private const int LongestName = 64;
    private const int LongestPath = 200;

    private static readonly string[] Flags = ["public", "admin"];
    private static readonly string[] Lists = ["serve", "connect", "hosts", "paths", "kinds", "policies"];
    private static readonly string[] Values = ["max-tunnels", "expires", "name"];

    /// <summary>Whether a word says what a token may do, so that it is no token itself.</summary>
    public static bool IsGrant(string word) =>
        Flags.Contains(word, StringComparer.OrdinalIgnoreCase)
        || (word.Contains('=') && Lists.Concat(Values).Contains(KeyOf(word), StringComparer.Ordinal));

    /// <summary>Whether the word ends with a list that a comma would cut in two. The older lists were always written so.</summary>
    internal static bool EndsWithNewList(string word) => KeyOf(word) is "hosts" or "paths" or "kinds" or "policies";

    /// <summary>What the words say, and the name that they give the token; null for none.</summary>
    /// <exception cref="FormatException">A word is none of these; the message says what to write.</exception>
    public static (Grants Grants, string? Name) Parse(IReadOnlyList<string> words)
    {
        var said = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string word in words)
        {
            if (!IsGrant(word))
            {
                throw new FormatException(Advice);
            }

            string key = KeyOf(word);
            string value = word.Length > key.Length ? word[(key.Length + 1)..] : "";
            if (said.TryGetValue(key, out string? before))
            {
                value = Lists.Contains(key, StringComparer.Ordinal) ? before + "|" + value
                    : Flags.Contains(key, StringComparer.Ordinal) ? value
                    : throw new FormatException($"{key}= is written twice; write it once");
            }

            said[key] = value;
        }

        return (GrantsOf(said), said.TryGetValue("name", out string? name) ? Name(name) : null);
    }

    /// <summary>The words for these grants, which <see cref="Parse"/> reads again.</summary>
    public static string Write(Grants grants, string? name = null)
    {
        var words = new List<string>();
        void List(string key, IReadOnlyList<string>? values)
        {
            if (values is not null && (values.Count > 0 || key == "policies"))
            {
                words.Add($"{key}={(values.Count == 0 ? "none" : string.Join('|', values))}");
            }
        }

        if (name is not null)
        {
            words.Add("name=" + name);
        }

        // Everything is said by saying nothing, and next to administration it has to be said.
        bool isEverything = grants is { AllowsPublic: true, IsAdmin: false, Hosts: null, Paths: null, Kinds: null, Serve: ["*"], Connect: ["*"] };
        if (grants.AllowsPublic && !isEverything)
        {
            words.Add("public");
        }

        if (grants.IsAdmin)
        {
            words.Add("admin");
        }

        List("serve", isEverything ? null : grants.Serve);
        List("connect", isEverything ? null : grants.Connect);
        List("hosts", grants.Hosts);
        List("paths", grants.Paths);
        List("kinds", grants.Kinds?.Select(k => k.ToWire()).ToList());
        List("policies", grants.Policies);
        if (grants.MaxTunnels is { } most)
        {
            words.Add(string.Create(CultureInfo.InvariantCulture, $"max-tunnels={most}"));
        }

        if (grants.Expires is { } expires)
        {
            words.Add("expires=" + Written(expires));
        }

        return string.Join(' ', words);
    }

    /// <summary>A point in time as it is written: <c>2030-12-31T10:00:00Z</c>.</summary>
    public static string Written(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>A name for a token.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static string Name(string text) =>
        text.Length is > 0 and <= LongestName && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '@')
        && text != "open" && !text.StartsWith("token-", StringComparison.Ordinal)
            ? text
            : throw new FormatException($"\"{Printable.Clean(text)}\" cannot name a token; use letters, digits and - _ . @, at most {LongestName}, a letter or digit first, and not open or token-…, which the server uses itself");

    /// <summary>A point in time: a date, whose last second still counts, or a timestamp (RFC 3339); UTC unless it says otherwise.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static DateTimeOffset Time(string text)
    {
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (DateTimeOffset.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, Utc, out DateTimeOffset date) && date.Year < 9999)
        {
            return date.AddDays(1);
        }

        return DateTimeOffset.TryParseExact(text, ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK"], CultureInfo.InvariantCulture, Utc, out DateTimeOffset time)
            ? time
            : throw new FormatException($"\"{Printable.Clean(text)}\" is no date; write expires=2030-12-31 or expires=2030-12-31T18:00:00Z");
    }

    private static Grants GrantsOf(Dictionary<string, string> said)
    {
        // Hosts and paths are those of public tunnels, and so are kinds where nothing else is granted.
        bool grantsOther = said.ContainsKey("serve") || said.ContainsKey("connect") || said.ContainsKey("admin");
        bool namesPublic = said.ContainsKey("public") || said.ContainsKey("hosts") || said.ContainsKey("paths");
        bool isEverything = !grantsOther && !namesPublic && !said.ContainsKey("kinds");
        IReadOnlyList<string> Names(string key) => isEverything ? ["*"] : ListOf(said, key, PrivateNamePattern) ?? [];
        return new Grants
        {
            AllowsPublic = isEverything || namesPublic || (said.ContainsKey("kinds") && !grantsOther),
            IsAdmin = said.ContainsKey("admin"),
            Serve = Names("serve"),
            Connect = Names("connect"),
            Hosts = ListOf(said, "hosts", HostPattern),
            Paths = ListOf(said, "paths", PathPattern),
            Kinds = ListOf(said, "kinds", Kind),
            Policies = PoliciesOf(said.GetValueOrDefault("policies")),
            MaxTunnels = said.TryGetValue("max-tunnels", out string? most) ? Count(most) : null,
            Expires = said.TryGetValue("expires", out string? expires) ? Time(expires) : null,
        };
    }

    private static string KeyOf(string word) => word.Split('=', 2)[0].ToLowerInvariant();

    private static T[]? ListOf<T>(Dictionary<string, string> said, string key, Func<string, T> parse) =>
        said.TryGetValue(key, out string? text) ? [.. text.Split('|').Select(parse).Distinct()] : null;

    // A star stands where letters may stand.
    private static string PrivateNamePattern(string pattern) => PrivateName.Normalize(pattern.Replace('*', 'x')) is not null
        ? pattern.ToLowerInvariant()
        : throw new FormatException($"\"{Printable.Clean(pattern)}\" is no private name; write letters, digits, - . _ and * for any, separated by |");

    /// <summary>A pattern of host names, in the form of a registry key.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    internal static string HostPattern(string text)
    {
        string pattern = text.ToLowerInvariant().TrimEnd('.');
        return HostNames.Normalize(pattern.Replace('*', 'x')) is { } host && host.Length == pattern.Length
            ? pattern
            : throw new FormatException($"\"{Printable.Clean(text)}\" is no host name; write alice.my.app or *.dev.my.app, without a port, separated by |");
    }

    private static string PathPattern(string text)
    {
        string pattern = text.Length > 1 ? text.TrimEnd('/') : text;
        bool fits = pattern.Length is > 0 and <= LongestPath && pattern[0] == '/' && RequestTarget.IsSafe(pattern)
            && pattern.AsSpan().IndexOfAny("?%\\") < 0 && (pattern == "/" || !pattern[1..].Split('/').Any(s => s is "" or "." or ".."));
        return fits ? pattern : throw new FormatException($"\"{Printable.Clean(text)}\" is no path; write /hooks for it and all below, or /hooks/* with * for any characters, separated by |");
    }

    private static TunnelKind Kind(string text) => TunnelKinds.Parse(text.ToLowerInvariant())
        ?? throw new FormatException($"\"{Printable.Clean(text)}\" is no kind of tunnel; write http, tcp, udp or tls, separated by |");

    private static string[]? PoliciesOf(string? text)
    {
        if (text is null or "*")
        {
            return null;
        }

        string[] keys = text == "none" ? [] : [.. text.Split('|').Select(k => k.ToLowerInvariant()).Distinct(StringComparer.Ordinal)];
        string? wrong = Array.Find(keys, k => k.Length == 0 || k == "none" || k.Any(c => !char.IsAsciiLetterOrDigit(c) && c != '-'));
        return wrong is null ? keys : throw new FormatException($"\"{Printable.Clean(wrong)}\" is no policy; write keys such as rate-limit, separated by |, or * for all, or none");
    }

    private static int Count(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is > 0 and <= MostTunnels
        ? count
        : throw new FormatException($"\"{Printable.Clean(text)}\" is no number of tunnels; write max-tunnels=5");
}
