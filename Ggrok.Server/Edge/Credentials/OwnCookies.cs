using System.Globalization;
using Ggrok.Shared.Protocol;
using Microsoft.Extensions.Primitives;

namespace Ggrok.Server.Edge.Credentials;

/// <summary>
/// Cookies between browsers and the server. No local service sees them, whichever tunnel of the host it is behind, or sets one.
/// Over https their prefix <c>__Host-</c> keeps other hosts of the domain from setting them (RFC 6265bis section 4.1.3.2).
/// </summary>
internal static class OwnCookies
{
    private const string Prefix = "ggrok-";
    private const string HostPrefix = "__Host-" + Prefix;

    // Of the server's own page, whose cookie has a path.
    private const string SecurePrefix = "__Secure-" + Prefix;

    /// <summary>The name of a cookie of a kind.</summary>
    public static string NameOf(string kind, bool isHttps) => (isHttps ? HostPrefix : Prefix) + kind;

    /// <summary>The value of a cookie in the request; null without it.</summary>
    public static string? Find(HttpRequest request, string name)
    {
        foreach (string? field in request.Headers.Cookie)
        {
            foreach (Range range in Crumbs(field))
            {
                ReadOnlySpan<char> crumb = field.AsSpan(range).Trim();
                if (crumb.Length > name.Length && crumb[name.Length] == '=' && crumb.StartsWith(name, StringComparison.Ordinal))
                {
                    return crumb[(name.Length + 1)..].ToString();
                }
            }
        }

        return null;
    }

    /// <summary>A Cookie field without the server's own; null when nothing is left.</summary>
    public static string? Without(string field)
    {
        if (!field.Contains(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return field;
        }

        var kept = new List<string>();
        foreach (Range range in Crumbs(field))
        {
            ReadOnlySpan<char> crumb = field.AsSpan(range).Trim();
            if (!crumb.IsEmpty && !IsOwn(crumb))
            {
                kept.Add(crumb.ToString());
            }
        }

        return kept.Count == 0 ? null : string.Join("; ", kept);
    }

    /// <summary>Whether a field of a local service's response would set one of the server's own cookies.</summary>
    public static bool IsSetBy(HeaderField field) =>
        field.Name.Length == 10 && field.Name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase) && IsOwn(field.Value);

    /// <summary>Gives the browser a cookie, for this host alone.</summary>
    public static void Set(HttpResponse response, string name, string value, TimeSpan life) =>
        response.Headers.SetCookie = StringValues.Concat(response.Headers.SetCookie, string.Create(CultureInfo.InvariantCulture,
            $"{name}={value}; Path=/; Max-Age={(long)Math.Ceiling(life.TotalSeconds)}; HttpOnly; SameSite=Lax{(name.StartsWith(HostPrefix, StringComparison.Ordinal) ? "; Secure" : "")}"));

    /// <summary>Takes a cookie from the browser.</summary>
    public static void Delete(HttpResponse response, string name) => Set(response, name, "", TimeSpan.Zero);

    // A browser may send a cookie without a name as its value alone, which then looks like one with a name.
    private static bool IsOwn(ReadOnlySpan<char> crumb)
    {
        ReadOnlySpan<char> name = crumb.TrimStart(" \t=");
        return name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) || name.StartsWith(HostPrefix, StringComparison.OrdinalIgnoreCase)
            || name.StartsWith(SecurePrefix, StringComparison.OrdinalIgnoreCase);
    }

    private static MemoryExtensions.SpanSplitEnumerator<char> Crumbs(string? field) => field.AsSpan().Split(';');
}
