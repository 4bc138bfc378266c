using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;

namespace Ggrok.Demo.SampleApp;

/// <summary>Endpoints that each show one property of HTTP.</summary>
internal static class Answers
{
    private static readonly byte[] Compressed = Compress("compressed by the local service\n");

    /// <summary>
    /// <c>/headers</c>, any method: <c>{"method","target","protocol","remote","headers":[["Name","value"],…]}</c>. The
    /// target is the raw one; the fields stand in the order and with the letters and repeats in which they arrived.
    /// </summary>
    public static Task HeadersAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        return SampleEndpoints.TextAsync(context, Describe(context) + "\n", "application/json");
    }

    /// <summary>
    /// <c>/status/CODE</c>, any method: that status, from 200 to 599, and a body that repeats it; none with 204, 205 and
    /// 304.
    /// </summary>
    public static Task StatusAsync(HttpContext context, string code)
    {
        if (!int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out int status) || status is < 200 or > 599)
        {
            throw new BadParameterException("The status must be a number from 200 to 599.");
        }

        context.Response.StatusCode = status;
        return status is 204 or 205 or 304 ? Task.CompletedTask : SampleEndpoints.TextAsync(context, $"status {status}\n");
    }

    /// <summary>
    /// <c>/redirect?to=headers&amp;status=302</c>: a redirect to a path of this app. Relative, so that it holds behind a
    /// path prefix too; never to another host.
    /// </summary>
    public static Task RedirectAsync(HttpContext context)
    {
        string to = context.Request.Query["to"].FirstOrDefault() ?? "headers";
        if (to.Length == 0 || to[0] is '/' or '\\' || to.Any(c => c is ':' or < '!' or > '~'))
        {
            throw new BadParameterException("to must be a relative path such as headers or status/418.");
        }

        long status = SampleEndpoints.Number(context, "status", 302, 301, 308);
        if (status is > 303 and < 307)
        {
            throw new BadParameterException("status must be 301, 302, 303, 307 or 308.");
        }

        context.Response.StatusCode = (int)status;
        context.Response.Headers.Location = to;
        return SampleEndpoints.BytesAsync(context, default);
    }

    /// <summary><c>/cookies</c>: two <c>Set-Cookie</c> lines, <c>one=1</c> and <c>two=2</c>; the body is the <c>Cookie</c> line received.</summary>
    public static Task CookiesAsync(HttpContext context)
    {
        context.Response.Cookies.Append("one", "1");
        context.Response.Cookies.Append("two", "2", new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Lax });
        return SampleEndpoints.TextAsync(context, context.Request.Headers.Cookie + "\n");
    }

    /// <summary><c>/gzip</c>: always the same gzip bytes, whatever the visitor accepts: nobody on the way may unpack them.</summary>
    public static Task GzipAsync(HttpContext context)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.ContentEncoding = "gzip";
        return SampleEndpoints.BytesAsync(context, Compressed);
    }

    /// <summary><c>/trailers</c>: the chunked body <c>body\n</c> and after it the trailer <c>X-Checksum: 42</c>.</summary>
    public static async Task TrailersAsync(HttpContext context)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        TrailerBody body = TrailerBody.Announce(context.Response, "X-Checksum");
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await body.WriteAsync("body\n"u8.ToArray(), context.RequestAborted).ConfigureAwait(false);
            await body.EndAsync("42", context.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary><c>/slow?ms=N</c>: <c>done</c> after N milliseconds (default 1000, at most 600,000); HEAD too.</summary>
    public static async Task SlowAsync(HttpContext context)
    {
        await Task.Delay((int)SampleEndpoints.Number(context, "ms", 1000, 0, 600_000), context.RequestAborted).ConfigureAwait(false);
        await SampleEndpoints.TextAsync(context, "done\n").ConfigureAwait(false);
    }

    private static string Describe(HttpContext context)
    {
        IHttpRequestFeature request = context.Features.GetRequiredFeature<IHttpRequestFeature>();
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("method", request.Method);
            json.WriteString("target", request.RawTarget);
            json.WriteString("protocol", request.Protocol);
            json.WriteString("remote", context.Connection.RemoteIpAddress?.ToString());
            json.WriteStartArray("headers");
            foreach ((string name, string value) in context.Features.GetRequiredFeature<RequestHeadTap>().Fields(request))
            {
                json.WriteStartArray();
                json.WriteStringValue(name);
                json.WriteStringValue(value);
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static byte[] Compress(string text)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Optimal))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return buffer.ToArray();
    }
}
