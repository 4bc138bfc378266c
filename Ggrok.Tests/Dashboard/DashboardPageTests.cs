using System.Net;
using System.Text;
using Ggrok.Tests.Inspector;
using Ggrok.Tests.Inspector.Page;
using Ggrok.Tests.Metrics;
using Ggrok.Tests.Peers;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ggrok.Tests.Dashboard;

/// <summary>The server's page in Chromium, as an administrator uses it.</summary>
[Collection(PageTests.Name)]
public sealed class DashboardPageTests(PageBrowser browser)
{
    [PeerFact]
    public Task Who_has_no_admin_token_stays_outside_and_who_has_one_comes_in_and_out() => VisitAsync(async (scene, page, watch) =>
    {
        watch.Expects = text => text.Contains("401", StringComparison.Ordinal);
        await Expect(page.GetByRole(AriaRole.Navigation)).ToBeHiddenAsync();
        await page.GetByLabel("Admin token").FillAsync("client-secret");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("This is no admin token.");
        await SignInAsync(page);
        await Expect(page.GetByRole(AriaRole.Row, new() { NameRegex = PageScene.Name("shop.tunnels.example") })).ToContainTextAsync("anna@laptop");

        // It stays over a reload, and nothing of it can be read by a script.
        await page.ReloadAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Tunnels" })).ToBeVisibleAsync();
        (await page.EvaluateAsync<string>("document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")).ShouldNotContain(Scraper.AdminToken);
        (await page.EvaluateAsync<string>("document.cookie")).ShouldBeEmpty();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(page.GetByLabel("Admin token")).ToBeFocusedAsync();
        await page.ReloadAsync();
        await Expect(page.GetByLabel("Admin token")).ToBeVisibleAsync();
    });

