using System.Text;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Export;

/// <summary>A C# program of top-level statements that uses <c>HttpClient</c>.</summary>
internal static class CSharpExport
{
    private static readonly string[] OfTheContent =
    [
        "Allow", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Location", "Content-MD5", "Content-Range", "Content-Type", "Expires", "Last-Modified",
    ];

    /// <summary>The program's text.</summary>
    public static string Of(ExportedRequest request)
    {
        // It takes fields that speak of a body only together with one.
        bool hasContent = request.Body is not null || request.Headers.Any(IsOfTheContent);
        var text = new StringBuilder();
        text.Append(request.Remark is null ? "" : $"// {request.Remark}\n");
        text.Append("""
            using System;
            using System.Net.Http;
            using System.Text;

            using var client = new HttpClient(new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
            });

            """.ReplaceLineEndings("\n"));
        text.Append("var address = new Uri(").Append(SourceText.Quoted(request.Url)).Append(", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });\n");
        text.Append("using var request = new HttpRequestMessage(new HttpMethod(").Append(SourceText.Quoted(request.Method)).Append("), address);\n");
        text.Append(hasContent ? $"request.Content = new ByteArrayContent({BodyOf(request)});\n" : "");
        text.Append(request.Host is null ? "" : $"request.Headers.Host = {SourceText.Quoted(request.Host)};\n");
        foreach (HeaderField field in request.Headers)
        {
            text.Append(IsOfTheContent(field) ? "request.Content.Headers" : "request.Headers")
                .Append(".TryAddWithoutValidation(").Append(SourceText.Quoted(field.Name)).Append(", ").Append(SourceText.Quoted(field.Value)).Append(");\n");
        }

        return text.Append("""

            using HttpResponseMessage response = await client.SendAsync(request);
            Console.WriteLine($"{(int)response.StatusCode} {response.ReasonPhrase}");
            Console.WriteLine(await response.Content.ReadAsStringAsync());

            """.ReplaceLineEndings("\n")).ToString();
    }

    private static bool IsOfTheContent(HeaderField field) => OfTheContent.Contains(field.Name, StringComparer.OrdinalIgnoreCase);

    private static string BodyOf(ExportedRequest request)
    {
        byte[] body = request.Body ?? [];
        return body.Length == 0 ? "[]"
            : SourceText.Utf8(body) is { } text ? $"Encoding.UTF8.GetBytes({SourceText.Quoted(text)})"
            : $"Convert.FromBase64String(\"{Convert.ToBase64String(body)}\")";
    }
}
