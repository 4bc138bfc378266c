using System.Security.Cryptography;
using System.Text;
using Ggrok.Server.Edge.Credentials;
using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Balancing;

/// <summary>The cookie that says which member served a browser: what it holds means nothing to anybody else.</summary>
internal static class StickyCookie
{
    private const int NameBytes = 4;

    /// <summary>Name of the cookie of a pool.</summary>
    public static string NameFor(RouteKey key, bool isHttps) =>
        OwnCookies.NameOf(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', key.Host, key.Path, key.Condition))).AsSpan(0, NameBytes)), isHttps);

    /// <summary>
    /// The field that gives a browser its cookie (RFC 6265bis section 4.1): of this host alone, for as long as the browser runs, and
    /// never for scripts. Of all paths, which the prefix <c>__Host-</c> asks for; pools of one host have different names.
    /// </summary>
    public static string Format(string name, string token, bool isHttps) =>
        $"{name}={token}; Path=/; HttpOnly; SameSite=Lax{(isHttps ? "; Secure" : "")}";
}
