using System.IO.Enumeration;

namespace Ggrok.Server.Tokens;

/// <summary>Host names that only tokens take whose <c>hosts</c> name them: <c>www.my.app, admin.*</c>.</summary>
public sealed class ReservedHosts
{
    /// <summary>None.</summary>
    public static readonly ReservedHosts None = new([]);

    private readonly string[] _patterns;

    private ReservedHosts(string[] patterns)
    {
        _patterns = patterns;
    }

    /// <summary>Reads patterns with commas between.</summary>
    /// <exception cref="FormatException">One of them is no host name.</exception>
    public static ReservedHosts Parse(string text) =>
        new([.. text.Split([',', '|'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(GrantWords.HostPattern)]);

    /// <summary>
    /// Whether a host is kept from these grants. They name it with its full name, or with the very pattern that reserves it; a
    /// wider pattern, such as the one for all subdomains, was not meant for it.
    /// </summary>
    public bool Keeps(string host, Grants grants)
    {
        IReadOnlyList<string> named = grants.Hosts ?? [];
        return Array.Exists(_patterns, p => FileSystemName.MatchesSimpleExpression(p, host) && !named.Contains(p, StringComparer.Ordinal))
            && !named.Contains(host, StringComparer.Ordinal);
    }
}
