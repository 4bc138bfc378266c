using System.Globalization;
using System.Text;
using Ggrok.Client.Cli;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Rules;

/// <summary>What the parts of a rule may be, the same in a file and in the API.</summary>
internal static class RuleValues
{
    /// <summary>Longest wait.</summary>
    public static readonly TimeSpan MostLatency = TimeSpan.FromMinutes(10);

    /// <summary>Largest body of a fixed response.</summary>
    public const int MostBodyBytes = 1024 * 1024;

    private const int LongestName = 63;
    private const int MostHeaderBytes = 16 * 1024;

    /// <summary>The name of a rule.</summary>
    /// <exception cref="UsageException">It cannot be one.</exception>
    public static string Name(string text) =>
        text.Length is > 0 and <= LongestName && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? text
            : throw new UsageException($"{text.Quoted()} cannot name a rule; use letters, digits and - _ . (a letter or digit first), at most {LongestName} characters.");

    /// <summary>Methods, separated by commas.</summary>
    /// <exception cref="UsageException">One is none.</exception>
    public static IReadOnlyList<string> Methods(string text)
    {
        string[] methods = text.Split(',', StringSplitOptions.TrimEntries);
        return methods.All(m => HeaderField.IsName(m) && !m.Contains('*', StringComparison.Ordinal))
            ? [.. methods.Select(m => m.ToUpperInvariant())]
            : throw new UsageException($"{text.Quoted()} is no method; write methods separated by commas, such as POST,PUT, or leave them out for any.");
    }

    /// <summary>A pattern of paths.</summary>
    /// <exception cref="UsageException">No path can be like it.</exception>
    public static string Path(string text) =>
        text.Contains('?', StringComparison.Ordinal) ? throw new UsageException($"{text.Quoted()} has a query, which is not looked at; write the path alone, such as /checkout/*")
        : text[0] is '/' or '*' && text.All(c => c is > ' ' and <= '~') ? text
        : throw new UsageException($"{text.Quoted()} is no path; write one as it is sent, such as /checkout/*, where * stands for anything.");

    /// <summary>Methods and path in one: <c>POST /checkout/*</c>, or one of them.</summary>
    /// <exception cref="UsageException">It is neither.</exception>
    public static (IReadOnlyList<string> Methods, string? Path) Match(string text)
    {
        int path = text.LastIndexOf(' ') + 1;
        return text[0] is '/' or '*' || (path == 0 && text.Contains('/', StringComparison.Ordinal)) ? ([], Path(text))
            : text[path] is '/' or '*' ? (Methods(text[..path].Trim()), Path(text[path..]))
            : (Methods(text), null);
    }

    /// <summary>A pattern of hosts.</summary>
    /// <exception cref="UsageException">No host can be like it.</exception>
    public static string Host(string text) => text.All(c => c is > ' ' and <= '~') && !text.Contains('/', StringComparison.Ordinal)
        ? text
        : throw new UsageException($"{text.Quoted()} is no host; write a name such as shop.example.com or *.example.com");

    /// <summary>A field, with or without a part of its value.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static HeaderField Header(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        var field = new HeaderField((colon < 0 ? text : text[..colon]).Trim(), colon < 0 ? "" : text[(colon + 1)..].Trim());
        return HeaderField.IsName(field.Name) && HeaderField.IsValue(field.Value)
            ? field
            : throw new UsageException($"{text.Quoted()} is no header field; write its name, or its name and a part of its value: X-GitHub-Event: push");
    }

    /// <summary>A wait.</summary>
    /// <exception cref="UsageException">It is too long, or none.</exception>
    public static TimeSpan Latency(TimeSpan wait) => wait > TimeSpan.Zero && wait <= MostLatency
        ? wait
        : throw new UsageException("A latency is longer than nothing and at most 10m.");

    /// <summary>A share: <c>10%</c> or <c>0.1</c>.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static double Rate(string text)
    {
        bool percent = text.EndsWith('%');
        bool valid = double.TryParse(percent ? text[..^1].TrimEnd() : text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number);
        return valid ? Rate(percent ? number / 100 : number, text) : throw NoRate(text);
    }

    /// <summary>A share above 0, at most 1.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static double Rate(double share, string text) => share is > 0 and <= 1 ? share : throw NoRate(text);

    /// <summary>Status of an error.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static int ErrorStatus(string text) => Status(text, 400, "500, 503 or 429");

    /// <summary>Status of a response.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static int Status(string text) => Status(text, 200, "200, 302 or 404");

    /// <summary>Fields of a response, one a line.</summary>
    /// <exception cref="UsageException">A line is none.</exception>
    public static IReadOnlyList<HeaderField> Fields(string text) => Fields(text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(line => line.IndexOf(':', StringComparison.Ordinal) is var colon and > 0
            ? new HeaderField(line[..colon].TrimEnd(), line[(colon + 1)..].Trim())
            : throw new UsageException($"{line.Quoted()} is no header field; write Name: value, one a line.")));

    /// <summary>Fields of a message.</summary>
    /// <exception cref="UsageException">One is none, or together they are too large.</exception>
    public static IReadOnlyList<HeaderField> Fields(IEnumerable<HeaderField> given)
    {
        HeaderField[] fields = [.. given];
        foreach (HeaderField field in fields)
        {
            if (!HeaderField.IsName(field.Name) || !HeaderField.IsValue(field.Value))
            {
                throw new UsageException(HeaderField.IsName(field.Name)
                    ? $"{field.Name} has a value that a header field cannot have; line breaks and letters beyond ISO 8859-1 are not possible there."
                    : $"{field.Name.Quoted()} is no name of a header field; use letters, digits and dashes.");
            }
        }

        return fields.Sum(f => f.Name.Length + f.Value.Length) <= MostHeaderBytes
            ? fields
            : throw new UsageException($"The header fields are larger than {ByteSizes.Format(MostHeaderBytes)} together; leave some out.");
    }

    /// <summary>A body.</summary>
    /// <exception cref="UsageException">It is too large.</exception>
    public static byte[] Body(byte[] body) => body.Length <= MostBodyBytes ? body
        : throw new UsageException($"The body is larger than {ByteSizes.Format(MostBodyBytes)}, the most that a rule answers with.");

    /// <summary>A body of text.</summary>
    /// <exception cref="UsageException">It is too large.</exception>
    public static byte[] Body(string text) => Body(Encoding.UTF8.GetBytes(text));

    private static int Status(string text, int least, string examples) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int status) && status >= least && status <= 599
            ? status
            : throw new UsageException($"{text.Quoted()} is no status that can be sent here; write one from {least} to 599, such as {examples}.");

    private static UsageException NoRate(string text) => new($"{text.Quoted()} is no share of requests; write it like 10% or 0.1.");
}
