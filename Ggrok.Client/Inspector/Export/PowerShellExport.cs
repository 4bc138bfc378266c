using System.Text;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Export;

/// <summary>A command for PowerShell 7.</summary>
internal static class PowerShellExport
{
    private const string Next = " `\n  ";

    // Those of -Method; others need -CustomMethod, as does a body with GET, which -Method would put into the address.
    private static readonly string[] Known = ["DELETE", "GET", "HEAD", "MERGE", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];

    /// <summary>The command.</summary>
    public static string Of(ExportedRequest request)
    {
        var text = new StringBuilder();
        text.Append(request.Remark is null ? "" : $"# {request.Remark}\n");
        text.Append("Invoke-WebRequest ").Append(Quoted(request.Url));
        bool isKnown = Known.Contains(request.Method) && (request.Method != "GET" || request.Body is null);
        text.Append(Next).Append(isKnown ? "-Method " : "-CustomMethod ").Append(Quoted(request.Method));
        text.Append(Next).Append("-SkipHeaderValidation").Append(Next).Append("-SkipHttpErrorCheck").Append(Next).Append("-MaximumRedirection 0");
        AppendHeaders(text, request);
        if (request.Find("Content-Type") is { } type)
        {
            text.Append(Next).Append("-ContentType ").Append(Quoted(type));
        }

        // As bytes: a string would be sent in the encoding that the version of PowerShell prefers.
        if (request.Body is { Length: > 0 } body)
        {
            text.Append(Next).Append("-Body ").Append(BodyOf(body));
        }

        return text.Append('\n').ToString();
    }

    // A table has each name once; a field that is a list may stand in one line (RFC 9110 section 5.3).
    private static void AppendHeaders(StringBuilder text, ExportedRequest request)
    {
        IGrouping<string, HeaderField>[] fields =
        [
            .. request.Headers.Where(f => !f.Name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)).GroupBy(f => f.Name, StringComparer.OrdinalIgnoreCase),
        ];
        if (fields.Length == 0 && request.Host is null)
        {
            return;
        }

        text.Append(Next).Append("-Headers @{\n");
        text.Append(request.Host is null ? "" : $"    'Host' = {Quoted(request.Host)}\n");
        foreach (IGrouping<string, HeaderField> field in fields)
        {
            string separator = field.Key.Equals("Cookie", StringComparison.OrdinalIgnoreCase) ? "; " : ", ";
            text.Append("    ").Append(Quoted(field.Key)).Append(" = ").Append(Quoted(string.Join(separator, field.Select(f => f.Value)))).Append('\n');
        }

        text.Append("  }");
    }

    private static string BodyOf(byte[] body) => SourceText.Utf8(body) is { } text && !text.Any(c => SourceText.IsHidden(c) && c is not ('\n' or '\r' or '\t'))
        ? $"([Text.Encoding]::UTF8.GetBytes({Quoted(text)}))"
        : $"([Convert]::FromBase64String('{Convert.ToBase64String(body)}'))";

    // PowerShell takes typographic quotes for quotes.
    private static string Quoted(string text)
    {
        if (!text.Any(SourceText.IsHidden))
        {
            return "'" + string.Concat(text.Select(c => c is '\'' or (>= '\u2018' and <= '\u201B') ? new string(c, 2) : c.ToString())) + "'";
        }

        var quoted = new StringBuilder("\"");
        foreach (char c in text)
        {
            _ = c switch
            {
                '`' or '$' or '"' or (>= '\u201C' and <= '\u201E') => quoted.Append('`').Append(c),
                '\n' => quoted.Append("`n"),
                '\r' => quoted.Append("`r"),
                '\t' => quoted.Append("`t"),
                _ when SourceText.IsHidden(c) => quoted.Append(System.Globalization.CultureInfo.InvariantCulture, $"`u{{{(int)c:x}}}"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }
}
