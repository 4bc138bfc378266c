using System.Globalization;
using System.Text;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Export;

/// <summary>A curl command for bash and zsh.</summary>
internal static class CurlExport
{
    // A single argument may have 128 KiB on Linux.
    private const int LongestArgument = 64 * 1024;
    private const int LineLength = 76;

    private const string Next = " \\\n  ";

    /// <summary>The command.</summary>
    public static string Of(ExportedRequest request)
    {
        byte[] body = request.Method == "HEAD" ? [] : request.Body ?? [];
        bool isPiped = body.Length > LongestArgument || body.AsSpan().Contains((byte)0);
        var text = new StringBuilder();
        text.Append(request.Remark is null ? "" : $"# {request.Remark}\n");
        text.Append(isPiped ? "base64 -d <<'BODY' | curl " : "curl ").Append(Ascii(request.Url));
        foreach (string option in Options(request))
        {
            text.Append(Next).Append(option);
        }

        // Without the empty field curl would ask before it sends a large body.
        if (isPiped)
        {
            text.Append(Next).Append("-H 'Expect:'").Append(Next).Append("--data-binary @-\n");
            string encoded = Convert.ToBase64String(body);
            for (int i = 0; i < encoded.Length; i += LineLength)
            {
                text.Append(encoded, i, Math.Min(LineLength, encoded.Length - i)).Append('\n');
            }

            return text.Append("BODY\n").ToString();
        }

        // --data-raw, because --data-binary would take a body that begins with @ for the name of a file.
        text.Append(request.Body is null || request.Method == "HEAD" ? "" : Next + "--data-raw " + Bytes(body));
        return text.Append('\n').ToString();
    }

    private static IEnumerable<string> Options(ExportedRequest request)
    {
        if (request.Method == "HEAD")
        {
            yield return "--head";
        }
        else if (request.Method != (request.Body is null ? "GET" : "POST"))
        {
            yield return "-X " + (request.Method.All(char.IsAsciiLetterOrDigit) ? request.Method : Ascii(request.Method));
        }

        if (request.Target.AsSpan().IndexOfAny("[]{}") >= 0)
        {
            yield return "--globoff";
        }

        // What curl would cut or put right.
        if (request.Target == "*" || request.Target.Contains('#', StringComparison.Ordinal))
        {
            yield return "--request-target " + Ascii(request.Target);
        }
        else if (request.Target.Contains("/.", StringComparison.Ordinal))
        {
            yield return "--path-as-is";
        }

        // It shows what is readable; the field itself stays as it was.
        if (request.Find("Accept-Encoding") is not null)
        {
            yield return "--compressed";
        }

        if (request.Host is not null)
        {
            yield return "-H " + Ascii("Host: " + request.Host);
        }

        foreach (HeaderField field in request.Headers)
        {
            yield return "-H " + Bytes(Encoding.Latin1.GetBytes(field.Value.Length == 0 ? field.Name + ";" : $"{field.Name}: {field.Value}"));
        }

        // What curl would add of its own.
        foreach (string name in (string[])["User-Agent", "Accept", .. request.Body is null ? (string[])[] : ["Content-Type"]])
        {
            if (request.Find(name) is null)
            {
                yield return $"-H '{name}:'";
            }
        }
    }

    private static string Ascii(string text) => Bytes(Encoding.Latin1.GetBytes(text));

    // Bytes that are a text stand there as such; $'…' has escapes for the others. An exclamation mark would call up the
    // history of an interactive shell.
    private static string Bytes(byte[] bytes)
    {
        string? text = SourceText.Utf8(bytes);
        if (text is not null && !text.Any(c => c == '\'' || SourceText.IsHidden(c)))
        {
            return $"'{text}'";
        }

        var quoted = new StringBuilder("$'");
        foreach (char c in text ?? Encoding.Latin1.GetString(bytes))
        {
            _ = c switch
            {
                '\'' => quoted.Append("\\'"),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                '!' => quoted.Append("\\x21"),
                _ when (text is null ? c is < ' ' or > '~' : SourceText.IsHidden(c)) => AppendBytes(quoted, c, isText: text is not null),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('\'').ToString();
    }

    private static StringBuilder AppendBytes(StringBuilder quoted, char c, bool isText)
    {
        foreach (byte value in isText ? Encoding.UTF8.GetBytes([c]) : [(byte)c])
        {
            quoted.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
        }

        return quoted;
    }
}
