using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Dashboard.Access;

/// <summary>
/// The cookie of who is signed in. It goes to the server's own paths alone, never to what a tunnel of the same name serves;
/// that is why it cannot have the prefix <c>__Host-</c>, which wants the path <c>/</c>.
/// </summary>
internal static class AdminCookie
{
    private const int Most = 10;
    private const string Plain = "ggrok-admin";
    private const string Secure = "__Secure-" + Plain;

    /// <summary>
    /// Its values. A neighbour below the same domain can set cookies of this name for the whole domain: one that was made up must not
    /// hide the real one.
    /// </summary>
    public static IEnumerable<string> Read(HttpRequest request, bool isHttps)
    {
        string start = (isHttps ? Secure : Plain) + "=";
        return request.Headers.Cookie.SelectMany(line => (line ?? "").Split(';', StringSplitOptions.TrimEntries))
            .Where(pair => pair.StartsWith(start, StringComparison.Ordinal))
            .Select(pair => pair[start.Length..])
            .Take(Most);
    }

    /// <summary>Sets it.</summary>
    public static void Write(HttpResponse response, bool isHttps, string value) => response.Cookies.Append(isHttps ? Secure : Plain, value, Options(isHttps));

    /// <summary>Takes it back.</summary>
    public static void Remove(HttpResponse response, bool isHttps) => response.Cookies.Delete(isHttps ? Secure : Plain, Options(isHttps));

    // No Domain: it belongs to this very name. No lifetime: it ends with the browser, at the latest.
    private static CookieOptions Options(bool isHttps) =>
        new() { Path = ProtocolLimits.Path, HttpOnly = true, Secure = isHttps, SameSite = SameSiteMode.Strict, IsEssential = true };
}
