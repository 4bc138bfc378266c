using System.Globalization;
using System.IO.Compression;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;

namespace Ggrok.Demo.SampleApp;

/// <summary>What the sample app answers. Also used by hand to see how a tunnel behaves.</summary>
internal static class SampleEndpoints
{
    private const int LargestDownload = 1 << 30;

    /// <summary>Serves one request.</summary>
    public static Task ServeAsync(HttpContext context)
    {
        string path = context.Request.Path.Value ?? "/";
        return path switch
        {
            "/" => PageAsync(context, "index.html", "text/html; charset=utf-8"),
            "/app.css" => PageAsync(context, "app.css", "text/css; charset=utf-8"),
            "/app.js" => PageAsync(context, "app.js", "text/javascript; charset=utf-8"),
            "/clock" => ClockAsync(context),
            "/echo" => EchoAsync(context),
            "/upload" => UploadAsync(context),
            "/download" => DownloadAsync(context),
            "/headers" => HeadersAsync(context),
            "/redirect" => RedirectAsync(context),
            "/cookies" => CookiesAsync(context),
            "/gzip" => GzipAsync(context),
            "/trailers" => TrailersAsync(context),
            "/slow" => SlowAsync(context),
            _ when path.StartsWith("/status/", StringComparison.Ordinal) => StatusAsync(context, path["/status/".Length..]),
            _ => NotFoundAsync(context),
        };
    }

    private static async Task PageAsync(HttpContext context, string name, string type)
    {
        await using Stream file = typeof(SampleEndpoints).Assembly.GetManifestResourceStream(name)!;
        context.Response.ContentType = type;
        context.Response.ContentLength = file.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await file.CopyToAsync(context.Response.Body).ConfigureAwait(false);
        }
    }

    /// <summary>Server-sent events: the time, once a second.</summary>
    private static async Task ClockAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            while (true)
            {
                await context.Response.WriteAsync($"data: {DateTime.Now:HH:mm:ss}\n\n", context.RequestAborted).ConfigureAwait(false);
                await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
                await Task.Delay(1000, context.RequestAborted).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The page was closed.
        }
    }

    /// <summary>WebSocket: sends back each message; takes the first sub-protocol offered.</summary>
    private static async Task EchoAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            await context.Response.WriteAsync("This is a WebSocket.\n").ConfigureAwait(false);
            return;
        }

        var accept = new WebSocketAcceptContext { SubProtocol = context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault() };
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(accept).ConfigureAwait(false);
        byte[] buffer = new byte[16 * 1024];
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult message = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted).ConfigureAwait(false);
                if (message.MessageType == WebSocketMessageType.Close)
                {
                    await socket.CloseAsync(socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure, socket.CloseStatusDescription, context.RequestAborted).ConfigureAwait(false);
                    return;
                }

                await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, context.RequestAborted).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The page was closed.
        }
    }

    /// <summary>Reads any body and answers with its size in bytes and SHA-256.</summary>
    private static async Task UploadAsync(HttpContext context)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[64 * 1024];
        long size = 0;
        int count;
        while ((count = await context.Request.Body.ReadAsync(buffer, context.RequestAborted).ConfigureAwait(false)) > 0)
        {
            hash.AppendData(buffer, 0, count);
            size += count;
        }

        string digest = Convert.ToHexStringLower(hash.GetHashAndReset());
        context.Response.ContentType = "application/json";
        string answer = string.Create(CultureInfo.InvariantCulture, $$"""{"bytes":{{size}},"sha256":"{{digest}}"}""");
        await context.Response.WriteAsync(answer + "\n").ConfigureAwait(false);
    }

    /// <summary><c>?bytes=N</c> bytes, always the same ones; <c>&amp;rate=R</c> limits them to R bytes a second.</summary>
    private static async Task DownloadAsync(HttpContext context)
    {
        long bytes = Math.Clamp(Number(context, "bytes", 10_000_000), 0, LargestDownload);
        long rate = Number(context, "rate", 0);
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = bytes;
        byte[] block = new byte[rate > 0 ? (int)Math.Clamp(rate / 10, 1, 64 * 1024) : 64 * 1024];
        for (int i = 0; i < block.Length; i++)
        {
            block[i] = (byte)(i * 31);
        }

        for (long left = bytes; left > 0; left -= block.Length)
        {
            await context.Response.Body.WriteAsync(block.AsMemory(0, (int)Math.Min(left, block.Length)), context.RequestAborted).ConfigureAwait(false);
            if (rate > 0)
            {
                await Task.Delay(TimeSpan.FromSeconds((double)block.Length / rate), context.RequestAborted).ConfigureAwait(false);
            }
        }
    }

    /// <summary>What arrived, as JSON: method, raw target, remote address and every field.</summary>
    private static async Task HeadersAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("method", context.Request.Method);
            json.WriteString("target", context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
            json.WriteString("remote", context.Connection.RemoteIpAddress?.ToString());
            json.WriteStartArray("headers");
            foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in context.Request.Headers)
            {
                foreach (string? value in values)
                {
                    json.WriteStringValue($"{name}: {value}");
                }
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        await context.Response.WriteAsync(Encoding.UTF8.GetString(buffer.ToArray())).ConfigureAwait(false);
    }

    private static Task RedirectAsync(HttpContext context)
    {
        context.Response.Redirect("/headers");
        return Task.CompletedTask;
    }

    private static Task CookiesAsync(HttpContext context)
    {
        context.Response.Cookies.Append("one", "1");
        context.Response.Cookies.Append("two", "2", new CookieOptions { HttpOnly = true });
        return context.Response.WriteAsync(context.Request.Headers.Cookie + "\n");
    }

    private static async Task GzipAsync(HttpContext context)
    {
        context.Response.Headers.ContentEncoding = "gzip";
        context.Response.ContentType = "text/plain";
        await using var gzip = new GZipStream(context.Response.Body, CompressionLevel.Fastest);
        await gzip.WriteAsync("compressed by the local service\n"u8.ToArray()).ConfigureAwait(false);
    }

    private static async Task TrailersAsync(HttpContext context)
    {
        context.Response.Headers.Trailer = "X-Checksum";
        bool supported = context.Response.SupportsTrailers();
        if (!supported)
        {
            // Kestrel leaves the chunked coding to an app that announces it itself.
            context.Response.Headers.TransferEncoding = "chunked";
        }

        await context.Response.WriteAsync(supported ? "body\n" : "5\r\nbody\n\r\n0\r\nX-Checksum: 42\r\n\r\n").ConfigureAwait(false);
        if (supported)
        {
            context.Response.AppendTrailer("X-Checksum", "42");
        }
    }

    private static async Task SlowAsync(HttpContext context)
    {
        await Task.Delay((int)Math.Clamp(Number(context, "ms", 1000), 0, 600_000), context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await context.Response.WriteAsync("done\n").ConfigureAwait(false);
    }

    private static Task StatusAsync(HttpContext context, string code)
    {
        context.Response.StatusCode = int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out int status) && status is >= 200 and <= 599
            ? status
            : StatusCodes.Status400BadRequest;
        return Task.CompletedTask;
    }

    private static Task NotFoundAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return context.Response.WriteAsync("The sample app has nothing here. Try /\n");
    }

    private static long Number(HttpContext context, string name, long fallback) =>
        long.TryParse(context.Request.Query[name], NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : fallback;
}
