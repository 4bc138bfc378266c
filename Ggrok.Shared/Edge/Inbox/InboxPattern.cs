using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Edge.Inbox;

/// <summary>Which paths an inbox is for: <c>/hooks/github</c> exactly, or <c>/hooks/*</c> with any rest.</summary>
/// <param name="Path">The path, without the star.</param>
/// <param name="HasRest">Anything may follow.</param>
public readonly record struct InboxPattern(string Path, bool HasRest)
{
    /// <summary>Every path: what the key says without a value.</summary>
    public const string Every = "/*";

    private const int Longest = 2000;

    /// <summary>Reads a pattern.</summary>
    /// <exception cref="FormatException">It is none; the message says what to write.</exception>
    public static InboxPattern Parse(string text)
    {
        string pattern = text.Trim();
        if (pattern is "*" or "true")
        {
            pattern = Every;
        }

        bool hasRest = pattern.EndsWith('*');
        string path = hasRest ? pattern[..^1] : pattern;
        return path.Length is > 0 and <= Longest && path[0] == '/' && path.AsSpan().IndexOfAny("*?# ") < 0 && !path.Any(char.IsControl)
            ? new InboxPattern(path, hasRest)
            : throw new FormatException($"\"{Printable.Clean(text)}\" is no pattern of paths; write /webhooks/* for all that begins so, /hook for that path alone, or nothing for every path");
    }

    /// <summary>Whether a request is meant; compared byte for byte, as it was sent.</summary>
    /// <param name="target">Raw path and query.</param>
    public bool Matches(string target)
    {
        ReadOnlySpan<char> path = RequestTarget.Path(target);
        return HasRest ? path.StartsWith(Path, StringComparison.Ordinal) : path.SequenceEqual(Path);
    }
}
