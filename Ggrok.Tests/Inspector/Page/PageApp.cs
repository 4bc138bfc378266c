using System.IO.Compression;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inspector.Page;

/// <summary>The local service behind the tests of the page.</summary>
internal static class PageApp
{
    /// <summary>A picture of 3 × 2 pixels.</summary>
    public static readonly byte[] Picture = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAEElEQVR4nGM4EaABQQxwFgBO1AeBToSARAAAAABJRU5ErkJggg==");

    public static Task AnswerAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/users" => JsonAsync(context, """{"users":[{"id":1,"name":"Ada","tags":["a","b"]},{"id":12345678901234567890,"name":"Grace <b>","active":true}],"next":null}"""),
        "/feed.xml" => TextAsync(context, "application/xml", "<?xml version=\"1.0\"?><feed><entry id=\"1\"><title>One</title></entry><entry id=\"2\"/></feed>"),
        "/picture" => BytesAsync(context, "image/png", Picture),
        "/bytes" => BytesAsync(context, "application/octet-stream", [.. Enumerable.Range(0, 256).Select(i => (byte)i)]),
        "/zipped" => ZippedAsync(context),
        "/echo" => EchoAsync(context),
        "/greeting" => GreetingAsync(context),
        "/socket" => SocketAsync(context),
        string path when path.StartsWith("/status/", StringComparison.Ordinal) => StatusAsync(context, int.Parse(path.AsSpan(8), System.Globalization.CultureInfo.InvariantCulture)),
        _ => TextAsync(context, "text/plain", "here"),
    };

    private static Task JsonAsync(HttpContext context, string json) => TextAsync(context, "application/json", json);

    private static Task TextAsync(HttpContext context, string type, string text) => BytesAsync(context, type, Encoding.UTF8.GetBytes(text));

    private static Task BytesAsync(HttpContext context, string type, byte[] bytes)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = bytes.Length;
        return context.Response.Body.WriteAsync(bytes).AsTask();
    }

    private static Task StatusAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private static async Task ZippedAsync(HttpContext context)
    {
        using var zipped = new MemoryStream();
        await using (var gzip = new GZipStream(zipped, CompressionLevel.Optimal, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes("{\"drummers\":\"" + string.Concat(Enumerable.Repeat("twelve ", 300)) + "\"}"));
        }

        context.Response.Headers.ContentEncoding = "gzip";
        await BytesAsync(context, "application/json", zipped.ToArray());
    }

    private static async Task EchoAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        await BytesAsync(context, context.Request.ContentType ?? "text/plain", body.ToArray());
    }

    /// <summary>Answers with what the request was, so that an edited one is seen to have been edited.</summary>
    private static async Task GreetingAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        string body = await reader.ReadToEndAsync();
        context.Response.Headers["X-Language"] = context.Request.Query["language"].ToString();
        await JsonAsync(context, $$"""
            {
              "method": "{{context.Request.Method}}",
              "language": "{{context.Request.Query["language"]}}",
              "body": {{(body.Length == 0 ? "null" : body)}}
            }
            """);
    }

    private static async Task SocketAsync(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        byte[] buffer = new byte[1000];
        for (; ; )
        {
            WebSocketReceiveResult got = await socket.ReceiveAsync(buffer, context.RequestAborted);
            if (got.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "bye", context.RequestAborted);
                return;
            }

            await socket.SendAsync(Encoding.UTF8.GetBytes("echo " + Encoding.UTF8.GetString(buffer, 0, got.Count)), WebSocketMessageType.Text, true, context.RequestAborted);
        }
    }
}
