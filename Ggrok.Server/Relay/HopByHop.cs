using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;

namespace Ggrok.Server.Relay;

/// <summary>Fields that concern one connection only (RFC 9110 section 7.6.1).</summary>
internal static class HopByHop
{
    private static readonly FrozenSet<string> Names = new[]
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE",
        "Transfer-Encoding", "Upgrade", "HTTP2-Settings",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the field must not be passed on.</summary>
    public static bool Is(string name) => Names.Contains(name);

    /// <summary>Whether Connection names this field as one of the connection's own.</summary>
    public static bool IsNominated(StringValues connection, string name)
    {
        foreach (string? line in connection)
        {
            foreach (Range part in line.AsSpan().Split(','))
            {
                if (line.AsSpan(part).Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
