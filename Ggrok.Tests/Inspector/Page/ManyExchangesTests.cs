using System.Globalization;
using Ggrok.Tests.Peers;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ggrok.Tests.Inspector.Page;

/// <summary>A full ring and a busy tunnel.</summary>
[Collection(PageTests.Name)]
public sealed class ManyExchangesTests(PageBrowser browser)
{
    private const int Many = 10_000;
    private const int PerSecond = 300;
    private const int LongestTaskMs = 1_000;
    private const string FirstRowInView = "(() => { const { top } = document.querySelector('[role=grid]').getBoundingClientRect(); return [...document.querySelectorAll('[role=row]:not([hidden])')].find((row) => row.getBoundingClientRect().bottom > top + 1 && row.getBoundingClientRect().top >= top - 32 && row.getBoundingClientRect().top <= top).ariaLabel; })()";

    [PeerFact]
    public Task Ten_thousand_exchanges_and_a_stream_of_new_ones_do_not_hold_the_page_up() => browser.InspectAsync(
        _ => Task.CompletedTask,
        async scene =>
        {
            await Expect(scene.List).ToHaveAttributeAsync("aria-rowcount", Many.ToString(CultureInfo.InvariantCulture));
            (await scene.Rows.CountAsync()).ShouldBeLessThan(100);

            await scene.List.FocusAsync();
            await scene.PressAsync("End");
            await Expect(scene.Row("GET /first")).ToBeInViewportAsync();
            (await scene.Rows.CountAsync()).ShouldBeLessThan(100);
            await scene.Page.EvaluateAsync("document.querySelector('[role=grid]').scrollTop = 5000 * 32");
            await scene.Page.EvaluateAsync("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
            string before = await scene.Page.EvaluateAsync<string>(FirstRowInView);

            // A machine that is busy elsewhere holds the page up too, but hardly each time: the best of three is the page's own.
            double longest = double.MaxValue;
            for (int i = 0; i < 3 && longest >= LongestTaskMs; i++)
            {
                await scene.Page.EvaluateAsync("window.longest = 0");
                await StreamAsync(scene.Visitor, seconds: 3);
                longest = await scene.Page.EvaluateAsync<double>("window.longest");
            }

            await Expect(scene.Page.GetByRole(AriaRole.Button, new() { NameRegex = PageScene.Name("^[0-9,]+ new$") })).ToBeVisibleAsync();

            (await scene.Page.EvaluateAsync<string>(FirstRowInView)).ShouldBe(before);
            longest.ShouldBeLessThan(LongestTaskMs);
            (await scene.Rows.CountAsync()).ShouldBeLessThan(100);
            await scene.Page.GetByRole(AriaRole.Button, new() { NameRegex = PageScene.Name("^[0-9,]+ new$") }).ClickAsync();
            await Expect(scene.Row("GET /live")).Not.ToHaveCountAsync(0);
            await Expect(scene.List).ToHaveJSPropertyAsync("scrollTop", 0);
        },
        before: FillAsync);

    private static async Task FillAsync(InspectorScene scene)
    {
        await PageScene.VisitAsync(scene.Visitor, "/first");
        await Parallel.ForEachAsync(Enumerable.Range(1, Many - 1), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (n, _) =>
        {
            using HttpResponseMessage response = await scene.Visitor.GetAsync(string.Create(CultureInfo.InvariantCulture, $"/n/{n}"), CancellationToken.None);
        });
        await scene.DoneAsync(Many);
    }

    /// <summary>Requests at an even pace.</summary>
    private static async Task StreamAsync(HttpClient visitor, int seconds)
    {
        const int Batch = 10;
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds((double)Batch / PerSecond));
        for (int sent = 0; sent < PerSecond * seconds; sent += Batch)
        {
            await pace.WaitForNextTickAsync();
            await Task.WhenAll(Enumerable.Range(0, Batch).Select(_ => PageScene.VisitAsync(visitor, "/live")));
        }
    }
}
