namespace Ggrok.Client.Cli;

/// <summary>Looks at an address as it was written, before <see cref="Uri"/> makes something of it.</summary>
internal static class AddressText
{
    /// <summary>Whether there is a scheme in front.</summary>
    public static bool HasScheme(string text) => text.Contains("://", StringComparison.Ordinal);

    /// <summary>
    /// An absolute address of host and port. A host that is a bare number is none: <see cref="Uri"/> would take
    /// <c>3000</c> for the IPv4 address 0.0.11.184.
    /// </summary>
    public static Uri? TryParse(string withScheme)
    {
        ReadOnlySpan<char> authority = withScheme.AsSpan(withScheme.IndexOf("://", StringComparison.Ordinal) + 3);
        int end = authority.IndexOfAny("/?#");
        authority = end < 0 ? authority : authority[..end];
        int colon = authority.LastIndexOf(':');
        bool open = colon >= 0 && colon == authority.Length - 1;
        ReadOnlySpan<char> host = colon > authority.LastIndexOf(']') ? authority[..colon] : authority;
        return !open && host.ContainsAnyExceptInRange('0', '9') && host[0] != '-'
            && Uri.TryCreate(withScheme, UriKind.Absolute, out Uri? uri) && uri.Host.Length > 0 && uri.Port != 0 ? uri : null;
    }
}
