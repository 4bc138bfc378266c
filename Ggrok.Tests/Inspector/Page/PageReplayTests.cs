using Ggrok.Tests.Peers;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ggrok.Tests.Inspector.Page;

/// <summary>Replaying and comparing in the page.</summary>
[Collection(PageTests.Name)]
public sealed class PageReplayTests(PageBrowser browser)
{
    [PeerFact]
    public Task A_request_is_replayed_and_linked_both_ways() => browser.InspectAsync(PageApp.AnswerAsync, async scene =>
    {
        await scene.PostAsync("/greeting?language=en", "{\"name\":\"Ada\"}", "application/json");
        await scene.OpenAsync("POST /greeting");

        await PageScene.Button(scene.Details, "Replay").ClickAsync();
        await Expect(scene.Toast).ToContainTextAsync("Replayed as #2: 200 in ");
        await PageScene.Button(scene.Toast, "Open").ClickAsync();
        await Expect(scene.Page).ToHaveURLAsync(PageScene.Name("[/]exchanges[/]2$"));
        await scene.TabAsync("Replay");
        await scene.Details.GetByRole(AriaRole.Link, new() { Name = "#1", Exact = true }).ClickAsync();
        await Expect(scene.Page).ToHaveURLAsync(PageScene.Name("[/]exchanges[/]1$"));
        await scene.TabAsync("Replays");
        await Expect(scene.Details.GetByRole(AriaRole.Link, new() { Name = "#2", Exact = true })).ToBeVisibleAsync();
        await PageScene.Button(scene.Details, "Compare").ClickAsync();
        await Expect(scene.Dialog).ToContainTextAsync("Responses of #1 and #2");
        await Expect(scene.Dialog).ToContainTextAsync("The bodies are the same.");
        await scene.Page.GoBackAsync();
    });

    [PeerFact]
    public Task What_a_message_offers_can_be_done_for_longer_than_it_takes_to_read() => browser.InspectAsync(PageApp.AnswerAsync, async scene =>
    {
        await scene.VisitAsync("/greeting");
        await scene.OpenAsync("GET /greeting");
        await scene.Page.Clock.InstallAsync();

        await PageScene.Button(scene.Details, "Replay").ClickAsync();
        ILocator open = PageScene.Button(scene.Toast, "Open");
        await Expect(open).ToBeVisibleAsync();

        // A message that offers nothing is gone by then.
        await scene.Page.Clock.FastForwardAsync(6_000);
        await Expect(open).ToBeVisibleAsync();
        await scene.Page.Clock.FastForwardAsync(15_000);
        await Expect(open).ToHaveCountAsync(0);
    });

    [PeerFact]
    public Task An_edited_replay_shows_what_it_changed() => browser.InspectAsync(PageApp.AnswerAsync, async scene =>
    {
        await scene.PostAsync("/greeting?language=en", "{\"name\":\"Ada\"}", "application/json", ("X-Old", "1"));
        await scene.OpenAsync("POST /greeting");

        await scene.PressAsync("e");
        await scene.Dialog.GetByLabel("Method").FillAsync("PUT");
        await scene.Dialog.GetByLabel("Target").FillAsync("/greeting?language=fr");
        await scene.Dialog.GetByLabel("Body").FillAsync("{\"name\":");
        await Expect(scene.Dialog.GetByText("No valid JSON")).ToBeVisibleAsync();
        await scene.Dialog.GetByLabel("Body").FillAsync("{\"name\":\"Grace\"}");
        await Expect(scene.Dialog.GetByText("Valid JSON", new() { Exact = true })).ToBeVisibleAsync();
        await PageScene.Button(scene.Dialog, "Remove X-Old").ClickAsync();
        await PageScene.Button(scene.Dialog, "Send").ClickAsync();

        await Expect(scene.Row("PUT /greeting?language=fr, 200")).ToContainTextAsync("#1");
        await PageScene.Button(scene.Toast, "Compare").ClickAsync();
        await Expect(scene.Dialog).ToContainTextAsync("Responses of #1 and #2");
        await Expect(scene.Dialog.Locator(".d-line.removed")).ToContainTextAsync(["\"method\": \"POST\"", "\"language\": \"en\"", "\"name\": \"Ada\""]);
        await Expect(scene.Dialog.Locator(".d-line.added")).ToContainTextAsync(["\"method\": \"PUT\"", "\"language\": \"fr\"", "\"name\": \"Grace\""]);
        await Expect(scene.Dialog.GetByRole(AriaRole.Row, new() { NameRegex = PageScene.Name("^X-Language") })).ToHaveTextAsync("X-Languageenfr");
        await PageScene.Button(scene.Dialog, "Unified").ClickAsync();
        await Expect(scene.Dialog.Locator(".d-line.added")).ToHaveCountAsync(3);
        await scene.PressAsync("Escape");
        await scene.OpenAsync("PUT /greeting", "Request");
        await Expect(scene.Details.GetByText("X-Old")).ToHaveCountAsync(0);
    });

    [PeerFact]
    public Task A_request_is_replayed_many_times_and_two_chosen_ones_are_compared() => browser.InspectAsync(PageApp.AnswerAsync, async scene =>
    {
        await scene.VisitAsync("/greeting?language=en", "/greeting?language=fr");
        await scene.OpenAsync("GET /greeting?language=en");

        await PageScene.Button(scene.Details, "More").ClickAsync();
        await scene.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Replay many times…" }).ClickAsync();
        await scene.Dialog.GetByLabel("Times").FillAsync("3");
        await PageScene.Button(scene.Dialog, "Send").ClickAsync();
        await Expect(scene.Toast).ToContainTextAsync("3 replays: 3 × 200");
        await Expect(scene.Rows).ToHaveCountAsync(5);
        await scene.Row("GET /greeting?language=fr").ClickAsync(new() { Modifiers = [KeyboardModifier.Control] });
        await scene.Numbered(5).ClickAsync(new() { Modifiers = [KeyboardModifier.Control] });
        await scene.Button("Compare the responses").ClickAsync();

        await Expect(scene.Dialog).ToContainTextAsync("Responses of #2 and #5");
        await Expect(scene.Dialog.Locator(".d-line.added")).ToContainTextAsync("\"language\": \"en\"");
    });
}
