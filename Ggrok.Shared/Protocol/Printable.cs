namespace Ggrok.Shared.Protocol;

/// <summary>Text from strangers, made fit for a log line, a terminal or a message.</summary>
public static class Printable
{
    private const int Longest = 200;

    /// <summary>Replaces control characters (line breaks, terminal escapes) by <c>?</c> and cuts what is very long.</summary>
    public static string Clean(string? text)
    {
        if (text is null)
        {
            return "";
        }

        bool clean = text.Length <= Longest && !text.Any(IsUnfit);
        return clean ? text : string.Concat(text.Take(Longest).Select(c => IsUnfit(c) ? '?' : c));
    }

    private static bool IsUnfit(char c) => char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E');
}
