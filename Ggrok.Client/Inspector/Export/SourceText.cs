using System.Globalization;
using System.Text;

namespace Ggrok.Client.Inspector.Export;

/// <summary>What is needed to write strings into source code.</summary>
internal static class SourceText
{
    /// <summary>The text that bytes are in UTF-8; null when they are none or hold NUL.</summary>
    public static string? Utf8(ReadOnlySpan<byte> bytes) =>
        !bytes.Contains((byte)0) && System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : null;

    /// <summary>
    /// A string in double quotes for C# and JavaScript. Control characters, and what looks like nothing or turns the
    /// direction of writing, are escaped.
    /// </summary>
    public static string Quoted(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (char c in text)
        {
            _ = c switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                _ when IsHidden(c) => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>Whether a character cannot be seen, or ends a line.</summary>
    public static bool IsHidden(char c) => char.GetUnicodeCategory(c) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.PrivateUse;
}
