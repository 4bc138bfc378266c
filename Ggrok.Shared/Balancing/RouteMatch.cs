using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Balancing;

/// <summary>A header field that a request must have.</summary>
/// <param name="Name">Name of the field in lower case.</param>
/// <param name="Value">What one of its values must be exactly; null when any will do.</param>
public sealed record HeaderCondition(string Name, string? Value);

/// <summary>
/// Conditions, beside host and path, under which a request is for a tunnel: <c>method=POST,PUT</c>, <c>header=X-Beta</c>,
/// <c>header=X-Env: staging</c>. All of them must hold.
/// </summary>
public sealed class RouteMatch
{
    private const string MethodWord = "method=";
    private const string HeaderWord = "header=";
    private const int Most = 8;
    private const int LongestText = 300;

    private RouteMatch(string[] methods, HeaderCondition[] headers)
    {
        Methods = methods;
        Headers = headers;

        // A line each: no condition has a line feed, so that different conditions have different texts.
        Texts =
        [
            .. headers.Select(h => HeaderWord + h.Name + (h.Value is null ? "" : ": " + h.Value)),
            .. methods.Length == 0 ? [] : new[] { MethodWord + string.Join(',', methods) },
        ];
        Canonical = string.Join('\n', Texts);
    }

    /// <summary>Methods in capitals and in order, of which the request's must be one; empty when any will do.</summary>
    public IReadOnlyList<string> Methods { get; }

    /// <summary>Fields that the request must have, in order of their names.</summary>
    public IReadOnlyList<HeaderCondition> Headers { get; }

    /// <summary>How many conditions there are; the methods together are one.</summary>
    public int Count => Headers.Count + (Methods.Count > 0 ? 1 : 0);

    /// <summary>Each condition as it is written, in an order of its own.</summary>
    public IReadOnlyList<string> Texts { get; }

    /// <summary>The same text for the same conditions, however they were written.</summary>
    public string Canonical { get; }

    /// <summary>Reads conditions; null when there are none.</summary>
    /// <exception cref="FormatException">One is none, or two contradict each other; the message says what to write.</exception>
    public static RouteMatch? Parse(IReadOnlyList<string> texts)
    {
        if (texts.Count == 0)
        {
            return null;
        }

        Require(texts.Count <= Most, $"there are more than {Most} conditions");
        string[]? methods = null;
        var headers = new List<HeaderCondition>();
        foreach (string text in texts)
        {
            if (text.StartsWith(MethodWord, StringComparison.OrdinalIgnoreCase) && text.Length <= LongestText)
            {
                Require(methods is null, "there are two conditions on the method; write all methods in one, such as method=POST,PUT");
                methods = ParseMethods(text);
            }
            else if (text.StartsWith(HeaderWord, StringComparison.OrdinalIgnoreCase) && text.Length <= LongestText)
            {
                HeaderCondition header = ParseHeader(text);
                Require(!headers.Exists(h => h.Name == header.Name), $"there are two conditions on the header {header.Name}; leave one out");
                headers.Add(header);
            }
            else
            {
                throw NoCondition(text);
            }
        }

        return new RouteMatch(methods ?? [], [.. headers.OrderBy(h => h.Name, StringComparer.Ordinal)]);
    }

    /// <summary>The conditions as people write them, in one line.</summary>
    public override string ToString() => string.Join(", ", Texts);

    private static string[] ParseMethods(string text)
    {
        string[] methods = [.. text[MethodWord.Length..].Split(',', StringSplitOptions.TrimEntries).Select(m => m.ToUpperInvariant())
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return Array.TrueForAll(methods, m => HeaderField.IsName(m)) ? methods : throw NoCondition(text);
    }

    private static HeaderCondition ParseHeader(string text)
    {
        string rest = text[HeaderWord.Length..];
        int colon = rest.IndexOf(':');
        string name = (colon < 0 ? rest : rest[..colon]).Trim().ToLowerInvariant();
        string? value = colon < 0 ? null : rest[(colon + 1)..].Trim();
        Require(name != "host", "a condition on the header Host is a matter of the tunnel's name; use subdomain or host");

        // What others are told of a name, and the log, must not hold control characters.
        return HeaderField.IsName(name) && value is not "" && (value is null || (HeaderField.IsValue(value) && !value.Any(char.IsControl)))
            ? new HeaderCondition(name, value)
            : throw NoCondition(text);
    }

    private static void Require(bool holds, string problem)
    {
        if (!holds)
        {
            throw new FormatException(problem);
        }
    }

    private static FormatException NoCondition(string text) =>
        new($"\"{Printable.Clean(text)}\" is no condition; write method=POST,PUT or header=X-Beta or header=X-Env: staging");
}