    [PeerFact]
    public async Task A_server_without_an_admin_token_says_how_to_get_one()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await browser.VisitAsync(HomeOf(server), async (page, _) =>
        {
            await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Nobody can sign in yet" })).ToBeVisibleAsync();
            await Expect(page.GetByText("tokens create --name me --admin")).ToBeVisibleAsync();
            await Expect(page.GetByRole(AriaRole.Textbox)).ToHaveCountAsync(0);
            await Soundness.CheckAsync(page, "the page that says how");
        });
    }

    [PeerFact]
    public Task Traffic_is_drawn_of_all_and_of_one_tunnel() => VisitAsync(async (scene, page, _) =>
    {
        await SignInAsync(page);
        await scene.VisitAsync("/");
        await scene.VisitAsync("/status/500");
        await page.GetByRole(AriaRole.Link, new() { Name = "Traffic of shop.tunnels.example" }).ClickAsync();
        await Expect(page.GetByLabel("Tunnel", new() { Exact = true })).ToHaveValueAsync("shop.tunnels.example");
        foreach (string title in (string[])["Requests per second", "Latency", "Statuses per second", "Bytes per second"])
        {
            await Expect(page.GetByRole(AriaRole.Figure).Filter(new() { HasText = title })).ToBeVisibleAsync();
        }

        await Expect(page.GetByText("In the last 5 min 2 requests.")).ToHaveCountAsync(1);
        await Expect(page.GetByText("1 with 2xx, 0 with 3xx, 0 with 4xx, 1 with 5xx.")).ToHaveCountAsync(1);
        await page.GetByLabel("Tunnel", new() { Exact = true }).SelectOptionAsync("");
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("#/traffic$", default, TimeSpan.FromSeconds(1)));
        await page.GetByRole(AriaRole.Button, new() { Name = "24 h" }).ClickAsync();
        await Expect(page.GetByText("In the last 24 h 2 requests.")).ToHaveCountAsync(1);
    });

    [PeerFact]
    public Task Exchanges_appear_live_and_nothing_of_them_becomes_markup() => VisitAsync(async (scene, page, _) =>
    {
        await SignInAsync(page);
        scene.Server.Get<Ggrok.Server.Metrics.Traffic.LiveTail>().IsWatched.ShouldBeFalse();
        await page.GetByRole(AriaRole.Link, new() { Name = "Live" }).ClickAsync();
        await WatchedAsync(scene);
        await scene.VisitAsync("/%3Cimg%20src=x%20onerror=alert(1)%3E?token=hidden");
        await scene.VisitAsync("/status/500");
        ILocator entries = page.GetByRole(AriaRole.Listitem);
        await Expect(entries).ToHaveCountAsync(2);
        await Expect(entries.Nth(1)).ToContainTextAsync("/<img src=x onerror=alert(1)>");
        await Expect(page.GetByText("hidden")).ToHaveCountAsync(0);
        await Expect(page.Locator("img")).ToHaveCountAsync(0);
        await page.GetByLabel("Filter").FillAsync("500");
        await Expect(entries).ToHaveCountAsync(1);
        await page.GetByLabel("Filter").FillAsync("");
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await scene.VisitAsync("/later");
        await Expect(page.GetByText("3 exchanges, paused")).ToBeVisibleAsync(new() { Timeout = 20_000 });
        await page.GetByRole(AriaRole.Button, new() { Name = "Go on" }).ClickAsync();
        await Expect(entries).ToHaveCountAsync(3);

        // Nobody looks any more: nothing is made for it.
        await page.GetByRole(AriaRole.Link, new() { Name = "Tunnels", Exact = true }).ClickAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(scene.Server.Get<Ggrok.Server.Metrics.Traffic.LiveTail>().IsWatched), false);
    });

    [PeerFact]
    public Task A_session_is_ended_after_a_question() => VisitAsync(async (scene, page, _) =>
    {
        await SignInAsync(page);
        await page.GetByRole(AriaRole.Link, new() { Name = "Clients" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "End the session of anna@laptop" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        scene.Server.Get<Ggrok.Server.Tunnels.SessionDirectory>().Sessions.Count().ShouldBe(1);
        await page.GetByRole(AriaRole.Button, new() { Name = "End the session of anna@laptop" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "End the session" }).ClickAsync();
        await Expect(page.GetByText("No client is connected.")).ToBeVisibleAsync();
        (await scene.Client.Exit).Code.ShouldBe(Ggrok.Client.Connection.ExitCode.EndedByOperator);
    });

    [PeerFact]
    public Task A_token_is_made_its_secret_shown_once_and_revoked() => VisitAsync(async (scene, page, watch) =>
    {
        watch.Expects = text => text.Contains("400", StringComparison.Ordinal);
        await SignInAsync(page);
        await page.GetByRole(AriaRole.Link, new() { Name = "Tokens" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "New token" }).ClickAsync();
        await page.GetByLabel("Name").FillAsync("ci");
        await page.GetByLabel("Grants").FillAsync("nonsense");
        await page.PressAsync("#token-grants", "Enter");
        await Expect(page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Alert)).ToContainTextAsync("The grants cannot be read.");
        await page.GetByLabel("Grants").FillAsync("hosts=*.tunnels.example");
        await page.PressAsync("#token-grants", "Enter");
        string secret = await page.GetByLabel("Secret", new() { Exact = true }).InnerTextAsync();
        await Soundness.CheckAsync(page, "the secret");
        await page.GetByRole(AriaRole.Button, new() { Name = "I have it" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row, new() { NameRegex = PageScene.Name("^ci ") })).ToContainTextAsync("hosts=*.tunnels.example");
        (await page.ContentAsync()).ShouldNotContain(secret);

        await using var client = new RunningClient(RunningClient.Options(scene.Server.Url, scene.App.Url, t => t with { Subdomain = "ci" }, token: secret));
        await client.Events.NextReadyAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Revoke ci" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Revoke it" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row, new() { NameRegex = PageScene.Name("^ci ") })).ToHaveCountAsync(0);
        (await client.Exit).Code.ShouldBe(Ggrok.Client.Connection.ExitCode.TokenRefused);
    });

    [PeerFact]
    public Task A_page_whose_token_is_revoked_asks_for_another_one() => VisitAsync(async (scene, page, watch) =>
    {
        watch.Expects = text => text.Contains("401", StringComparison.Ordinal);
        using HttpResponseMessage made = await scene.AdminAsync(HttpMethod.Post, "/api/tokens", new { name = "second", grants = "admin" });
        string text = await made.Content.ReadAsStringAsync();
        await SignInAsync(page, System.Text.Json.JsonDocument.Parse(text).RootElement.GetProperty("secret").GetString()!);
        using HttpResponseMessage revoked = await scene.AdminAsync(HttpMethod.Delete, "/api/tokens/second");
        await Expect(page.GetByLabel("Admin token")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The session is over");
        await Expect(page.GetByRole(AriaRole.Table)).ToHaveCountAsync(0);
    });

    [PeerTheory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public Task Everything_can_be_read_and_operated_by_everybody(ColorScheme theme) => VisitAsync(
        async (scene, page, _) =>
        {
            await Soundness.CheckAsync(page, "the form to sign in");
            await SignInAsync(page);
            await TrafficAsync(scene);
            foreach (string view in (string[])["Tunnels", "Traffic", "Clients", "Tokens", "Live"])
            {
                await ShowAsync(page, view);
                if (view == "Live")
                {
                    await WatchedAsync(scene);
                    await scene.VisitAsync("/status/404");
                    await Expect(page.GetByRole(AriaRole.Listitem)).Not.ToHaveCountAsync(0);
                }

                await Soundness.CheckAsync(page, view);
            }

            await ShowAsync(page, "Tokens");
            await page.GetByRole(AriaRole.Button, new() { Name = "New token" }).ClickAsync();
            await Soundness.CheckAsync(page, "the form of a token");
            await page.Keyboard.PressAsync("Escape");
            await ShowAsync(page, "Clients");
            await page.GetByRole(AriaRole.Button, new() { Name = "End the session of anna@laptop" }).ClickAsync();
            await Soundness.CheckAsync(page, "the question");
        },
        context => context.ColorScheme = theme);

    [PeerFact]
    public Task A_phone_shows_everything_within_its_width() => VisitAsync(
        async (scene, page, _) =>
        {
            await Soundness.NothingIsCutAsync(page);
            await SignInAsync(page);
            await TrafficAsync(scene);
            foreach (string view in (string[])["Tunnels", "Traffic", "Clients", "Tokens", "Live"])
            {
                await ShowAsync(page, view);
                if (view == "Live")
                {
                    await WatchedAsync(scene);
                    await scene.VisitAsync("/a/rather/long/path/that/does/not/fit/into/one/line/of/a/phone/at/all");
                    await Expect(page.GetByRole(AriaRole.Listitem)).Not.ToHaveCountAsync(0);
                }

                await Soundness.NothingIsCutAsync(page);
            }
        },
        context =>
        {
            context.ViewportSize = new ViewportSize { Width = 390, Height = 844 };
            context.HasTouch = true;
            context.IsMobile = true;
        });

    [PeerFact]
    public Task The_keyboard_alone_is_enough() => VisitAsync(async (scene, page, _) =>
    {
        await Expect(page.GetByLabel("Admin token")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync(Scraper.AdminToken);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Table)).ToBeVisibleAsync();
        await TabToAsync(page, "Clients");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Clients" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Table)).ToBeVisibleAsync();
        await TabToAsync(page, "End the session of anna@laptop");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        scene.Server.Get<Ggrok.Server.Tunnels.SessionDirectory>().Sessions.Count().ShouldBe(1);
    });

    private async Task VisitAsync(Func<DashboardScene, IPage, PageWatch, Task> test, Action<BrowserNewContextOptions>? context = null)
    {
        await using DashboardScene scene = await DashboardScene.StartAsync(AnswerAsync);
        await browser.VisitAsync(HomeOf(scene.Server), (page, watch) => test(scene, page, watch), context);
    }

    private static Uri HomeOf(RunningServer server) => new(server.Url, "/$$ggrok/");

    private static Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path.StartsWithSegments("/status", out PathString status))
        {
            context.Response.StatusCode = int.Parse(status.Value![1..], System.Globalization.CultureInfo.InvariantCulture);
        }

        return context.Response.Body.WriteAsync(Encoding.ASCII.GetBytes("hello")).AsTask();
    }

    private static async Task SignInAsync(IPage page, string token = Scraper.AdminToken)
    {
        await page.GetByLabel("Admin token").FillAsync(token);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Tunnels" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Table)).ToBeVisibleAsync();
    }

    private static async Task ShowAsync(IPage page, string view)
    {
        await page.GetByRole(AriaRole.Link, new() { Name = view, Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = view, Exact = true })).ToBeVisibleAsync();
        if (view is "Tunnels" or "Clients" or "Tokens")
        {
            await Expect(page.GetByRole(AriaRole.Table)).ToBeVisibleAsync();
        }
    }

    private static async Task TabToAsync(IPage page, string name)
    {
        for (int step = 0; step < 60; step++)
        {
            await page.Keyboard.PressAsync("Tab");
            if (await page.EvaluateAsync<string>("document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent") == name)
            {
                return;
            }
        }

        throw new InvalidOperationException($"The keyboard does not reach {name}.");
    }

    // What ends before the page listens is not told.
    private static Task WatchedAsync(DashboardScene scene) =>
        Eventually.BecomesAsync(() => Task.FromResult(scene.Server.Get<Ggrok.Server.Metrics.Traffic.LiveTail>().IsWatched), true);

    private static async Task TrafficAsync(DashboardScene scene)
    {
        foreach (int status in (int[])[200, 200, 302, 404, 503])
        {
            (await scene.VisitAsync($"/status/{status}")).ShouldBe((HttpStatusCode)status);
        }
    }
}
