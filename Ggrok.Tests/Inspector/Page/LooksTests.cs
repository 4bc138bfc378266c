using Ggrok.Tests.Peers;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ggrok.Tests.Inspector.Page;

/// <summary>Themes, small screens, and what people need who do not see well or have no mouse.</summary>
[Collection(PageTests.Name)]
public sealed class LooksTests(PageBrowser browser)
{
    private const string Ground = "getComputedStyle(document.body).backgroundColor";

    [PeerFact]
    public Task The_theme_follows_the_system_until_one_is_chosen() => browser.InspectAsync(PageApp.AnswerAsync, async scene =>
    {
        IPage page = scene.Page;
        string light = await page.EvaluateAsync<string>(Ground);
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        string dark = await page.EvaluateAsync<string>(Ground);
        dark.ShouldNotBe(light);

        await scene.Button("Theme: as the system. Change to light.").ClickAsync();
        (await page.EvaluateAsync<string>(Ground)).ShouldBe(light);
        await page.ReloadAsync();
        (await page.EvaluateAsync<string>(Ground)).ShouldBe(light);
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        await scene.Button("Theme: light. Change to dark.").ClickAsync();
        (await page.EvaluateAsync<string>(Ground)).ShouldBe(dark);
    });

    [PeerFact]
    public Task A_phone_shows_one_thing_at_a_time() => browser.InspectAsync(
        PageApp.AnswerAsync,
        async scene =>
        {
            await scene.VisitAsync("/users?some=long&query=that&does=not&fit=into&one=line&of=a&phone=at&all=really", "/bytes", "/status/500");
            await Expect(scene.Rows).ToHaveCountAsync(3);
            await Soundness.NothingIsCutAsync(scene.Page);

            await scene.Row("GET /users").TapAsync();
            await Expect(scene.Details).ToBeInViewportAsync();
            (await scene.Page.EvaluateAsync<bool>("document.elementFromPoint(innerWidth / 2, innerHeight / 2).closest('article') !== null")).ShouldBeTrue();
            await Soundness.NothingIsCutAsync(scene.Page);
            await scene.TabAsync("Response");
            await Soundness.NothingIsCutAsync(scene.Page);
            await PageScene.Button(scene.Details, "Close the details").TapAsync();
            await Expect(scene.Row("GET /bytes")).ToBeInViewportAsync();
            await scene.Row("GET /bytes").TapAsync();
            await scene.TabAsync("Response");
            await Soundness.NothingIsCutAsync(scene.Page);
            await scene.Page.GoBackAsync();
            await Expect(scene.Details).ToBeHiddenAsync();
            foreach (string view in new[] { "Charts", "Rules", "Inbox" })
            {
                await scene.Page.GetByRole(AriaRole.Link, new() { Name = view }).Last.TapAsync();
                await Soundness.NothingIsCutAsync(scene.Page);
            }
        },
        context =>
        {
            context.ViewportSize = new ViewportSize { Width = 390, Height = 844 };
            context.HasTouch = true;
            context.IsMobile = true;
        });

