using System.Buffers;

namespace Ggrok.Server.Tunnels;

/// <summary>Host names as registry keys: lower case, no port, no trailing dot (RFC 9110 section 7.2, RFC 3986 section 3.2.2).</summary>
public static class HostNames
{
    private const int LongestName = 253;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-._:[]%");
    private static readonly SearchValues<char> LabelChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    /// <summary>The key of a Host header or authority; null when it is not a host.</summary>
    public static string? Normalize(string host)
    {
        ReadOnlySpan<char> name = WithoutPort(host.AsSpan().Trim());
        if (name.EndsWith('.'))
        {
            name = name[..^1];
        }

        if (name.Length is 0 or > LongestName)
        {
            return null;
        }

        // Nearly every Host is lower case already: then no string is made when there was no port.
        string key = name.ContainsAnyInRange('A', 'Z') ? name.ToString().ToLowerInvariant()
            : name.Length == host.Length ? host
            : name.ToString();
        return key.AsSpan().ContainsAnyExcept(Allowed) ? null : key;
    }

    /// <summary>Whether the text is one DNS label (RFC 1123 section 2.1).</summary>
    public static bool IsLabel(string text) =>
        text.Length is > 0 and <= 63 && !text.AsSpan().ContainsAnyExcept(LabelChars) && text[0] != '-' && text[^1] != '-';

    private static ReadOnlySpan<char> WithoutPort(ReadOnlySpan<char> host)
    {
        int colon = host.LastIndexOf(':');
        bool inBrackets = host.Length > 0 && host[0] == '[' && host.IndexOf(']') > colon;
        return colon < 0 || inBrackets ? host : host[..colon];
    }
}
