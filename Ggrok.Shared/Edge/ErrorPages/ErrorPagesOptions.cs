using System.Globalization;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Edge.ErrorPages;

/// <summary>Pages for failures that the server answers.</summary>
public sealed record ErrorPagesOptions
{
    /// <summary>Key of the pages.</summary>
    public const string Key = "error-page";

    /// <summary>The keys of this policy.</summary>
    public static IReadOnlyList<PolicyKey> Keys { get; } =
    [
        new(Key, "WHEN=FILE", "A page of your own, HTML or JSON, for failures of the tunnel: 502=FILE, 5xx=FILE or LocalUnreachable=FILE.", v => Parse(v))
            { Form = PolicyForm.KeyedFiles },
    ];

    /// <summary>Pages by the name of an error, a status or a class of statuses such as <c>5xx</c>, in the order in which they were written.</summary>
    public IReadOnlyList<(string When, CustomPage Page)> Pages { get; init; } = [];

    /// <summary>Reads <c>WHEN=CONTENTS</c>.</summary>
    /// <exception cref="FormatException">One is not valid; the message says what to write.</exception>
    public static ErrorPagesOptions Parse(IReadOnlyList<string> values) => new() { Pages = [.. values.Select(One)] };

    /// <summary>The page for an error: that of its name before that of its status before that of the class; null when there is none.</summary>
    /// <param name="error">The error.</param>
    /// <param name="isHtml">Whether HTML is wanted; else JSON.</param>
    public CustomPage? Find(RelayError error, bool isHtml)
    {
        string status = RelayFailure.Of(error).Status.ToString(CultureInfo.InvariantCulture);
        return Find(error.ToString(), isHtml) ?? Find(status, isHtml) ?? Find(status[0] + "xx", isHtml);
    }

    private CustomPage? Find(string when, bool isHtml) => Pages.FirstOrDefault(p => p.When == when && p.Page.IsHtml == isHtml).Page;

    private static (string When, CustomPage Page) One(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0
            ? (When(text[..equals].Trim()), CustomPage.Parse(text[(equals + 1)..]))
            : throw new FormatException("write WHEN=FILE, such as 502=down.html");
    }

    private static string When(string text)
    {
        if (text.ToLowerInvariant() is "4xx" or "5xx")
        {
            return text.ToLowerInvariant();
        }

        if (text.Length == 3 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int status) && status is >= 400 and < 600)
        {
            return text;
        }

        string? name = Enum.GetNames<RelayError>().FirstOrDefault(n => n.Equals(text, StringComparison.OrdinalIgnoreCase));
        return name is not (null or nameof(RelayError.None) or nameof(RelayError.VisitorGone))
            ? name
            : throw new FormatException($"\"{Printable.Clean(text)}\" is no failure; write a status such as 502, 4xx or 5xx, or a name of docs/errors.md such as LocalUnreachable");
    }
}