    [PeerTheory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public Task Everything_can_be_read_and_operated_by_everybody(ColorScheme theme) => browser.InspectAsync(
        PageApp.AnswerAsync,
        async scene =>
        {
            await TrafficAsync(scene);
            await Soundness.CheckAsync(scene.Page, "the list");
            await scene.Page.GetByRole(AriaRole.Button, new() { NameRegex = PageScene.Name("Show the session$") }).ClickAsync();
            await Expect(scene.Dialog).ToBeVisibleAsync();
            await Soundness.CheckAsync(scene.Page, "the session");
            await scene.PressAsync("Escape");
            await scene.Row("POST /greeting?language=en").ClickAsync();
            foreach (string tab in new[] { "Overview", "Request", "Response", "Replays" })
            {
                await scene.TabAsync(tab);
                await Expect(scene.Details.GetByText("Loading…")).ToHaveCountAsync(0);
                await Soundness.CheckAsync(scene.Page, tab);
            }

            await scene.PressAsync("e");
            await Expect(scene.Dialog).ToBeVisibleAsync();
            await Soundness.CheckAsync(scene.Page, "the dialog to replay");
            await scene.PressAsync("Escape");
            await PageScene.Button(scene.Details, "Compare").ClickAsync();
            await Expect(scene.Dialog).ToBeVisibleAsync();
            await Soundness.CheckAsync(scene.Page, "the comparison");
            await scene.PressAsync("Escape");
            await scene.PressAsync("?");
            await Soundness.CheckAsync(scene.Page, "the help");
            await scene.PressAsync("Escape");
            await scene.Page.GetByRole(AriaRole.Link, new() { Name = "Rules" }).ClickAsync();
            await Soundness.CheckAsync(scene.Page, "the rules");
            await scene.Button("New rule").ClickAsync();
            await Soundness.CheckAsync(scene.Page, "the form of a rule");
            await scene.PressAsync("Escape");
            await scene.Page.GetByRole(AriaRole.Link, new() { Name = "Charts" }).ClickAsync();
            await Soundness.CheckAsync(scene.Page, "the charts");
        },
        context => context.ColorScheme = theme);

    [PeerFact]
    public Task The_focus_can_be_seen_wherever_it_goes() => browser.InspectAsync(PageApp.AnswerAsync, async scene =>
    {
        await TrafficAsync(scene);
        await scene.OpenAsync("POST /greeting?language=en", "Response");
        await Expect(scene.Details.GetByRole(AriaRole.Treeitem)).Not.ToHaveCountAsync(0);
        await scene.Page.EvaluateAsync("document.activeElement.blur(); window.plain = new Map(); for (const node of document.querySelectorAll('*')) plain.set(node, lookOf(node)); function lookOf(node) { const { outlineStyle, outlineWidth, boxShadow, borderColor, clipPath } = getComputedStyle(node); return [outlineStyle === 'none' ? '' : outlineWidth, boxShadow, borderColor, clipPath].join(); } window.lookOf = lookOf; null");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int step = 0; step < 80; step++)
        {
            await scene.PressAsync("Tab");
            string name = await scene.Page.EvaluateAsync<string>("(() => { const node = document.activeElement; return node === document.body ? '' : node.outerHTML.slice(0, 160); })()");
            if (name.Length > 0 && seen.Add(name))
            {
                (await scene.Page.EvaluateAsync<bool>("(async () => { await Promise.all(document.getAnimations().map((a) => a.finished.catch(() => {}))); const node = document.activeElement; const within = [node, ...node.querySelectorAll('*')]; return within.some((one) => lookOf(one) !== plain.get(one)) || node.parentElement.matches(':focus-within') && [...node.parentElement.children].some((one) => getComputedStyle(one, '::after').inset !== 'auto' && one === node); })()"))
                    .ShouldBeTrue(name);
            }
        }

        seen.Count.ShouldBeGreaterThan(25);
    });

    private static async Task TrafficAsync(PageScene scene)
    {
        await scene.VisitAsync("/users", "/status/302", "/status/404", "/status/503");
        await scene.PostAsync("/greeting?language=en", "{\"name\":\"Ada\",\"age\":36,\"ok\":true}", "application/json", ("X-GitHub-Event", "push"), ("X-Hub-Signature-256", "sha256=00"), ("Cookie", "a=b"));
        using HttpResponseMessage replayed = await scene.Inspector.SendAsync(HttpMethod.Post, "/api/exchanges/5/replay", """{"target":"/greeting?language=fr"}""");
        using HttpResponseMessage made = await scene.Inspector.SendAsync(HttpMethod.Post, "/api/rules", """{"name":"slow","enabled":true,"path":"/slow/*","latencyMs":200,"errorRate":0.5}""");
        made.IsSuccessStatusCode.ShouldBeTrue();
        await Expect(scene.Rows).ToHaveCountAsync(6);
    }
}
