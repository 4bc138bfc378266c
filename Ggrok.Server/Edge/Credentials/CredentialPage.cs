using System.Net;
using System.Security.Cryptography;
using System.Text;
using Ggrok.Server.Visitors;

namespace Ggrok.Server.Edge.Credentials;

/// <summary>Pages about credentials. They load nothing, cannot be framed, and no cache keeps them.</summary>
internal static class CredentialPage
{
    /// <summary>Writes a page.</summary>
    /// <param name="context">The request.</param>
    /// <param name="title">Its heading.</param>
    /// <param name="body">HTML below it.</param>
    /// <param name="script">Script of the page; null for none.</param>
    public static Task WriteAsync(HttpContext context, string title, string body, string? script = null)
    {
        string nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        Guard(context.Response, script is null ? "" : $"; script-src 'nonce-{nonce}'");
        context.Response.ContentType = "text/html; charset=utf-8";
        string tail = script is null ? "" : $"<script nonce=\"{nonce}\">{script}</script>\n";
        byte[] page = Encoding.UTF8.GetBytes($$"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex">
            <title>{{WebUtility.HtmlEncode(title)}}</title>
            <style>
            {{ErrorPage.Style}}
            button, input { font: inherit; padding: .55rem 1.1rem; border-radius: 8px; border: 1px solid var(--line); }
            button { background: var(--mark); color: var(--card); border-color: var(--mark); font-weight: 600; cursor: pointer; }
            button:disabled { opacity: .5; cursor: default; }
            input { width: 100%; box-sizing: border-box; margin-bottom: .8rem; background: var(--ground); color: var(--ink); }
            [hidden] { display: none; }
            </style>
            </head>
            <body>
            <main>
            <h1>{{WebUtility.HtmlEncode(title)}}</h1>
            {{body}}
            <small>Ggrok</small>
            </main>
            {{tail}}</body>
            </html>
            """);
        context.Response.ContentLength = page.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(page).AsTask();
    }

    /// <summary>Sends the browser elsewhere, with another method than GET only where it already was one.</summary>
    public static void Redirect(HttpResponse response, string location)
    {
        Guard(response, "");
        response.StatusCode = StatusCodes.Status303SeeOther;
        response.Headers.Location = location;
        response.ContentLength = 0;
    }

    private static void Guard(HttpResponse response, string script)
    {
        IHeaderDictionary headers = response.Headers;
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = $"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'{script}";
    }
}
