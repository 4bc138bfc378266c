using System.Buffers;

namespace Ggrok.Shared.Protocol;

/// <summary>The raw request target (RFC 9112 section 3.2): carried verbatim, only cut, never decoded.</summary>
public static class RequestTarget
{
    // Printable ASCII without space, which could split the request line, and without the mark of a fragment, which no target has:
    // what stands behind one is cut off by some services and read by others.
    private static readonly SearchValues<char> Allowed = SearchValues.Create(
        Enumerable.Range(0x21, 0x7F - 0x21).Select(c => (char)c).Where(c => c != '#').ToArray());

    /// <summary>Whether the target is in origin-form or asterisk-form, has no fragment and cannot break a request line.</summary>
    public static bool IsSafe(ReadOnlySpan<char> target) =>
        target.Length > 0 && (target[0] == '/' || target is "*") && !target.ContainsAnyExcept(Allowed);

    /// <summary>
    /// Turns what stood in the request line into origin-form: an absolute-form target loses scheme and authority
    /// (RFC 9112 section 3.2.2), everything else stays as it is.
    /// </summary>
    public static string ToOriginForm(string rawTarget)
    {
        if (rawTarget.Length == 0 || rawTarget[0] is '/' or '*')
        {
            return rawTarget;
        }

        int authority = rawTarget.IndexOf("://", StringComparison.Ordinal);
        if (authority < 0)
        {
            return rawTarget;
        }

        int path = rawTarget.AsSpan(authority + 3).IndexOfAny('/', '?');
        if (path < 0)
        {
            return "/";
        }

        string rest = rawTarget[(authority + 3 + path)..];
        return rest[0] == '/' ? rest : "/" + rest;
    }

    /// <summary>The path part: everything before the first <c>?</c>.</summary>
    public static ReadOnlySpan<char> Path(ReadOnlySpan<char> target)
    {
        int query = target.IndexOf('?');
        return query < 0 ? target : target[..query];
    }

    /// <summary>Whether the target's path is <paramref name="prefix"/> or lies below it; compared segment by segment.</summary>
    public static bool IsBelow(ReadOnlySpan<char> target, ReadOnlySpan<char> prefix)
    {
        if (prefix is "/")
        {
            // Everything, "*" included.
            return true;
        }

        ReadOnlySpan<char> path = Path(target);
        return path.StartsWith(prefix, StringComparison.Ordinal)
            && (path.Length == prefix.Length || path[prefix.Length] == '/');
    }

    /// <summary>Removes a prefix for which <see cref="IsBelow"/> holds; what remains begins with a slash.</summary>
    public static string StripPrefix(string target, string prefix)
    {
        string rest = target[prefix.Length..];
        return rest.Length > 0 && rest[0] == '/' ? rest : "/" + rest;
    }
}
