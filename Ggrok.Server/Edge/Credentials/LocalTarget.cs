using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge.Credentials;

/// <summary>Where a browser is sent on the same host.</summary>
internal static class LocalTarget
{
    private const int Longest = 1000;

    /// <summary>
    /// The target of a request as a Location that stays on the host: browsers take what begins with two slashes, or a slash and
    /// a backslash, for another host.
    /// </summary>
    /// <param name="target">Path and query, raw.</param>
    /// <param name="fallback">Where to, if it cannot be used.</param>
    public static string Of(string target, string fallback = "/")
    {
        if (target.Length > Longest || !RequestTarget.IsSafe(target) || target[0] != '/')
        {
            return fallback;
        }

        ReadOnlySpan<char> rest = target.AsSpan().TrimStart("/\\");
        return rest.Length == target.Length - 1 ? target : string.Concat("/", rest);
    }
}
