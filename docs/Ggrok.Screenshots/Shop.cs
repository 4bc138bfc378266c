using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Ggrok.Screenshots;

/// <summary>The local service of the pictures: what a small shop may answer.</summary>
internal static class Shop
{
    private const string Order = """
        {"id":1042,"number":"2026-1042","state":"paid","customer":{"id":77,"name":"Ada Lovelace","email":"ada@example.org","address":{"street":"12 St James's Square","city":"London","country":"GB"}},
        "items":[{"sku":"KB-87","title":"Keyboard, 87 keys","quantity":1,"price":{"amount":129.00,"currency":"EUR"}},{"sku":"CB-C2","title":"Cable, USB-C, 2 m","quantity":2,"price":{"amount":9.90,"currency":"EUR"}}],
        "shipping":{"carrier":"DHL","tracking":null,"express":false},"total":{"amount":148.80,"currency":"EUR"},"createdAt":"2026-11-21T14:03:07Z"}
        """;

    public static async Task<WebApplication> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        WebApplication app = builder.Build();
        app.UseWebSockets();
        app.Run(AnswerAsync);
        await app.StartAsync();
        return app;
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!;
        using var body = new MemoryStream();
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await context.Request.Body.CopyToAsync(body);
        }

        await WorkAsync(path);
        await (path switch
        {
            "/live" => TalkAsync(context),
            "/events/orders" => EventsAsync(context),
            "/api/basket" => JsonAsync(context, 200, """{"items":2,"total":{"amount":148.80,"currency":"EUR"}}"""),
            "/api/orders" when HttpMethods.IsPost(context.Request.Method) => CreatedAsync(context),
            "/api/orders/9999" => JsonAsync(context, 404, """{"error":"not_found","detail":"There is no order 9999."}"""),
            "/api/reports/daily" => JsonAsync(context, 500, """{"error":"internal","detail":"The report's date is out of range."}"""),
            "/api/login" => LoginAsync(context, body.ToArray()),
            "/account" => RedirectAsync(context, "/login"),
            "/images/shop.png" => PictureAsync(context),
            "/webhooks/github" or "/webhooks/stripe" => EmptyAsync(context, 204),
            _ when path.StartsWith("/api/", StringComparison.Ordinal) => JsonAsync(context, 200, Order, zipped: true),
            _ => HtmlAsync(context),
        });
    }

    /// <summary>What takes a service its time.</summary>
    private static Task WorkAsync(string path) => Task.Delay(path switch
    {
        "/api/reports/daily" => 1240,
        "/live" or "/events/orders" => 0,
        _ when path.StartsWith("/api/", StringComparison.Ordinal) => 8 + (int)(20 * -Math.Log(1 - Random.Shared.NextDouble())),
        _ => 1 + (int)(6 * -Math.Log(1 - Random.Shared.NextDouble())),
    });

    private static Task EmptyAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private static Task RedirectAsync(HttpContext context, string to)
    {
        context.Response.Redirect(to);
        return Task.CompletedTask;
    }

    private static Task CreatedAsync(HttpContext context)
    {
        context.Response.Headers.Location = "/api/orders/1042";
        return JsonAsync(context, 201, Order);
    }

    private static Task LoginAsync(HttpContext context, byte[] body)
    {
        if (!Encoding.UTF8.GetString(body).Contains("correct", StringComparison.Ordinal))
        {
            return JsonAsync(context, 401, """{"error":"wrong_password"}""");
        }

        context.Response.Headers.SetCookie = "sid=7f3e9c; Path=/; HttpOnly; Secure; SameSite=Lax";
        return JsonAsync(context, 200, """{"user":77}""");
    }

    private static async Task JsonAsync(HttpContext context, int status, string json, bool zipped = false)
    {
        context.Response.StatusCode = status;
        byte[] bytes = Encoding.UTF8.GetBytes(json.ReplaceLineEndings(""));
        if (zipped)
        {
            using var all = new MemoryStream();
            await using (var gzip = new GZipStream(all, CompressionLevel.Optimal, leaveOpen: true))
            {
                await gzip.WriteAsync(bytes);
            }

            bytes = all.ToArray();
            context.Response.Headers.ContentEncoding = "gzip";
        }

        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes);
    }

    private static Task HtmlAsync(HttpContext context)
    {
        context.Response.ContentType = "text/html; charset=utf-8";
        return context.Response.WriteAsync("<!doctype html><title>Shop</title><h1>Keyboards</h1>" + string.Concat(Enumerable.Repeat("<p>Each key is made to be pressed.</p>", 80)));
    }

    private static async Task PictureAsync(HttpContext context)
    {
        byte[] picture = await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "shop.png"));
        context.Response.ContentType = "image/png";
        context.Response.ContentLength = picture.Length;
        await context.Response.Body.WriteAsync(picture);
    }

    private static async Task TalkAsync(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        byte[] buffer = new byte[4096];
        while ((await socket.ReceiveAsync(buffer, context.RequestAborted)).MessageType != WebSocketMessageType.Close)
        {
            string stock = string.Create(CultureInfo.InvariantCulture, $$"""{"type":"stock","sku":"KB-87","left":{{Random.Shared.Next(3, 40)}}}""");
            await socket.SendAsync(Encoding.UTF8.GetBytes(stock), WebSocketMessageType.Text, true, context.RequestAborted);
        }

        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
    }

    private static async Task EventsAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(2));
        for (int id = 1042; !context.RequestAborted.IsCancellationRequested; id++)
        {
            await context.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"event: order\ndata: {{\"id\":{id},\"state\":\"paid\"}}\n\n"), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await pace.WaitForNextTickAsync(context.RequestAborted);
        }
    }
}
