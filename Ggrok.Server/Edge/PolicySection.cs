using System.IO.Enumeration;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge;

/// <summary>Policies of the server for some tunnels.</summary>
/// <param name="Pattern">
/// Which: a host with <c>*</c> for any characters, perhaps with a path prefix (<c>*.my.app/hooks</c>); <c>tcp:20000</c>,
/// <c>udp:*</c>, <c>tls:NAME</c> or <c>name:NAME</c> for raw ones; null for all.
/// </param>
/// <param name="Directives">What holds for them.</param>
internal sealed record PolicySection(string? Pattern, IReadOnlyList<PolicyDirective> Directives)
{
    /// <summary>Whether it is about a tunnel.</summary>
    public bool Matches(RouteKey key)
    {
        if (Pattern is null)
        {
            return true;
        }

        string space = SpaceOf(key);
        if (space.Length > 0)
        {
            return FileSystemName.MatchesSimpleExpression(Pattern, space + key.Host);
        }

        int slash = Pattern.IndexOf('/', StringComparison.Ordinal);
        string host = slash < 0 ? Pattern : Pattern[..slash];
        return FileSystemName.MatchesSimpleExpression(host, key.Host)
            && (slash < 0 || RequestTarget.IsBelow(key.Path, Pattern[slash..]));
    }

    /// <summary>What a pattern of raw tunnels begins with; empty for HTTP.</summary>
    public static string SpaceOf(RouteKey key) => key.Space switch
    {
        RouteSpace.TcpPort => "tcp:",
        RouteSpace.UdpPort => "udp:",
        RouteSpace.Tls => "tls:",
        RouteSpace.Private => "name:",
        _ => "",
    };
}
