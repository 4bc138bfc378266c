using System.Net.WebSockets;
using System.Text;
using Ggrok.Tests.Peers;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ggrok.Tests.Inspector.Page;

/// <summary>Traffic that wants to be more than text. <see cref="PageWatch"/> sees dialogs, windows, requests and violations.</summary>
[Collection(PageTests.Name)]
public sealed class HostileTrafficTests(PageBrowser browser)
{
    private const string Markup = "<img src=http://evil.example/i onerror=alert(1)><script>window.owned=1;alert(1)</script>";
    private const string Svg = "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' width='9' height='9' onload='alert(1)'><script>alert(1)</script><image xlink:href='http://evil.example/x' width='9' height='9'/></svg>";
    private const string Harmless = """
        [...document.querySelectorAll('*')].filter((node) =>
          ['SCRIPT', 'IFRAME', 'OBJECT', 'EMBED', 'BASE', 'META', 'LINK', 'STYLE', 'FORM'].includes(node.tagName) && document.body.contains(node)
          || [...node.attributes].some(({ name, value }) => name.startsWith('on') || /^\s*(javascript|data:text|vbscript):/i.test(value))
          || node.tagName === 'IMG' && !node.src.startsWith(location.origin) && !node.src.startsWith('blob:')).map((node) => node.outerHTML)
        """;

    [PeerFact]
    public Task Nothing_of_the_traffic_runs() => browser.InspectAsync(AnswerAsync, async scene =>
    {
        await RawRequestAsync(scene);
        await scene.VisitAsync("/svg", "/html", "/json", "/xml", "/plain");
        using var parts = new MultipartFormDataContent("limit")
        {
            { new StringContent(Svg, Encoding.UTF8, "image/svg+xml"), "\"<b onclick=alert(1)>\"", "x.svg" },
            { new StringContent(Markup, Encoding.UTF8, "text/html"), "page", "<script>.html" },
        };
        using HttpResponseMessage sent = await scene.Visitor.PostAsync("/plain", parts);
        await TalkAsync(scene);
        await Expect(scene.Rows).ToHaveCountAsync(8);

        for (int number = 8; number >= 1; number--)
        {
            await scene.Numbered(number).ClickAsync();
            await Expect(scene.Details.GetByText($"#{number}", new() { Exact = true }).First).ToBeVisibleAsync();
            string[] tabs = number switch { 1 => ["Overview", "Request", "Response", "Replays"], 8 => ["Overview", "Request", "Messages"], 7 => ["Request", "Response"], _ => ["Response"] };
            foreach (string tab in tabs)
            {
                await LookAtAsync(scene, tab);
            }
        }

        (await scene.Page.EvaluateAsync<bool>("'owned' in window")).ShouldBeFalse();
    });

    /// <summary>Every view of every body on a tab.</summary>
    private static async Task LookAtAsync(PageScene scene, string tab)
    {
        await scene.TabAsync(tab);
        foreach (ILocator message in await scene.Details.Locator(".message summary").AllAsync())
        {
            await message.ClickAsync();
        }

        // Those of a part of a body come first: another view of the whole takes them away.
        foreach (ILocator view in (await scene.Details.GetByRole(AriaRole.Group, new() { Name = "View" }).GetByRole(AriaRole.Button).AllAsync()).Reverse())
        {
            await view.ClickAsync();
            await Expect(scene.Details.GetByText("Loading…")).ToHaveCountAsync(0);
            (await scene.Page.EvaluateAsync<string[]>(Harmless)).ShouldBeEmpty();
        }

        (await scene.Page.EvaluateAsync<string[]>(Harmless)).ShouldBeEmpty();
    }

    /// <summary>A request that no library would send.</summary>
    private static async Task RawRequestAsync(PageScene scene)
    {
        using RawSocket socket = await RawSocket.ConnectAsync(scene.Inspector.PublicUrl);
        await socket.SendAsync($"GET /plain/<script>alert(1)</script>?<img/src=x/onerror=alert(1)>=\"><svg/onload=alert(1)> HTTP/1.1\r\nHost: {scene.Inspector.PublicUrl.Authority}\r\n" +
            $"X-GitHub-Event: {Markup}\r\nX-Hub-Signature-256: {Markup}\r\nX-Markup: {Markup}\r\nCookie: a={Markup}; <b>=\"><script>\r\nReferer: javascript:alert(1)\r\n" +
            "Link: http://evil.example/\"onmouseover=alert(1)\r\nConnection: close\r\n\r\n");
        await socket.ReadToEndAsync();
    }

    private static async Task TalkAsync(PageScene scene)
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(scene.Inspector.PublicUrl) { Scheme = "ws", Path = "/socket" }.Uri, default);
        await socket.SendAsync(Encoding.UTF8.GetBytes(Markup), WebSocketMessageType.Text, true, default);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "<script>", default);
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        if (context.WebSockets.IsWebSocketRequest)
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            while ((await socket.ReceiveAsync(new byte[1000], default)).MessageType != WebSocketMessageType.Close)
            {
            }

            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, Markup[..20], default);
            return;
        }

        (string type, string body) = context.Request.Path.Value switch
        {
            "/svg" => ("image/svg+xml", Svg),
            "/html" => ("text/html", "<!doctype html><base href=//evil.example/><iframe src=javascript:alert(1)></iframe>" + Markup),
            "/json" => ("application/json", "{\"</script>" + Markup.Replace("\"", "", StringComparison.Ordinal) + "\":\"" + Markup + "\",\"u\":\"javascript:alert(1)\"}"),
            "/xml" => ("application/xml", "<!DOCTYPE a [<!ENTITY x SYSTEM \"http://evil.example/e\">]><?xml-stylesheet href=\"http://evil.example/s\"?><a onclick=\"alert(1)\">&x;<script xmlns='http://www.w3.org/1999/xhtml'>alert(1)</script></a>"),
            _ => ("text/plain", Markup),
        };
        context.Response.ContentType = type;
        context.Response.Headers.Location = "javascript:alert(document.domain)";
        context.Response.Headers.Append("Set-Cookie", $"<b>=<script>alert(1)</script>; Path=\"><img/src=x/onerror=alert(1)>");
        context.Response.Headers["X-Markup"] = Markup;
        await context.Response.WriteAsync(body);
    }
}
