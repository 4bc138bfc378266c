using System.Collections.Frozen;
using System.Net;
using System.Text.Json;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Edge.ErrorPages;

/// <summary>What pages may be filled with.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Error">Name of the error.</param>
/// <param name="Title">What happened, in a few words.</param>
/// <param name="Message">What to do.</param>
/// <param name="RequestId">Correlation id.</param>
public sealed record PageFacts(int Status, RelayError Error, string Title, string Message, string RequestId);

/// <summary>A page of somebody's own for failures: HTML for browsers, or JSON for programs.</summary>
public sealed class CustomPage
{
    private static readonly FrozenDictionary<string, Func<PageFacts, string>> Places = new Dictionary<string, Func<PageFacts, string>>
    {
        ["{status}"] = f => f.Status.ToString(System.Globalization.CultureInfo.InvariantCulture),
        ["{error}"] = f => f.Error.ToString(),
        ["{title}"] = f => f.Title,
        ["{message}"] = f => f.Message,
        ["{request_id}"] = f => f.RequestId,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly IReadOnlyList<(string Text, Func<PageFacts, string>? Place)> _parts;

    private CustomPage(bool isHtml, IReadOnlyList<(string Text, Func<PageFacts, string>? Place)> parts)
    {
        IsHtml = isHtml;
        _parts = parts;
    }

    /// <summary>Whether it is HTML; else it is JSON.</summary>
    public bool IsHtml { get; }

    /// <summary>Reads a page. Braces around anything but the known names stay as they are: styles and scripts are full of them.</summary>
    /// <exception cref="FormatException">It is neither HTML nor JSON.</exception>
    public static CustomPage Parse(string contents)
    {
        string text = contents.TrimStart('\uFEFF').TrimStart();
        bool isHtml = text.StartsWith('<');
        if (!isHtml && !text.StartsWith('{') && !text.StartsWith('['))
        {
            throw new FormatException("the page is neither HTML nor JSON; begin the file with < or with { or [");
        }

        var parts = new List<(string, Func<PageFacts, string>?)>();
        int literal = 0;
        for (int brace = text.IndexOf('{', StringComparison.Ordinal); brace >= 0; brace = text.IndexOf('{', brace + 1))
        {
            int close = text.IndexOf('}', brace);
            if (close > 0 && Places.TryGetValue(text[brace..(close + 1)], out Func<PageFacts, string>? place))
            {
                parts.Add((text[literal..brace], null));
                parts.Add(("", place));
                literal = close + 1;
                brace = close;
            }
        }

        parts.Add((text[literal..], null));
        return new CustomPage(isHtml, parts);
    }

    /// <summary>The page for one failure; what is filled in is escaped.</summary>
    public string Fill(PageFacts facts) =>
        string.Concat(_parts.Select(p => p.Place is null ? p.Text : Escape(p.Place(facts))));

    private string Escape(string text) => IsHtml ? WebUtility.HtmlEncode(text) : JsonEncodedText.Encode(text).ToString();
}
