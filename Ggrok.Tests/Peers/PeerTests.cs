using Ggrok.Tests.Testing;
using Microsoft.Playwright;

namespace Ggrok.Tests.Peers;

/// <summary>Clients and servers that others wrote, with the tunnel between them.</summary>
public class PeerTests
{
    [PeerFact]
    public Task The_ws_package_echoes_every_kind_of_message() => BetweenAsync("ws", "ws");

    [PeerFact]
    public Task Undici_pipelines_streams_and_reads_trailers() => BetweenAsync("http", "undici");

    [PeerFact]
    public Task Eventsource_reconnects_with_its_last_event_id() => BetweenAsync("http", "eventsource");

    [PeerFact]
    public Task Socket_io_polls_and_upgrades() => BetweenAsync("socketio", "socketio");

    [PeerFact]
    public async Task Vite_reloads_a_page_in_a_browser_when_a_file_changes()
    {
        string folder = Directory.CreateTempSubdirectory("ggrok-vite").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "index.html"), "<!doctype html><h1></h1><script type=module src=/main.js></script>");
        await File.WriteAllTextAsync(Path.Combine(folder, "main.js"), "import { text } from './text.js'; document.querySelector('h1').textContent = text; window.alive ??= Math.random();" +
            "import.meta.hot.accept('./text.js', (m) => { document.querySelector('h1').textContent = m.text; });");
        await File.WriteAllTextAsync(Path.Combine(folder, "text.js"), "export const text = 'before';");
        (RunningProgram vite, Uri local) = await NodeProcess.ServeAsync("vite", folder);
        await using RunningProgram running = vite;
        await using RunningServer server = await RunningServer.StartAsync();
        await using var client = new RunningClient(RunningClient.Options(server.Url, local));
        Uri url = (await client.Events.NextReadyAsync())[0].Url;
        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await Browser.LaunchAsync(playwright);
        IPage page = await browser.NewPageAsync();
        var connected = new TaskCompletionSource();
        page.Console += (_, message) =>
        {
            if (message.Text.Contains("[vite] connected", StringComparison.Ordinal))
            {
                connected.TrySetResult();
            }
        };

        await page.GotoAsync(url.AbsoluteUri);
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("before");
        await Within.Bound(connected.Task, "the hot-reload socket");
        double alive = await page.EvaluateAsync<double>("window.alive");
        await File.WriteAllTextAsync(Path.Combine(folder, "text.js"), "export const text = 'after';");

        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("after");
        (await page.EvaluateAsync<double>("window.alive")).ShouldBe(alive, "the page was replaced in place, not reloaded");
        await running.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task BetweenAsync(string server, string client)
    {
        (RunningProgram local, Uri url) = await NodeProcess.ServeAsync(server);
        await using RunningProgram running = local;
        await using RunningServer relay = await RunningServer.StartAsync();
        await using var tunnel = new RunningClient(RunningClient.Options(relay.Url, url));
        await NodeProcess.VisitAsync(client, (await tunnel.Events.NextReadyAsync())[0].Url);
    }
}

/// <summary>The machine's Chromium.</summary>
internal static class Browser
{
    public static Task<IBrowser> LaunchAsync(IPlaywright playwright)
    {
        // Of the whole process, and 5 s without it: whichever test is the first to launch one sets it.
        Assertions.SetDefaultExpectTimeout((float)Within.Limit.TotalMilliseconds);
        return playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }
}
