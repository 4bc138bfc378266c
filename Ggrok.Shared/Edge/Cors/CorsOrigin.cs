using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Edge.Cors;

/// <summary>An origin, or all below a domain: <c>https://app.example.com</c>, <c>https://*.example.com</c>.</summary>
public sealed record CorsOrigin
{
    private const string Wildcard = "*.";

    private readonly string _text;
    private readonly int _wildcard;

    private CorsOrigin(string text, int wildcard)
    {
        _text = text;
        _wildcard = wildcard;
    }

    /// <summary>Reads an origin.</summary>
    /// <exception cref="FormatException">It is not valid; the message says what to write.</exception>
    public static CorsOrigin Parse(string text)
    {
        if (text.Equals("null", StringComparison.OrdinalIgnoreCase))
        {
            throw new FormatException("\"null\" is the origin of every file and sandboxed frame, whoever made it; serve the page from an address and write that");
        }

        int wildcard = text.IndexOf("://" + Wildcard, StringComparison.Ordinal);
        string plain = wildcard < 0 ? text : text.Remove(wildcard + 3, Wildcard.Length);
        if (!Uri.TryCreate(plain, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https") || uri.PathAndQuery != "/"
            || plain.EndsWith('/') || uri.UserInfo.Length > 0 || uri.Fragment.Length > 0 || plain.Contains('*', StringComparison.Ordinal))
        {
            throw new FormatException($"\"{Printable.Clean(text)}\" is no origin; write scheme and host without a path, such as https://app.example.com or https://*.example.com, or * for all");
        }

        // As browsers write it: lower case, international names in ASCII, no default port.
        string host = uri.HostNameType == UriHostNameType.IPv6 ? uri.Host : uri.IdnHost;
        string port = uri.IsDefaultPort ? "" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $":{uri.Port}");
        return wildcard < 0
            ? new CorsOrigin($"{uri.Scheme}://{host}{port}", -1)
            : new CorsOrigin($"{uri.Scheme}://.{host}{port}", uri.Scheme.Length + 3);
    }

    /// <summary>Whether an Origin field says this origin.</summary>
    public bool Matches(string origin)
    {
        if (_wildcard < 0)
        {
            return origin.Equals(_text, StringComparison.Ordinal);
        }

        ReadOnlySpan<char> scheme = _text.AsSpan(0, _wildcard);
        ReadOnlySpan<char> domain = _text.AsSpan(_wildcard);
        return origin.Length > _text.Length
            && origin.AsSpan().StartsWith(scheme, StringComparison.Ordinal)
            && origin.AsSpan().EndsWith(domain, StringComparison.Ordinal)
            && !origin.AsSpan(_wildcard, origin.Length - _text.Length).ContainsAnyExcept(LabelChars);
    }

    private static readonly System.Buffers.SearchValues<char> LabelChars = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-._");
}
