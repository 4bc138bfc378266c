using System.Buffers;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Cli;

/// <summary>The parts of the public address that a user may ask for, checked before the server is asked.</summary>
public static class PublicName
{
    private const int LongestLabel = 63;

    private static readonly SearchValues<char> LabelChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    /// <summary>One DNS label (RFC 1123 section 2.1), lower case.</summary>
    /// <exception cref="UsageException">The text is no label.</exception>
    public static string Subdomain(string text)
    {
        string label = text.ToLowerInvariant();
        if (label.Contains('.'))
        {
            throw new UsageException($"{text.Quoted()} is no subdomain, which is one word such as alice; for a whole domain name use --host.");
        }

        return label.Length is > 0 and <= LongestLabel && !label.AsSpan().ContainsAnyExcept(LabelChars) && label[0] != '-' && label[^1] != '-'
            ? label
            : throw new UsageException($"{text.Quoted()} is no subdomain; use letters, digits and hyphens, at most {LongestLabel} characters.");
    }

    /// <summary>A private name, lower case.</summary>
    /// <exception cref="UsageException">The text is none.</exception>
    public static string Private(string text) => PrivateName.Normalize(text)
        ?? throw new UsageException($"{text.Quoted()} is no private name; use letters, digits, - . and _, at most {PrivateName.Longest} characters.");

    /// <summary>A domain name, lower case, internationalised names in their ASCII form (RFC 5891).</summary>
    /// <exception cref="UsageException">The text is no domain name.</exception>
    public static string Host(string text)
    {
        string name = text.TrimEnd('.');
        bool plain = name.AsSpan().IndexOfAny(":/@?#%\\ ") < 0
            && Uri.CheckHostName(name) is UriHostNameType.Dns or UriHostNameType.IPv4;
        return plain && Uri.TryCreate("http://" + name, UriKind.Absolute, out Uri? uri)
            ? uri.IdnHost.ToLowerInvariant()
            : throw new UsageException($"{text.Quoted()} is no domain name; write the name alone, such as dev.example.com.");
    }

    /// <summary>A path prefix with a slash in front and none behind; null for <c>/</c>, which is the whole host.</summary>
    /// <exception cref="UsageException">The text is no prefix, or it belongs to the server.</exception>
    public static string? PathPrefix(string text)
    {
        string path = "/" + text.Trim('/');
        if (path == "/")
        {
            return null;
        }

        bool plain = RequestTarget.IsSafe(path) && path.AsSpan().IndexOfAny("?%\\") < 0
            && !path[1..].Split('/').Any(s => s is "" or "." or "..");
        if (!plain)
        {
            throw new UsageException($"{text.Quoted()} is no path prefix; use plain segments such as /alice.");
        }

        return RequestTarget.IsBelow(path, ProtocolLimits.Path)
            ? throw new UsageException($"{ProtocolLimits.Path} belongs to the server; choose another path prefix.")
            : path;
    }
}
