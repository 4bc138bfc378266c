using System.Globalization;
using System.Text.RegularExpressions;
using Ggrok.Client.Connection;
using Ggrok.Tests.Inspector.Page;
using Ggrok.Tests.Peers;
using Ggrok.Tests.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ggrok.Tests.Inbox.Client;

/// <summary>The inbox in the inspector's page.</summary>
[Collection(PageTests.Name)]
public sealed class InboxPageTests(PageBrowser browser)
{
    [PeerFact]
    public Task Without_an_inbox_the_page_says_how_to_get_one() => browser.InspectAsync(PageApp.AnswerAsync, async scene =>
    {
        await scene.PressAsync("g");
        await scene.PressAsync("i");

        await Expect(scene.Page.GetByRole(AriaRole.Heading, new() { Name = "No tunnel of this client has an inbox" })).ToBeVisibleAsync();
        await Expect(scene.Page.GetByText("ggrok 3000 --inbox", new() { Exact = true })).ToBeVisibleAsync();
        await Soundness.CheckAsync(scene.Page, "empty inbox");
    });

    [PeerFact]
    public Task What_waits_is_looked_at_dropped_and_delivered()
    {
        int port = FreePorts.One();
        return browser.InspectAsync(PageApp.AnswerAsync, async scene =>
        {
            (await scene.PostAsync("/hooks/orders", """{"order":{"id":4711,"name":"<b>"}}""", "application/json")).ShouldBe(System.Net.HttpStatusCode.Accepted);
            await scene.PostAsync("/hooks/github?x=1", "{}", "application/json", ("X-GitHub-Event", "push"), ("X-GitHub-Delivery", "d1"));
            await scene.PostAsync("/hooks/" + new string('x', 300), "a", "text/plain");
            ILocator link = scene.Page.GetByRole(AriaRole.Link, new() { NameRegex = PageScene.Name("^Inbox") });
            await link.ClickAsync();
            await Expect(link).ToHaveTextAsync(new Regex("Inbox.*3", RegexOptions.None, TimeSpan.FromSeconds(1)));
            ILocator inbox = scene.Page.GetByRole(AriaRole.Region, new() { Name = "127.0.0.1" });
            ILocator items = inbox.GetByRole(AriaRole.Listitem);
            await Expect(items).ToHaveCountAsync(3);
            await Expect(items.Nth(1)).ToContainTextAsync("GitHub");
            await Soundness.CheckAsync(scene.Page, "inbox");
            await Soundness.NothingIsCutAsync(scene.Page);

            // One is looked at.
            await PageScene.Button(inbox, "POST /hooks/orders").ClickAsync();
            await Expect(scene.Dialog).ToContainTextAsync("4711");
            await Expect(scene.Dialog).ToContainTextAsync("\"<b>\"");
            await Soundness.CheckAsync(scene.Page, "stored request");
            await scene.PressAsync("Escape");

            // One is dropped, by keyboard.
            await PageScene.Button(inbox, "Drop POST /hooks/github?x=1").FocusAsync();
            await scene.PressAsync("Enter");
            await Expect(scene.Dialog).ToContainTextAsync("Drop this webhook?");
            await scene.PressAsync("Enter");
            await Expect(items).ToHaveCountAsync(2);

            // The service is there again: the rest is delivered, and marked. The server finds that out as well, so nothing is answered before the click.
            var clicked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using LocalApp app = await LocalApp.StartAsync(
                async context =>
                {
                    await clicked.Task;
                    await PageApp.AnswerAsync(context);
                },
                port: port);
            await scene.Button("Deliver all").ClickAsync();
            clicked.SetResult();
            await Expect(items).ToHaveCountAsync(0);
            await Expect(inbox).ToContainTextAsync("Nothing waits.");
            await scene.PressAsync("g");
            await scene.PressAsync("r");
            await Expect(scene.Row("POST /hooks/orders, 200")).ToContainTextAsync("inbox");
            await scene.OpenAsync("POST /hooks/orders, 200");
            await Expect(scene.Details).ToContainTextAsync("Out of the inbox");
            await Expect(scene.Details).ToContainTextAsync("Attempt 1");
            await Soundness.CheckAsync(scene.Page, "delivered request");
        }, tunnel: Inbox(port));
    }

    [PeerFact]
    public Task The_keyboard_stays_where_it_is_while_others_come_in()
    {
        int port = FreePorts.One();
        return browser.InspectAsync(PageApp.AnswerAsync, async scene =>
        {
            await scene.PostAsync("/one", "1", "text/plain");
            await scene.PressAsync("g");
            await scene.PressAsync("i");
            ILocator drop = scene.Page.GetByRole(AriaRole.Button, new() { Name = "Drop POST /one" });
            await drop.FocusAsync();

            await scene.PostAsync("/two", "2", "text/plain");

            await Expect(scene.Page.GetByRole(AriaRole.Button, new() { Name = "Drop POST /two" })).ToBeVisibleAsync();
            await Expect(drop).ToBeFocusedAsync();
        }, tunnel: Inbox(port));
    }

    [PeerFact]
    public Task A_dead_letter_says_why_and_fits_a_phone()
    {
        int port = FreePorts.One();
        return browser.InspectAsync(
            PageApp.AnswerAsync,
            async scene =>
            {
                await scene.PostAsync("/status/500", "1", "text/plain");
                await scene.PostAsync("/hooks/" + new string('x', 200), "2", "text/plain");
                await using LocalApp app = await LocalApp.StartAsync(context => PageApp.AnswerAsync(Failing(context)), port: port);
                await scene.Page.GetByRole(AriaRole.Link, new() { NameRegex = PageScene.Name("^Inbox") }).TapAsync();
                await scene.Button("Deliver all").TapAsync();
                ILocator dead = scene.Page.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "/status/500" });
                await Expect(dead).ToContainTextAsync("dead");
                await Expect(dead).ToContainTextAsync(new Regex("Failed (once|\\d+ times).*500", RegexOptions.None, TimeSpan.FromSeconds(1)));
                await scene.Button("Dead").TapAsync();
                await Soundness.NothingIsCutAsync(scene.Page);
                await Soundness.CheckAsync(scene.Page, "dead letters");
            },
            context =>
            {
                context.ViewportSize = new ViewportSize { Width = 390, Height = 844 };
                context.HasTouch = true;
                context.IsMobile = true;
                context.ColorScheme = ColorScheme.Dark;
            },
            tunnel: Inbox(port, ("inbox-retry", "1ms")));
    }

    // Whatever it is asked for.
    private static Microsoft.AspNetCore.Http.HttpContext Failing(Microsoft.AspNetCore.Http.HttpContext context)
    {
        context.Request.Path = "/status/500";
        return context;
    }

    private static Func<LocalTunnel, LocalTunnel> Inbox(int port, params (string Name, string Value)[] policies) => tunnel => tunnel with
    {
        Target = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")),
        Policies = [new("inbox", "/*"), .. policies.Select(p => new Ggrok.Shared.Protocol.PolicyDirective(p.Name, p.Value))],
    };
}
