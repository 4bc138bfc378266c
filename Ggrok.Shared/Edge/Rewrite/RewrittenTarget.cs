using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Edge.Rewrite;

/// <summary>What a target must not be after it was changed.</summary>
public static class RewrittenTarget
{
    /// <summary>Longest target that may come of a replacement, in characters.</summary>
    public const int Longest = 32 * 1024;

    private static readonly string Reserved = ProtocolLimits.Path[1..];

    /// <summary>
    /// Whether the target may go to the local service: in origin-form, its path not below the reserved one, and without dot
    /// segments, with which a visitor could leave the prefix that a rule gave it. However the path is encoded.
    /// </summary>
    public static bool IsAllowed(string target)
    {
        if (target.Length > Longest || !RequestTarget.IsSafe(target) || target[0] != '/')
        {
            return false;
        }

        bool isFirst = true;
        foreach (string segment in Uri.UnescapeDataString(RequestTarget.Path(target).ToString()).Split('/', '\\'))
        {
            // Some servers cut parameters off before they look for dot segments.
            int parameters = segment.IndexOf(';', StringComparison.Ordinal);
            ReadOnlySpan<char> name = parameters < 0 ? segment : segment.AsSpan(0, parameters);
            if (name is "." or ".." || (isFirst && name.Equals(Reserved, StringComparison.OrdinalIgnoreCase)))
            {
                return false;
            }

            isFirst &= segment.Length == 0;
        }

        return true;
    }

    /// <summary>
    /// With one slash in front where a rule left several: what follows two of them is a host to whoever redirects there
    /// (RFC 3986 section 4.2).
    /// </summary>
    public static string WithOneSlash(string target)
    {
        int slashes = target.AsSpan().IndexOfAnyExcept('/', '\\');
        return slashes switch
        {
            < 0 when target.Length > 1 => "/",
            > 1 => target[(slashes - 1)] == '/' ? target[(slashes - 1)..] : "/" + target[slashes..],
            _ => target,
        };
    }
}
