using System.Text;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Output.Requests;

/// <summary>Bodies of strangers on a terminal: their lines and letters stay, what could steer the terminal does not.</summary>
internal static class SafeText
{
    /// <summary>Text of several lines; control characters other than line breaks and tabs become <c>?</c>.</summary>
    public static string Lines(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (Rune rune in text.Replace("\r\n", "\n", StringComparison.Ordinal).EnumerateRunes())
        {
            safe.Append(rune.Value is '\n' or '\t' || rune.Value > char.MaxValue ? rune.ToString() : Printable.Clean(((char)rune.Value).ToString()));
        }

        return safe.ToString();
    }

    /// <summary>Text of one line, however long.</summary>
    public static string Line(string text) => Lines(text).Replace('\n', '?').Replace('\t', ' ');
}
