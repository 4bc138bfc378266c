using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Dashboard;
using Ggrok.Tests.Inspector;
using Ggrok.Tests.Inspector.Page;
using Ggrok.Tests.Metrics;
using Ggrok.Tests.Peers;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ggrok.Tests.Inbox;

/// <summary>Inboxes as an administrator sees them, and as metrics.</summary>
[Collection(PageTests.Name)]
public sealed class InboxDashboardTests(PageBrowser browser)
{
    private static readonly string Audit = Path.Combine(Path.GetTempPath(), "ggrok-audit-" + Guid.NewGuid().ToString("N"));

    [Fact]
    public async Task An_administrator_looks_delivers_and_drops_and_the_description_fits()
    {
        await using DashboardScene scene = await StartAsync();
        string[] ids = [await StoreAsync(scene, "/one"), await StoreAsync(scene, "/two"), await StoreAsync(scene, "/three")];
        JsonElement document = await scene.GetAsync("/api/openapi.json");
        foreach ((string path, string described) in ((string, string)[])[
            ("/api/inbox/tunnels", "/api/inbox/tunnels"), ("/api/inbox/items", "/api/inbox/items"), ($"/api/inbox/items/{ids[0]}", "/api/inbox/items/{id}")])
        {
            OpenApiForm.Check(await scene.GetAsync(path), OpenApiForm.Answer(document, described, "get", "200"), document, path);
        }

        (await scene.GetAsync("/api/inbox/tunnels")).GetProperty("tunnels")[0].GetProperty("waiting").GetInt32().ShouldBe(3);
        using HttpResponseMessage body = await scene.AdminAsync(HttpMethod.Get, $"/api/inbox/items/{ids[0]}/body");
        (await body.Content.ReadAsStringAsync()).ShouldBe("sent to /one");
        using HttpResponseMessage due = await scene.AdminAsync(HttpMethod.Post, $"/api/inbox/items/{ids[0]}/deliver");
        due.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        OpenApiForm.Check(await due.Content.ReadFromJsonAsync<JsonElement>(), OpenApiForm.Answer(document, "/api/inbox/items/{id}/deliver", "post", "202"), document, "deliver");
        using HttpResponseMessage gone = await scene.AdminAsync(HttpMethod.Delete, $"/api/inbox/items/{ids[1]}");
        gone.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using HttpResponseMessage held = await scene.AdminAsync(HttpMethod.Delete, "/api/inbox/tunnels/" + DashboardScene.TunnelHost);
        held.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        held.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");

        Exposition metrics = await Scraper.ScrapeAsync(scene.Server);
        metrics.Find("ggrok_inbox_requests", ("state", "waiting"))!.Value.ShouldBe(2);
        metrics.Find("ggrok_inbox_requests", ("state", "dead"))!.Value.ShouldBe(0);
        metrics.Find("ggrok_inbox_events_total", ("event", "accepted"))!.Value.ShouldBe(3);
        metrics.Find("ggrok_inbox_events_total", ("event", "dropped"))!.Value.ShouldBe(1);
        await Eventually.BecomesAsync(() => Task.FromResult(IsAudited($"dropped {ids[1]} from the inbox of")), true);
        File.Delete(Audit);
    }

    [PeerFact]
    public async Task The_page_shows_what_waits_and_has_it_delivered_and_dropped()
    {
        await using DashboardScene scene = await StartAsync();
        string[] ids = [await StoreAsync(scene, "/hooks/<b>one</b>"), await StoreAsync(scene, "/two")];
        await browser.VisitAsync(new Uri(scene.Server.Url, "/$$ggrok/"), async (page, _) =>
        {
            await page.GetByLabel("Admin token").FillAsync(Scraper.AdminToken);
            await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
            await page.GetByRole(AriaRole.Link, new() { Name = "Inbox", Exact = true }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Table, new() { Name = "Requests" }).GetByRole(AriaRole.Row)).ToHaveCountAsync(3);
            await page.GetByRole(AriaRole.Link, new() { Name = "Requests of " + DashboardScene.TunnelHost }).ClickAsync();
            await Expect(page.GetByText("Of " + DashboardScene.TunnelHost)).ToBeVisibleAsync();
            await Soundness.CheckAsync(page, "the inbox");
            await page.GetByRole(AriaRole.Button, new() { Name = "Show " + ids[0] }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("X-Kind: test");
            await page.GetByRole(AriaRole.Button, new() { Name = "Close", Exact = true }).Last.ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Deliver " + ids[0] }).ClickAsync();
            await Expect(page.GetByText($"{ids[0]} is due now.")).ToBeVisibleAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Drop " + ids[0] }).ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Drop it" }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Table, new() { Name = "Requests" }).GetByRole(AriaRole.Row)).ToHaveCountAsync(2);
            await page.GetByRole(AriaRole.Button, new() { Name = "Drop all" }).ClickAsync();
            await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Drop all" }).ClickAsync();
            await Expect(page.GetByText("Nothing waits, and nothing was given up.")).ToBeVisibleAsync();
        });
    }

    // While the server writes to the file nobody else may open it.
    private static bool IsAudited(string text)
    {
        try
        {
            return File.ReadAllText(Audit).Contains(text, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    // The local service is not there.
    private static async Task<DashboardScene> StartAsync()
    {
        DashboardScene scene = await DashboardScene.StartAsync(
            settings: [("GGROK_AUDIT_LOG", Audit)], tunnel: t => t with { Subdomain = "shop", Policies = [new PolicyDirective("inbox", "/*")] });
        await scene.App.DisposeAsync();
        return scene;
    }

    private static async Task<string> StoreAsync(DashboardScene scene, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(scene.Server.Url, path)) { Content = new StringContent("sent to " + path, Encoding.UTF8) };
        request.Headers.Host = DashboardScene.TunnelHost;
        request.Headers.Add("X-Kind", "test");
        using HttpResponseMessage answer = await scene.Http.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        return answer.Headers.GetValues("Ggrok-Delivery-Id").Single();
    }
}
