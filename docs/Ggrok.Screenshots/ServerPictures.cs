using Microsoft.Playwright;

namespace Ggrok.Screenshots;

/// <summary>Looks at the server's own page, signed in, and keeps what it sees.</summary>
internal sealed class ServerPictures(IPlaywright playwright, IBrowser browser, Uri home, string folder) : IAsyncDisposable
{
    public static async Task<ServerPictures> StartAsync(Uri home, string folder)
    {
        IPlaywright playwright = await Playwright.CreateAsync();
        IBrowser browser = await playwright.Chromium.LaunchAsync(
            new BrowserTypeLaunchOptions { ExecutablePath = "/usr/bin/chromium", Args = Pictures.Arguments, Env = await Pictures.FontsAsync() });
        return new ServerPictures(playwright, browser, home, folder);
    }

    public async Task TakeAsync(string name, string view, Look look)
    {
        await using IBrowserContext context = await browser.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = look.Width, Height = look.Height },
            DeviceScaleFactor = 1.25f,
            IsMobile = look.Width < 640,
            ColorScheme = look.Dark ? ColorScheme.Dark : ColorScheme.Light,
            ReducedMotion = ReducedMotion.Reduce,
            TimezoneId = "Europe/Berlin",
        });
        IPage page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(home, look.Hash).AbsoluteUri);
        await page.GetByLabel("Admin token").FillAsync(Scene.AdminToken);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = view })).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("td, .entry, .stroke").Nth(view == "Live" ? 14 : 0)).ToBeAttachedAsync(new() { Timeout = 30_000 });
        await page.EvaluateAsync("document.fonts.ready.then(() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null)))).then(() => null)");
        string file = Path.Combine(folder, name + ".png");
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = file, Animations = ScreenshotAnimations.Disabled });
        Console.WriteLine($"{name}.png, {new FileInfo(file).Length / 1000} kB");
    }

    public async ValueTask DisposeAsync()
    {
        await browser.DisposeAsync();
        playwright.Dispose();
    }
}
