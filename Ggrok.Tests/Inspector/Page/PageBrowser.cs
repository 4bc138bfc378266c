using Ggrok.Client.Connection;
using Ggrok.Client.Inspector;
using Ggrok.Tests.Peers;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;

namespace Ggrok.Tests.Inspector.Page;

/// <summary>One Chromium for all tests of the page, which run one after the other; each gets a context of its own.</summary>
public sealed class PageBrowser : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async Task InitializeAsync()
    {
        if (!NodeProcess.IsAvailable)
        {
            return;
        }

        _playwright = await Playwright.CreateAsync();
        _browser = await Browser.LaunchAsync(_playwright);
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    /// <summary>Opens the page beside a tunnel to a local service, runs the test, and fails on whatever the page complained of.</summary>
    internal async Task InspectAsync(RequestDelegate app, Func<PageScene, Task> test, Action<BrowserNewContextOptions>? context = null, Func<InspectOptions, InspectOptions>? inspect = null, Func<InspectorScene, Task>? before = null, Func<LocalTunnel, LocalTunnel>? tunnel = null)
    {
        await using InspectorScene scene = await InspectorScene.StartAsync(app, inspect, tunnel);
        if (before is not null)
        {
            await before(scene);
        }

        await VisitAsync(scene.Address, (page, watch) => test(new PageScene(scene, page, watch)), context);
    }

    /// <summary>Opens a page, runs the test, and fails on whatever the page complained of.</summary>
    internal async Task VisitAsync(Uri home, Func<IPage, PageWatch, Task> test, Action<BrowserNewContextOptions>? context = null)
    {
        var options = new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1280, Height = 800 }, ColorScheme = ColorScheme.Light };
        context?.Invoke(options);
        await using IBrowserContext visit = await _browser!.NewContextAsync(options);
        visit.SetDefaultTimeout(20_000);
        var watch = new PageWatch(visit, home);
        await watch.InstallAsync();
        IPage page = await visit.NewPageAsync();
        await page.GotoAsync(home.AbsoluteUri);
        await test(page, watch);
        watch.Troubles.ShouldBeEmpty();
    }
}

[CollectionDefinition(Name)]
public sealed class PageTests : ICollectionFixture<PageBrowser>
{
    public const string Name = "Pages in Chromium";
}
