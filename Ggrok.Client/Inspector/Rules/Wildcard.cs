namespace Ggrok.Client.Inspector.Rules;

/// <summary>Patterns in which <c>*</c> stands for any characters, slashes included.</summary>
internal static class Wildcard
{
    /// <summary>Whether the whole text is what the pattern says.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text, StringComparison comparison)
    {
        int star = pattern.IndexOf('*');
        if (star < 0)
        {
            return text.Equals(pattern, comparison);
        }

        if (!text.StartsWith(pattern[..star], comparison))
        {
            return false;
        }

        // Each part as early as possible: what that leaves is the most that the others could have.
        text = text[star..];
        pattern = pattern[(star + 1)..];
        while ((star = pattern.IndexOf('*')) >= 0)
        {
            int at = text.IndexOf(pattern[..star], comparison);
            if (at < 0)
            {
                return false;
            }

            text = text[(at + star)..];
            pattern = pattern[(star + 1)..];
        }

        return text.EndsWith(pattern, comparison);
    }
}
