using System.Globalization;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Edge.Inbox;

/// <summary>What the sender of a request hears that was stored.</summary>
/// <param name="Status">A status of success: anything else would have it sent again.</param>
/// <param name="Text">The body; empty for none.</param>
public sealed record InboxAnswer(int Status, string Text)
{
    /// <summary>202 without a body.</summary>
    public static InboxAnswer Usual { get; } = new(202, "");

    private const int Longest = 1000;

    /// <summary>Reads <c>200</c> or <c>200 thank you</c>.</summary>
    /// <exception cref="FormatException">It is no answer; the message says what to write.</exception>
    public static InboxAnswer Parse(string text)
    {
        string trimmed = text.Trim();
        int space = trimmed.IndexOf(' ', StringComparison.Ordinal);
        string rest = space < 0 ? "" : trimmed[(space + 1)..].Trim();
        return int.TryParse(space < 0 ? trimmed : trimmed[..space], NumberStyles.None, CultureInfo.InvariantCulture, out int status)
            && status is >= 200 and <= 299 && rest.Length <= Longest && (rest.Length == 0 || status is not (204 or 205))
            ? new InboxAnswer(status, rest)
            : throw new FormatException($"\"{Printable.Clean(text)}\" is no answer; write a status from 200 to 299, with a text of at most {Longest} characters behind it or none: 200 ok");
    }
}
