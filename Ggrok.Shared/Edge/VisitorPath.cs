using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Edge;

/// <summary>
/// Compares paths for policies that guard something: a local service may take <c>/Hooks//x</c>, <c>/hooks/%78</c> and
/// <c>/a/../hooks/x</c> for the same, so any of them is below <c>/hooks</c>. Only for that: relaying compares bytes.
/// </summary>
public static class VisitorPath
{
    // Servers behind servers decode again; more often than this nobody does.
    private const int MostDecodings = 3;

    /// <summary>Whether the target's path could be taken for <paramref name="prefix"/> or something below it.</summary>
    /// <param name="target">Raw path and query.</param>
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

    // A query that came out of decoding is none: only what was sent as one is.
    private static string Simplified(string path)
    {
        var segments = new List<string>();
        foreach (string raw in path.Replace('\\', '/').Replace('?', '_').Split('/'))
        {
            int parameters = raw.IndexOf(';', StringComparison.Ordinal);
            string segment = parameters < 0 ? raw : raw[..parameters];
            if (segment == "..")
            {
                segments.RemoveRange(Math.Max(segments.Count - 1, 0), Math.Min(segments.Count, 1));
            }
            else if (segment is not ("" or "."))
            {
                segments.Add(segment.ToLowerInvariant());
            }
        }

        return "/" + string.Join('/', segments);
    }
}
