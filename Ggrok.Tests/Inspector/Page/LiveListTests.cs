using Ggrok.Tests.Peers;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ggrok.Tests.Inspector.Page;

/// <summary>The list of requests: live, filtered, paused, and led by keys.</summary>
[Collection(PageTests.Name)]
public sealed class LiveListTests(PageBrowser browser)
{
    [PeerFact]
    public Task Requests_appear_while_the_page_is_open() => browser.InspectAsync(PageApp.AnswerAsync, async scene =>
    {
        await Expect(scene.Page.GetByText("Waiting for the first request")).ToBeVisibleAsync();
        await Expect(scene.Page.GetByText($"curl {scene.Inspector.PublicUrl.GetLeftPart(UriPartial.Authority)}/hello")).ToBeVisibleAsync();

        await scene.VisitAsync("/users?page=2");
        await Expect(scene.Row("GET /users?page=2, 200")).ToBeVisibleAsync();
        await Expect(scene.Row("GET /users?page=2")).ToContainTextAsync("123 B");
        await scene.VisitAsync("/status/404", "/status/500");
        await Expect(scene.Rows).ToHaveCountAsync(3);

        await Expect(scene.Row("GET /status/500")).ToHaveAttributeAsync("aria-rowindex", "1");
        await Expect(scene.Page.GetByText("Waiting for the first request")).ToBeHiddenAsync();
        await scene.Page.GetByRole(AriaRole.Button, new() { NameRegex = PageScene.Name("Show the session$") }).ClickAsync();
        await Expect(scene.Dialog.GetByText("of 10,000 kept")).ToBeVisibleAsync();
    });

    [PeerFact]
    public Task Filters_narrow_the_list_and_clearing_empties_it() => browser.InspectAsync(PageApp.AnswerAsync, async scene =>
    {
        await scene.VisitAsync("/users", "/users/7", "/status/404", "/status/503");
        await scene.PostAsync("/users", "{}", "application/json");
        await Expect(scene.Rows).ToHaveCountAsync(5);
        ILocator text = scene.Page.GetByRole(AriaRole.Searchbox, new() { Name = "Filter by text" });

        await text.FillAsync("USERS");
        await Expect(scene.Rows).ToHaveCountAsync(3);
        await Expect(scene.Page.GetByText("3 requests of 5 pass the filter")).ToBeVisibleAsync();
        await scene.Page.GetByRole(AriaRole.Combobox, new() { Name = "Method" }).SelectOptionAsync("POST");
        await Expect(scene.Rows).ToHaveCountAsync(1);
        await scene.VisitAsync("/users/8");
        await scene.PostAsync("/users/9", "{}", "application/json");
        await Expect(scene.Row("POST /users/9")).ToBeVisibleAsync();
        await Expect(scene.Rows).ToHaveCountAsync(2);
        await scene.Button("Clear the filter").ClickAsync();
        await Expect(scene.Rows).ToHaveCountAsync(7);
        await scene.Button("4xx").ClickAsync();
        await scene.Button("5xx").ClickAsync();
        await Expect(scene.Rows).ToHaveCountAsync(2);
        await text.FillAsync("nowhere");
        await Expect(scene.Page.GetByText("Nothing passes the filter")).ToBeVisibleAsync();
        await scene.Button("Clear the filter").First.ClickAsync();

        await scene.Button("Clear the list").ClickAsync();
        await Expect(scene.Page.GetByText("Waiting for the first request")).ToBeVisibleAsync();
        (await scene.Inspector.GetAsync("/api/exchanges")).GetProperty("items").GetArrayLength().ShouldBe(0);
    });

    [PeerFact]
    public Task A_paused_list_stays_until_it_goes_on() => browser.InspectAsync(PageApp.AnswerAsync, async scene =>
    {
        await scene.VisitAsync("/one");
        await Expect(scene.Rows).ToHaveCountAsync(1);

        await scene.Button("Pause").ClickAsync();
        await scene.VisitAsync("/two", "/three");
        await Expect(scene.Button("Paused · 2 new")).ToBeVisibleAsync();
        await Expect(scene.Rows).ToHaveCountAsync(1);
        await scene.Button("Go on").ClickAsync();

        await Expect(scene.Rows).ToHaveCountAsync(3);
        await Expect(scene.Button("Pause")).ToBeVisibleAsync();
    });

    [PeerFact]
    public Task Everything_is_reached_by_keys() => browser.InspectAsync(PageApp.AnswerAsync, async scene =>
    {
        await scene.VisitAsync("/oldest", "/middle", "/newest");
        await Expect(scene.Rows).ToHaveCountAsync(3);

        await scene.PressAsync("j");
        await Expect(scene.Row("GET /newest")).ToHaveAttributeAsync("aria-selected", "true");
        await scene.PressAsync("j");
        await scene.PressAsync("j");
        await scene.PressAsync("k");
        await Expect(scene.Row("GET /middle")).ToHaveAttributeAsync("aria-selected", "true");
        await scene.PressAsync("Enter");
        await Expect(scene.Details.GetByRole(AriaRole.Heading, new() { Name = "/middle" })).ToBeVisibleAsync();
        await scene.PressAsync("j");
        await Expect(scene.Details.GetByRole(AriaRole.Heading, new() { Name = "/oldest" })).ToBeVisibleAsync();
        await scene.PressAsync("3");
        await Expect(scene.Details.GetByRole(AriaRole.Tab, new() { NameRegex = PageScene.Name("^Response") })).ToHaveAttributeAsync("aria-selected", "true");
        await scene.PressAsync("r");
        await Expect(scene.Toast).ToContainTextAsync("Replayed as #4: 200");
        await scene.PressAsync("Escape");
        await Expect(scene.Details).ToBeHiddenAsync();

        await scene.PressAsync("?");
        await Expect(scene.Dialog.GetByRole(AriaRole.Heading, new() { Name = "Keys" })).ToBeVisibleAsync();
        await scene.PressAsync("Escape");
        await Expect(scene.Dialog).ToBeHiddenAsync();
        await scene.PressAsync("/");
        await scene.Page.Keyboard.TypeAsync("middle");
        await Expect(scene.Rows).ToHaveCountAsync(1);
        await scene.PressAsync("Escape");
        await scene.PressAsync("g");
        await scene.PressAsync("c");
        await Expect(scene.Page.GetByRole(AriaRole.Heading, new() { Name = "Charts" })).ToBeVisibleAsync();
        await scene.PressAsync("g");
        await scene.PressAsync("u");
        await Expect(scene.Page.GetByRole(AriaRole.Heading, new() { Name = "Rules", Exact = true })).ToBeVisibleAsync();
    });

    [PeerFact]
    public Task The_page_says_that_ggrok_is_gone() => browser.InspectAsync(PageApp.AnswerAsync, async scene =>
    {
        await scene.VisitAsync("/before");
        await Expect(scene.Rows).ToHaveCountAsync(1);
        scene.Watch.Expects = text => text.Contains("net::ERR_", StringComparison.Ordinal);

        scene.Inspector.Stop();
        await scene.Inspector.Exit;

        await Expect(scene.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("ggrok does not answer");
        await Expect(scene.Row("GET /before")).ToBeVisibleAsync();
    });
}
