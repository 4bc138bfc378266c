using System.Security.Cryptography;
using System.Text;
using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Balancing;

/// <summary>The cookie that says which member served a browser: what it holds means nothing to anybody else.</summary>
internal static class StickyCookie
{
    private const int NameBytes = 4;

    /// <summary>Name of the cookie of a pool.</summary>
    public static string NameFor(RouteKey key) =>
        "ggrok-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', key.Host, key.Path, key.Condition))).AsSpan(0, NameBytes));

    /// <summary>What the visitor's cookie says; null without one.</summary>
    public static string? Read(HttpRequest request, string name)
    {
        foreach (string? line in request.Headers.Cookie)
        {
            foreach (Range part in line.AsSpan().Split(';'))
            {
                ReadOnlySpan<char> pair = line.AsSpan(part).Trim();
                if (pair.Length > name.Length && pair[name.Length] == '=' && pair.StartsWith(name, StringComparison.Ordinal))
                {
                    return pair[(name.Length + 1)..].ToString();
                }
            }
        }

        return null;
    }

    /// <summary>
    /// The field that gives a browser its cookie (RFC 6265 section 4.1): of this host alone, of the tunnel's path, for as long as
    /// the browser runs, and never for scripts.
    /// </summary>
    public static string Format(Pool pool, string token, bool isHttps) =>
        $"{pool.CookieName}={token}; Path={PathOf(pool.Key)}; HttpOnly; SameSite=Lax{(isHttps ? "; Secure" : "")}";

    // A semicolon would end the attribute and begin another.
    private static string PathOf(RouteKey key) => key.Path.Contains(';') ? "/" : key.Path;
}
