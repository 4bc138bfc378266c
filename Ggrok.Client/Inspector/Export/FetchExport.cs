using System.Text;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Export;

/// <summary>A module for browsers and Node.js that calls <c>fetch</c>.</summary>
internal static class FetchExport
{
    /// <summary>The module's text.</summary>
    public static string Of(ExportedRequest request)
    {
        bool sendsBody = request.Body is not null && request.Method is not ("GET" or "HEAD");
        var text = new StringBuilder();
        text.Append(request.Remark is null ? "" : $"// {request.Remark}\n");
        text.Append(request.Body is { Length: > 0 } && !sendsBody ? $"// fetch sends no body with {request.Method}; it is left out.\n" : "");
        text.Append("const response = await fetch(").Append(SourceText.Quoted(request.Url)).Append(", {\n");
        text.Append("  method: ").Append(SourceText.Quoted(request.Method)).Append(",\n  redirect: \"manual\",\n  headers: [\n");
        foreach (HeaderField field in request.Headers)
        {
            text.Append("    [").Append(SourceText.Quoted(field.Name)).Append(", ").Append(SourceText.Quoted(field.Value)).Append("],\n");
        }

        text.Append("  ],\n");
        text.Append(sendsBody ? $"  body: {BodyOf(request)},\n" : "");
        return text.Append("});\nconsole.log(response.status, await response.text());\n").ToString();
    }

    // With a string fetch would send a Content-Type of its own where there was none.
    private static string BodyOf(ExportedRequest request)
    {
        byte[] body = request.Body!;
        return SourceText.Utf8(body) is { } text
            ? request.Find("Content-Type") is null ? $"new TextEncoder().encode({SourceText.Quoted(text)})" : SourceText.Quoted(text)
            : $"Uint8Array.from(atob(\"{Convert.ToBase64String(body)}\"), (c) => c.charCodeAt(0))";
    }
}
