using System.Globalization;
using Microsoft.Playwright;

namespace Ggrok.Screenshots;

/// <summary>Looks at the page and keeps what it sees.</summary>
internal static class Pictures
{
    private static readonly string[] Arguments = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--font-render-hinting=none"];

    public static async Task TakeAsync(Scene scene, Traffic traffic, string folder)
    {
        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = "/usr/bin/chromium", Args = Arguments, Env = await FontsAsync() });
        await TakeAsync(browser, scene, folder, "inspector-charts", new Look { Hash = "#/charts" });
        string details = string.Create(CultureInfo.InvariantCulture, $"#/exchanges/{traffic.Webhook}");
        string response = string.Create(CultureInfo.InvariantCulture, $"#/exchanges/{traffic.Order}/response");
        await TakeAsync(browser, scene, folder, "inspector-light", new Look { Hash = details });
        await TakeAsync(browser, scene, folder, "inspector-dark", new Look { Hash = details, Dark = true });
        await TakeAsync(browser, scene, folder, "inspector-details", new Look { Hash = response });
        await TakeAsync(browser, scene, folder, "inspector-phone", new Look { Hash = "#/", Width = 390, Height = 760 });
        await traffic.HoldOneAsync();
        await TakeAsync(browser, scene, folder, "inspector-held", new Look { Hash = "#/", OpensHeld = true });
    }

    private static async Task TakeAsync(IBrowser browser, Scene scene, string folder, string name, Look look)
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
        await page.GotoAsync(new Uri(scene.Inspector, look.Hash).AbsoluteUri);
        await Assertions.Expect(page.Locator(".row").First).ToBeAttachedAsync();
        if (look.Hash == "#/charts")
        {
            await page.GetByRole(AriaRole.Button, new() { Name = "1 min", Exact = true }).ClickAsync();
        }
        else if (look.OpensHeld)
        {
            await page.GetByRole(AriaRole.Button, new() { Name = "Look at it" }).ClickAsync();
        }

        await Assertions.Expect(page.GetByText("Loading…")).ToHaveCountAsync(0);
        await page.EvaluateAsync("document.fonts.ready.then(() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null)))).then(() => null)");
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png"), Animations = ScreenshotAnimations.Disabled });
        Console.WriteLine($"{name}.png, {new FileInfo(Path.Combine(folder, name + ".png")).Length / 1000} kB");
    }

    /// <summary>Inter and JetBrains Mono, where they are installed, in place of whatever a machine without a desktop has.</summary>
    private static async Task<Dictionary<string, string>> FontsAsync()
    {
        string file = Path.Combine(AppContext.BaseDirectory, "fonts.conf");
        await File.WriteAllTextAsync(file, """
            <?xml version="1.0"?>
            <!DOCTYPE fontconfig SYSTEM "fonts.dtd">
            <fontconfig>
              <include>/etc/fonts/fonts.conf</include>
              <match target="pattern"><test name="family" qual="any"><string>sans</string></test><edit name="family" mode="prepend" binding="strong"><string>Inter</string></edit></match>
              <match target="pattern"><test name="family" qual="any"><string>sans-serif</string></test><edit name="family" mode="prepend" binding="strong"><string>Inter</string></edit></match>
              <match target="pattern"><test name="family" qual="any"><string>DejaVu Sans</string></test><edit name="family" mode="prepend" binding="strong"><string>Inter</string></edit></match>
              <match target="pattern"><test name="family" qual="any"><string>system-ui</string></test><edit name="family" mode="prepend" binding="strong"><string>Inter</string></edit></match>
              <match target="pattern"><test name="family"><string>ui-monospace</string></test><edit name="family" mode="prepend" binding="strong"><string>JetBrains Mono</string></edit></match>
            </fontconfig>
            """);
        var environment = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string)e.Value!, StringComparer.Ordinal);
        environment["FONTCONFIG_FILE"] = file;
        return environment;
    }

    private sealed record Look
    {
        public required string Hash { get; init; }

        public bool Dark { get; init; }

        public int Width { get; init; } = 1280;

        public int Height { get; init; } = 800;

        public bool OpensHeld { get; init; }
    }
}
