using System.Net;
using System.Security.Cryptography;
using System.Text;
using Ggrok.Shared.Webhooks;
using Ggrok.Tests.Peers;
using Ggrok.Tests.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ggrok.Tests.Inspector.Page;

/// <summary>Rules that are made in the page, and webhooks.</summary>
[Collection(PageTests.Name)]
public sealed class PageRulesTests(PageBrowser browser)
{
    [PeerFact]
    public Task A_rule_answers_the_next_visitor() => browser.InspectAsync(PageApp.AnswerAsync, async scene =>
    {
        await scene.Page.GetByRole(AriaRole.Link, new() { Name = "Rules" }).ClickAsync();
        await scene.Button("New rule").ClickAsync();
        await PageScene.Button(scene.Dialog, "Add").ClickAsync();
        await Expect(scene.Dialog.GetByRole(AriaRole.Alert)).ToHaveTextAsync("The rule needs a name.");
        await scene.Dialog.GetByLabel("Name", new() { Exact = true }).FillAsync("teapot");
        await scene.Dialog.GetByLabel("Path").FillAsync("/tea/*");
        await scene.Dialog.GetByRole(AriaRole.Switch, new() { NameRegex = PageScene.Name("^Answer") }).CheckAsync();
        await scene.Dialog.GetByLabel("Status").First.FillAsync("418");
        await scene.Dialog.GetByLabel("Body").FillAsync("{\"short\":\"and stout\"}");
        await PageScene.Button(scene.Dialog, "Add").ClickAsync();
        await Expect(scene.Dialog).ToBeHiddenAsync();

        using HttpResponseMessage response = await scene.Visitor.GetAsync("/tea/pot");
        response.StatusCode.ShouldBe((HttpStatusCode)418);
        (await response.Content.ReadAsStringAsync()).ShouldBe("{\"short\":\"and stout\"}");
        await Expect(scene.Page.GetByText("1 hit", new() { Exact = true })).ToBeVisibleAsync();
        await scene.Page.GetByRole(AriaRole.Switch, new() { Name = "teapot is on" }).UncheckAsync();
        await Eventually.BecomesAsync(async () => (await scene.Visitor.GetAsync("/tea/pot")).StatusCode, HttpStatusCode.OK);
        await scene.Button("Delete teapot").ClickAsync();
        await PageScene.Button(scene.Dialog, "Delete").ClickAsync();
        await Expect(scene.Page.GetByText("No rules yet")).ToBeVisibleAsync();
    });

    [PeerFact]
    public Task A_held_request_goes_on_as_it_was_edited() => browser.InspectAsync(PageApp.AnswerAsync, async scene =>
    {
        await scene.VisitAsync("/greeting?language=en");
        await scene.OpenAsync("GET /greeting");
        await PageScene.Button(scene.Details, "More").ClickAsync();
        await scene.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Make a rule of this request…" }).ClickAsync();
        await PageScene.Button(scene.Dialog, "Add").ClickAsync();
        await Expect(scene.Toast).ToContainTextAsync("Rule get-greeting added.");

        Task<string> visit = scene.Visitor.GetStringAsync("/greeting?language=de");
        await PageScene.Button(scene.Page.GetByRole(AriaRole.Banner).Or(scene.Page.Locator("body")), "Look at it").ClickAsync();
        await Expect(scene.Row("GET /greeting?language=de, Held by a rule")).ToBeVisibleAsync();
        await scene.Details.GetByLabel("Method").FillAsync("POST");
        await scene.Details.GetByLabel("Target").FillAsync("/greeting?language=it");
        await scene.Details.GetByLabel("Body").FillAsync("{\"name\":\"Ada\"}");
        visit.IsCompleted.ShouldBeFalse();
        await PageScene.Button(scene.Details, "Continue edited").ClickAsync();

        string answer = await Within.Bound(visit, "the held visitor");
        answer.ShouldContain("\"method\": \"POST\"");
        answer.ShouldContain("\"language\": \"it\"");
        answer.ShouldContain("\"body\": {\"name\":\"Ada\"}");
        await Expect(scene.Details.GetByText("edited before it was sent")).ToBeVisibleAsync();
        await Expect(scene.Page.GetByText("1 request is held")).ToBeHiddenAsync();
    });

    [PeerFact]
    public Task A_held_request_is_answered_in_the_page() => browser.InspectAsync(PageApp.AnswerAsync, async scene =>
    {
        using HttpResponseMessage made = await scene.Inspector.SendAsync(HttpMethod.Post, "/api/rules", """{"name":"hold-everything","enabled":true,"hold":true}""");
        made.IsSuccessStatusCode.ShouldBeTrue(await made.Content.ReadAsStringAsync());

        Task<HttpResponseMessage> visit = scene.Visitor.GetAsync("/held");
        await scene.OpenAsync("GET /held");
        await PageScene.Button(scene.Details, "Answer here").ClickAsync();
        await scene.Details.GetByLabel("Status").FillAsync("202");
        await scene.Details.GetByLabel("Body").FillAsync("later");
        await PageScene.Button(scene.Details, "Send this answer").ClickAsync();

        using HttpResponseMessage response = await Within.Bound(visit, "the held visitor");
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await response.Content.ReadAsStringAsync()).ShouldBe("later");
    });

    [PeerFact]
    public Task A_webhook_is_recognised_and_its_signature_told() => browser.InspectAsync(
        PageApp.AnswerAsync,
        async scene =>
        {
            const string Body = """{"action":"opened","number":1}""";
            string signature = Convert.ToHexStringLower(HMACSHA256.HashData("right"u8, Encoding.UTF8.GetBytes(Body)));
            await scene.PostAsync("/good", Body, "application/json", ("X-GitHub-Event", "pull_request"), ("X-GitHub-Delivery", "d-1"), ("X-Hub-Signature-256", "sha256=" + signature));
            await scene.PostAsync("/bad", Body, "application/json", ("X-GitHub-Event", "pull_request"), ("X-Hub-Signature-256", "sha256=" + new string('0', 64)));

            await scene.OpenAsync("POST /good");
            await Expect(scene.Row("POST /good")).ToContainTextAsync("GitHub pull_request.opened");
            await Expect(scene.Details.GetByText("Signature valid")).ToBeVisibleAsync();
            await Expect(scene.Details.GetByText("d-1")).ToBeVisibleAsync();
            await scene.OpenAsync("POST /bad");
            await Expect(scene.Details.GetByText("Signature invalid")).ToBeVisibleAsync();
        },
        inspect: o => o with { WebhookSecrets = new Dictionary<WebhookProvider, IReadOnlyList<string>> { [WebhookProvider.GitHub] = ["right"] } });
}
