using System.Net.WebSockets;
using System.Text;
using Ggrok.Tests.Peers;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ggrok.Tests.Inspector.Page;

/// <summary>What the page tells of one exchange.</summary>
[Collection(PageTests.Name)]
public sealed class DetailsTests(PageBrowser browser)
{
    private const string Jwt = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbm5hIiwiZXhwIjoxNzAwMDAwMDAwfQ.c2lnbmF0dXJl";

    [PeerFact]
    public Task Heads_fields_cookies_and_tokens_are_shown() => browser.InspectAsync(PageApp.AnswerAsync, async scene =>
    {
        await scene.PostAsync("/echo?q=a%20b&q=%C3%A9", "name=Ada&role=a%26b", "application/x-www-form-urlencoded", ("Authorization", "Bearer " + Jwt), ("Cookie", "sid=s1; theme=dark"));

        await scene.OpenAsync("POST /echo", "Request");
        await Expect(scene.Details.GetByText("POST /echo?q=a%20b&q=%C3%A9 HTTP/1.1")).ToBeVisibleAsync();
        await Expect(Pairs(scene, "Query")).ToHaveTextAsync(["qa b", "qé"]);
        await Expect(Pairs(scene, "Cookies")).ToHaveTextAsync(["sids1", "themedark"]);
        await Expect(Pairs(scene, "Form fields")).ToHaveTextAsync(["nameAda", "rolea&b"]);
        await Expect(scene.Details.GetByText("\"sub\": \"anna\"")).ToBeVisibleAsync();
        await Expect(scene.Details.GetByText("Expired", new() { Exact = true })).ToBeVisibleAsync();
        await scene.TabAsync("Overview");
        await Expect(scene.Details.GetByText("Wait for the first byte")).ToBeVisibleAsync();
        await Expect(scene.Details.GetByText("127.0.0.1", new() { Exact = true })).ToBeVisibleAsync();
    });

    [PeerFact]
    public Task JSON_folds_and_is_searched() => browser.InspectAsync(PageApp.AnswerAsync, async scene =>
    {
        await scene.VisitAsync("/users");
        await scene.OpenAsync("GET /users", "Response");
        ILocator body = scene.Body("Response body");
        ILocator lines = body.GetByRole(AriaRole.Treeitem);
        await Expect(lines).ToHaveCountAsync(18);
        await Expect(lines.Nth(11)).ToHaveTextAsync("\"id\": 12345678901234567890,");

        await PageScene.Button(body, "Fold").ClickAsync();
        await Expect(lines).ToHaveTextAsync(["{", "\"users\": [ 2 entries ],", "\"next\": null", "}"]);
        await lines.Nth(1).ClickAsync();
        await Expect(lines).ToHaveCountAsync(7);
        await body.GetByRole(AriaRole.Searchbox).FillAsync("grace");
        await Expect(body.GetByRole(AriaRole.Status)).ToHaveTextAsync("1 of 1");
        await Expect(body.Locator(".found.now")).ToHaveTextAsync("Grace");
        await body.GetByRole(AriaRole.Searchbox).FillAsync("nobody");
        await Expect(body.GetByRole(AriaRole.Status)).ToHaveTextAsync("none");

        ILocator tree = body.GetByRole(AriaRole.Tree);
        await tree.FocusAsync();
        await scene.PressAsync("Home");
        await scene.PressAsync("ArrowLeft");
        await Expect(lines).ToHaveCountAsync(1);
        await scene.PressAsync("ArrowRight");
        await Expect(lines.First).ToHaveAttributeAsync("aria-expanded", "true");
    });

    [PeerFact]
    public Task Every_kind_of_body_has_its_view() => browser.InspectAsync(PageApp.AnswerAsync, async scene =>
    {
        await scene.VisitAsync("/feed.xml", "/picture", "/bytes", "/zipped");
        using var parts = new MultipartFormDataContent("limit") { { new StringContent("Ada"), "name" }, { new ByteArrayContent(PageApp.Picture) { Headers = { ContentType = new("image/png") } }, "photo", "ada.png" } };
        using HttpResponseMessage sent = await scene.Visitor.PostAsync("/echo", parts);
        ILocator body = scene.Body("Response body");

        await scene.OpenAsync("GET /feed.xml", "Response");
        await Expect(body.GetByRole(AriaRole.Treeitem)).ToHaveTextAsync(["<?xml version=\"1.0\"?>", "<feed>", "<entry id=\"1\">", "<title>One</title>", "</entry>", "<entry id=\"2\"/>", "</feed>"]);
        await PageScene.Button(body, "Raw").ClickAsync();
        await Expect(body).ToContainTextAsync("<entry id=\"1\"><title>One</title></entry>");
        await scene.OpenAsync("GET /picture", "Response");
        await Expect(body.GetByText("3 × 2 pixels")).ToBeVisibleAsync();
        await Expect(body.GetByRole(AriaRole.Img)).ToHaveJSPropertyAsync("naturalWidth", 3);
        await scene.OpenAsync("GET /bytes", "Response");
        await Expect(body).ToContainTextAsync("0040 40 41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f @ABCDEFGHIJKLMNO");
        await body.GetByRole(AriaRole.Searchbox).FillAsync("fe ff");
        await Expect(body.GetByRole(AriaRole.Status)).ToHaveTextAsync("1 of 1");
        await scene.OpenAsync("GET /zipped", "Response");
        await Expect(body).ToContainTextAsync("twelve twelve");
        await Expect(body).ToContainTextAsync("Decoded from gzip");
        await scene.OpenAsync("POST /echo", "Request");
        ILocator part = scene.Body("Request body").GetByRole(AriaRole.Listitem);
        await Expect(part).ToHaveCountAsync(2);
        await Expect(part.Nth(0)).ToContainTextAsync("Ada");
        await Expect(part.Nth(1)).ToContainTextAsync("ada.png");
        await Expect(part.Nth(1).GetByText("3 × 2 pixels")).ToBeVisibleAsync();
    });

