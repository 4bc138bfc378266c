using Ggrok.Shared.Protocol;
using Ggrok.Tests.Peers;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;

namespace Ggrok.Tests.Edge.Credentials;

/// <summary>People in Chromium: a login at a real OpenID Connect provider, and a share link.</summary>
public class BrowserTests
{
    [PeerFact]
    public Task A_person_logs_in_at_a_provider_and_signs_out_with_RSA() => LogInAndOutAsync("RS256");

    [PeerFact]
    public Task A_person_logs_in_at_a_provider_and_signs_out_with_a_curve() => LogInAndOutAsync("ES256");

    [PeerFact]
    public async Task A_person_opens_a_share_link_with_a_click()
    {
        await using ShareScene scene = await ShareScene.StartAsync();
        Uri link = await scene.LinkAsync("--path", "/drafts");
        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await Browser.LaunchAsync(playwright);
        IPage page = await OpenAsync(browser, link.AbsoluteUri);
        await Assertions.Expect(page.Locator("input")).ToBeHiddenAsync();
        page.Url.ShouldNotContain("#");

        await page.GetByRole(AriaRole.Button).ClickAsync();

        await Assertions.Expect(page.Locator("body")).ToHaveTextAsync("hello from the app");
        page.Url.ShouldBe(scene.Url + "drafts");
        await page.GotoAsync(link.AbsoluteUri);
        IPage other = await OpenAsync(browser, link.AbsoluteUri);
        await other.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(other.Locator("h1")).ToHaveTextAsync("Link no longer valid");
    }

    private static async Task LogInAndOutAsync(string algorithm)
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_LOGIN_PRIVATE", "true")]);
        (RunningProgram provider, Uri issuer) = await NodeProcess.ServeScriptAsync("oidc.mjs", server.Url + "$$ggrok/login/callback", algorithm);
        await using RunningProgram running = provider;
        await using LocalApp app = await LocalApp.StartAsync(context =>
            context.Response.WriteAsync($"{context.Request.Path}{context.Request.QueryString} for {context.Request.Headers["X-Ggrok-User"]}"));
        await using var client = new RunningClient(RunningClient.Options(server.Url, app.Url, t => t with
        {
            Policies =
            [
                new PolicyDirective("oauth", issuer.AbsoluteUri.TrimEnd('/')), new PolicyDirective("oauth-client-id", "the-client"),
                new PolicyDirective("oauth-client-secret-file", "a-secret/with+signs&more\n"), new PolicyDirective("oauth-allow", "anna@example.com"),
            ],
        }));
        Uri url = (await client.Events.NextReadyAsync())[0].Url;
        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await Browser.LaunchAsync(playwright);

        IPage page = await OpenAsync(browser, url + "orders?page=2");
        await LogInAsync(page, "anna");
        await Assertions.Expect(page.Locator("body")).ToHaveTextAsync("/orders?page=2 for anna@example.com");
        page.Url.ShouldBe(url + "orders?page=2");
        (await page.EvaluateAsync<int>("fetch('/data').then(r => r.status)")).ShouldBe(200);
        (await page.EvaluateAsync<string>("document.cookie")).ShouldNotContain("ggrok");

        await page.GotoAsync(url + "$$ggrok/logout");
        await page.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Signed out");
        (await page.Context.APIRequest.GetAsync(url + "data")).Status.ShouldBe(401);

        IPage stranger = await OpenAsync(browser, url.AbsoluteUri);
        await LogInAsync(stranger, "ben");
        await Assertions.Expect(stranger.Locator("h1")).ToHaveTextAsync("Not for you");
    }

    private static async Task<IPage> OpenAsync(IBrowser browser, string url)
    {
        IBrowserContext visit = await browser.NewContextAsync();
        visit.SetDefaultTimeout((float)Within.Limit.TotalMilliseconds);
        IPage page = await visit.NewPageAsync();
        await page.GotoAsync(url);
        return page;
    }

    private static async Task LogInAsync(IPage page, string name)
    {
        await page.Locator("input[name=login]").FillAsync(name);
        await page.Locator("input[name=password]").FillAsync("any");
        await page.Locator("button[type=submit]").ClickAsync();

        // Then the provider asks whether the tunnel may know.
        await page.Locator("form input[name=prompt][value=consent]").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
        await page.Locator("button[type=submit]").ClickAsync();
    }
}
