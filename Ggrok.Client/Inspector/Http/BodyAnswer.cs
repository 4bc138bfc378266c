using Ggrok.Client.Inspector.Content;
using Ggrok.Client.Inspector.Recording;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Client.Inspector.Http;

/// <summary>
/// Sends a kept body. It is a stranger's and stands on the page's own address: only pictures are shown, everything else is
/// an attachment, and nothing in it may run.
/// </summary>
internal static class BodyAnswer
{
    private static readonly string[] Pictures = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "image/x-icon", "image/vnd.microsoft.icon", "image/svg+xml"];

    /// <summary>Sends a body of an exchange.</summary>
    public static Task SendAsync(HttpContext context, ExchangeSnapshot exchange, bool ofRequest, bool decoded) => SendAsync(
        context, BodyProjection.Bytes(exchange, ofRequest, decoded), (ofRequest ? exchange.Request.Headers : exchange.Response?.Headers ?? []).MediaType(),
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{exchange.Number}-{(ofRequest ? "request" : "response")}"));

    /// <summary>Sends a body.</summary>
    /// <param name="context">Who asked.</param>
    /// <param name="bytes">The body.</param>
    /// <param name="type">Its media type.</param>
    /// <param name="name">Name of the attachment, without its extension.</param>
    public static async Task SendAsync(HttpContext context, ReadOnlyMemory<byte> bytes, string type, string name)
    {
        bool isPicture = Pictures.Contains(type);
        HttpResponse response = context.Response;
        response.ContentType = isPicture ? type : "application/octet-stream";
        response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
        if (!isPicture)
        {
            response.Headers.ContentDisposition = $"attachment; filename=\"{name}{ExtensionOf(type)}\"";
        }

        response.ContentLength = bytes.Length;
        await response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
    }

    private static string ExtensionOf(string type) => type switch
    {
        "application/json" => ".json",
        "text/html" => ".html",
        "text/css" => ".css",
        "text/csv" => ".csv",
        "text/plain" => ".txt",
        "text/javascript" or "application/javascript" => ".js",
        "application/xml" or "text/xml" => ".xml",
        "application/pdf" => ".pdf",
        "application/zip" => ".zip",
        _ when type.EndsWith("+json", StringComparison.Ordinal) => ".json",
        _ when type.EndsWith("+xml", StringComparison.Ordinal) => ".xml",
        _ => ".bin",
    };
}
