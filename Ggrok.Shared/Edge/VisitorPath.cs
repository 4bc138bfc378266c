using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Edge;

/// <summary>
/// Compares paths for policies that guard something: a local service may take <c>/Hooks//x</c> and <c>/hooks/%78</c> for the
/// same, so either is below <c>/hooks</c>. Only for that: relaying compares bytes.
/// </summary>
public static class VisitorPath
{
    // Servers behind servers decode again; more often than this nobody does.
    private const int MostDecodings = 3;

    /// <summary>
    /// Whether somebody who decodes the target could find a dot segment in its path (RFC 3986 section 3.3). Where that leads is
    /// a matter of taste: services differ in what they do with empty segments, encoded slashes and parameters before it. Also
    /// true of what is encoded more often than anybody decodes.
    /// </summary>
    /// <param name="target">Raw path and query.</param>
    public static bool MayHaveDotSegments(string target)
    {
        string path = RequestTarget.Path(target).ToString();
        for (int i = 0; path.AsSpan().IndexOfAny('.', '%') >= 0; i++)
        {
            if (HasDotSegment(path))
            {
                return true;
            }

            string decoded = Uri.UnescapeDataString(path);
            if (decoded == path || i == MostDecodings)
            {
                return decoded != path;
            }

            path = decoded;
        }

        return false;
    }

    /// <summary>Whether the target's path could be taken for <paramref name="prefix"/> or something below it.</summary>
    /// <param name="target">Raw path and query, without dot segments.</param>
    /// <param name="prefix">Begins with a slash and does not end with one, or is <c>/</c>.</param>
    public static bool MayBeBelow(string target, string prefix)
    {
        if (RequestTarget.IsBelow(target, prefix))
        {
            return true;
        }

        string path = RequestTarget.Path(target).ToString();
        string wanted = Simplified(prefix);
        for (int i = 0; i <= MostDecodings; i++)
        {
            if (RequestTarget.IsBelow(Simplified(path), wanted))
            {
                return true;
            }

            string decoded = Uri.UnescapeDataString(path);
            if (decoded == path)
            {
                return false;
            }

            path = decoded;
        }

        return false;
    }

    // What came out of decoding may end a segment for whoever reads it next: a slash, parameters, a query, a fragment.
    private static bool HasDotSegment(ReadOnlySpan<char> path)
    {
        foreach (Range range in path.SplitAny('/', '\\'))
        {
            ReadOnlySpan<char> segment = path[range];
            int end = segment.IndexOfAny(';', '?', '#');
            if ((end < 0 ? segment : segment[..end]) is "." or "..")
            {
                return true;
            }
        }

        return false;
    }

    // A query that came out of decoding is none: only what was sent as one is.
    private static string Simplified(string path)
    {
        var segments = new List<string>();
        foreach (string raw in path.Replace('\\', '/').Replace('?', '_').Split('/'))
        {
            int parameters = raw.IndexOf(';', StringComparison.Ordinal);
            string segment = parameters < 0 ? raw : raw[..parameters];
            if (segment.Length > 0)
            {
                segments.Add(segment.ToLowerInvariant());
            }
        }

        return "/" + string.Join('/', segments);
    }
}
