using System.Globalization;
using System.Net.WebSockets;

namespace Ggrok.Demo.SampleApp;

/// <summary>Endpoints that stay open.</summary>
internal static class Streams
{
    /// <summary>
    /// <c>/clock</c>: server-sent events for ever, the first at once and then one each second:
    /// <c>id: N</c> and <c>data: 2026-01-31T23:59:59Z</c>. N counts from 1, or goes on after <c>Last-Event-ID</c>.
    /// No <c>Content-Length</c>; flushed event by event.
    /// </summary>
    public static async Task ClockAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        _ = long.TryParse(context.Request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out long id);
        using var second = new PeriodicTimer(TimeSpan.FromSeconds(1));
        do
        {
            id++;
            string time = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
            await context.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"id: {id}\ndata: {time}\n\n"), context.RequestAborted).ConfigureAwait(false);
            await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        }
        while (await second.WaitForNextTickAsync(context.RequestAborted).ConfigureAwait(false));
    }

    /// <summary>
    /// <c>/echo</c>: a WebSocket that sends back every message, text as text and binary as binary, fragment by fragment,
    /// and answers a close with the same code and reason. Takes the first sub-protocol offered, and permessage-deflate if
    /// offered. A plain request is answered with 426.
    /// </summary>
    public static async Task EchoAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            context.Response.Headers.Upgrade = "websocket";
            context.Response.Headers.Connection = "Upgrade";
            await SampleEndpoints.TextAsync(context, "This is a WebSocket. Connect to it with one.\n").ConfigureAwait(false);
            return;
        }

        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(),

            // The danger is a secret and a guess of it in one message (CRIME); an echo has no secrets.
            DangerousEnableCompression = true,
        }).ConfigureAwait(false);
        try
        {
            await EchoAllAsync(socket, context.RequestAborted).ConfigureAwait(false);
        }
        catch (WebSocketException)
        {
            // The visitor left without a close.
        }
    }

    private static async Task EchoAllAsync(WebSocket socket, CancellationToken cancellation)
    {
        byte[] buffer = new byte[16 * 1024];
        while (true)
        {
            ValueWebSocketReceiveResult part = await socket.ReceiveAsync(buffer.AsMemory(), cancellation).ConfigureAwait(false);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(socket.CloseStatus ?? WebSocketCloseStatus.Empty, socket.CloseStatusDescription, cancellation).ConfigureAwait(false);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, cancellation).ConfigureAwait(false);
        }
    }
}
