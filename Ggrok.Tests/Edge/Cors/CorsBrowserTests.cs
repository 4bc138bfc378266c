using Ggrok.Tests.Inspector.Page;
using Ggrok.Tests.Peers;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;

namespace Ggrok.Tests.Edge.Cors;

/// <summary>A page of one origin and a tunnel of another, in Chromium. One at a time, as the other pages are.</summary>
[Collection(PageTests.Name)]
public class CorsBrowserTests
{
    private const string Put = """
        async (url) => {
          const told = async (path, options) => {
            try {
              const response = await fetch(url + path, options);
              return `${response.status} ${response.headers.get('x-total')} ${await response.text()}`;
            } catch (error) {
              return error.name;
            }
          };
          const change = { method: 'PUT', credentials: 'include', headers: { 'X-One': '1', 'Content-Type': 'application/json' }, body: '{}' };
          return [await told('data', change), await told('gone', change)];
        }
        """;

    [PeerFact]
    public async Task A_page_of_an_allowed_origin_sends_what_needs_a_preflight_and_reads_the_answers()
    {
        await using LocalApp page = await LocalApp.StartAsync(PageAsync);
        await using EdgeScene scene = await EdgeScene.StartAsync(
            [("cors", page.Url.GetLeftPart(UriPartial.Authority)), ("cors-credentials", "true"), ("cors-expose", "X-Total")], app: AnswerAsync);

        string[] told = await FetchAsync(page.Url, scene.Environment.PublicUrl);

        told.ShouldBe(["200 7 PUT 1 {}", "502 null"], "the server's own failures can be read, too");
    }

    [PeerFact]
    public async Task A_page_of_another_origin_can_do_neither()
    {
        await using LocalApp page = await LocalApp.StartAsync(PageAsync);
        await using EdgeScene scene = await EdgeScene.StartAsync([("cors", "https://app.example.com")], app: AnswerAsync);

        string[] told = await FetchAsync(page.Url, scene.Environment.PublicUrl);

        told.ShouldBe(["TypeError", "TypeError"]);
        scene.Reached.ShouldBe(0);
    }

    // The failure's text is the relay's and not compared.
    private static async Task<string[]> FetchAsync(Uri page, Uri tunnel)
    {
        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await Browser.LaunchAsync(playwright);
        IPage tab = await browser.NewPageAsync();
        await tab.GotoAsync(page.AbsoluteUri);
        string[] told = await tab.EvaluateAsync<string[]>(Put, tunnel.AbsoluteUri);
        return [told[0], string.Join(' ', told[1].Split(' ').Take(2))];
    }

    private static Task PageAsync(HttpContext context)
    {
        context.Response.ContentType = "text/html";
        return context.Response.WriteAsync("<!doctype html><title>page</title>");
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/gone")
        {
            context.Abort();
            return;
        }

        using var reader = new StreamReader(context.Request.Body);
        context.Response.Headers["X-Total"] = "7";
        context.Response.Headers.AccessControlAllowOrigin = "*";
        await context.Response.WriteAsync($"{context.Request.Method} {context.Request.Headers["X-One"]} {await reader.ReadToEndAsync()}");
    }
}
