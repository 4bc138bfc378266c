using Microsoft.Playwright;

namespace Ggrok.Screenshots;

/// <summary>Looks at the page and keeps what it sees.</summary>
internal sealed class Pictures : IAsyncDisposable
{
    internal static readonly string[] Arguments = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--font-render-hinting=none"];

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;
    private readonly Uri _inspector;
    private readonly string _folder;

    private Pictures(IPlaywright playwright, IBrowser browser, Uri inspector, string folder)
    {
        _playwright = playwright;
        _browser = browser;
        _inspector = inspector;
        _folder = folder;
    }

    public static async Task<Pictures> StartAsync(Uri inspector, string folder)
    {
        IPlaywright playwright = await Playwright.CreateAsync();
        IBrowser browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = "/usr/bin/chromium", Args = Arguments, Env = await FontsAsync() });
        return new Pictures(playwright, browser, inspector, folder);
    }

    public async Task TakeAsync(string name, Look look)
    {
        await using IBrowserContext context = await _browser.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = look.Width, Height = look.Height },
            DeviceScaleFactor = 1.25f,
            IsMobile = look.Width < 640,
            ColorScheme = look.Dark ? ColorScheme.Dark : ColorScheme.Light,
            ReducedMotion = ReducedMotion.Reduce,
            TimezoneId = "Europe/Berlin",
        });
        IPage page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(_inspector, look.Hash).AbsoluteUri);
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
        string file = Path.Combine(_folder, name + ".png");
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = file, Animations = ScreenshotAnimations.Disabled });
        Console.WriteLine($"{name}.png, {new FileInfo(file).Length / 1000} kB");
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }

    /// <summary>Inter and JetBrains Mono, where they are installed, in place of whatever a machine without a desktop has.</summary>
    internal static async Task<Dictionary<string, string>> FontsAsync()
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
}

/// <summary>Where to look, on which screen.</summary>
internal sealed record Look
{
    public required string Hash { get; init; }

    public bool Dark { get; init; }

    public int Width { get; init; } = 1280;

    public int Height { get; init; } = 800;

    public bool OpensHeld { get; init; }
}