    [PeerFact]
    public Task Messages_of_a_WebSocket_come_in_as_they_happen() => browser.InspectAsync(PageApp.AnswerAsync, async scene =>
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(scene.Inspector.PublicUrl) { Scheme = "ws", Path = "/socket" }.Uri, default);
        await scene.OpenAsync("GET /socket, 101, running", "Messages");
        ILocator messages = scene.Details.GetByRole(AriaRole.List, new() { Name = "Messages" }).GetByRole(AriaRole.Listitem);

        await SayAsync(socket, "hello");
        await Expect(messages).ToHaveCountAsync(2);
        await Expect(messages.Nth(0)).ToContainTextAsync("to the service");
        await Expect(messages.Nth(0)).ToContainTextAsync("hello");
        await Expect(messages.Nth(1)).ToContainTextAsync("echo hello");
        await SayAsync(socket, "{\"second\":true}");
        await Expect(messages).ToHaveCountAsync(4);
        await messages.Nth(2).GetByText("{\"second\":true}").ClickAsync();
        await Expect(messages.Nth(2).GetByRole(AriaRole.Treeitem)).ToHaveTextAsync(["{", "\"second\": true", "}"]);
        await PageScene.Button(scene.Details, "← Service").ClickAsync();
        await Expect(messages).ToHaveCountAsync(2);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", default);
        await Expect(scene.Details.GetByText("WebSocket · 6 messages", new() { Exact = true })).ToBeVisibleAsync();
    });

    [PeerFact]
    public async Task Server_sent_events_come_in_as_they_happen()
    {
        var next = new SemaphoreSlim(0);
        await browser.InspectAsync(
            async context =>
            {
                context.Response.ContentType = "text/event-stream";
                for (int n = 1; n <= 2; n++)
                {
                    await context.Response.WriteAsync($"event: tick\ndata: number {n}\n\n");
                    await context.Response.Body.FlushAsync();
                    await Within.Bound(next.WaitAsync(), "the test");
                }
            },
            async scene =>
            {
                using HttpResponseMessage response = await scene.Visitor.GetAsync("/events", HttpCompletionOption.ResponseHeadersRead);
                await scene.OpenAsync("GET /events, 200, running", "Messages");
                ILocator messages = scene.Details.GetByRole(AriaRole.List, new() { Name = "Messages" }).GetByRole(AriaRole.Listitem);
                await Expect(messages).ToHaveCountAsync(1);
                await Expect(messages.First).ToContainTextAsync("number 1");

                next.Release();
                await Expect(messages).ToHaveCountAsync(2);
                await Expect(messages.Last).ToContainTextAsync("number 2");
                next.Release();
                await response.Content.ReadAsStringAsync();
                await Expect(scene.Details.GetByText("Server-sent events · 2 messages", new() { Exact = true })).ToBeVisibleAsync();
            });
    }

    [PeerFact]
    public Task A_failure_says_what_to_do() => browser.InspectAsync(
        context =>
        {
            context.Abort();
            return Task.CompletedTask;
        },
        async scene =>
        {
            await scene.VisitAsync("/anything");

            await scene.OpenAsync("GET /anything");
            await Expect(scene.Row("GET /anything")).ToContainTextAsync("ResponseHeadLocal");
            await Expect(scene.Details.GetByRole(AriaRole.Note)).ToContainTextAsync("ResponseHeadLocal in docs/errors.md");
        });

    private static ILocator Pairs(PageScene scene, string label) => scene.Details.GetByLabel(label, new() { Exact = true }).Locator(".pair");

    private static Task SayAsync(ClientWebSocket socket, string text) => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, default);
}
