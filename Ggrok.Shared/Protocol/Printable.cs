namespace Ggrok.Shared.Protocol;

/// <summary>Text from strangers, made fit for a log line, a terminal or a message.</summary>
public static class Printable
{
    private const int Longest = 200;
    private const int LongestMessage = 1000;

    /// <summary>Replaces control characters (line breaks, terminal escapes) by <c>?</c> and cuts what is very long.</summary>
    public static string Clean(string? text) => Clean(text, Longest);

    /// <summary>The same for a message that says what to do, of which more is kept.</summary>
    public static string CleanMessage(string? text) => Clean(text, LongestMessage);

    private static string Clean(string? text, int longest)
    {
        if (text is null)
        {
            return "";
        }

        bool clean = text.Length <= longest && !text.Any(IsUnfit);
        return clean ? text : string.Concat(text.Take(longest).Select(c => IsUnfit(c) ? '?' : c));
    }

    private static bool IsUnfit(char c) => char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
