namespace Ggrok.Client.Inbox.Contracts;

/// <summary>
/// Ids of stored requests: 128 bits, the first 48 of them milliseconds since 1970, as 26 characters of Crockford's base 32, so that they sort by
/// time.
/// </summary>
internal static class InboxId
{
    /// <summary>How many characters an id has.</summary>
    public const int Length = 26;

    private const int TimeCharacters = 10;

    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <summary>Whether a text is an id as the server writes it.</summary>
    public static bool IsValid(ReadOnlySpan<char> text) => text.Length == Length && !text.ContainsAnyExcept(Alphabet);

    /// <summary>The time in an id that is valid: when it was made, or the time of one that was made before and would be later.</summary>
    public static DateTimeOffset TimeOf(ReadOnlySpan<char> id)
    {
        long milliseconds = 0;
        foreach (char c in id[..TimeCharacters])
        {
            milliseconds = (milliseconds << 5) | (long)Alphabet.IndexOf(c, StringComparison.Ordinal);
        }

        return DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(milliseconds, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
    }

    /// <summary>An id or the beginning of one, as the server writes it; null when the text is none. Letters that look like digits are those.</summary>
    public static string? Canonical(string text)
    {
        string upper = text.ToUpperInvariant().Replace('O', '0').Replace('I', '1').Replace('L', '1');
        return upper.Length is > 0 and <= Length && !upper.AsSpan().ContainsAnyExcept(Alphabet) ? upper : null;
    }
}
