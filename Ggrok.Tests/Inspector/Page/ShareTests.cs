using System.Text.Json;
using Ggrok.Tests.Peers;
using Ggrok.Tests.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ggrok.Tests.Inspector.Page;

/// <summary>What leaves the page and enters it: code on the clipboard, HAR files.</summary>
[Collection(PageTests.Name)]
public sealed class ShareTests(PageBrowser browser)
{
    [PeerFact]
    public Task A_copied_command_runs() => browser.InspectAsync(
        PageApp.AnswerAsync,
        async scene =>
        {
            await scene.PostAsync("/greeting?language=en&quote='", "{\"name\":\"it's \\\"Ada\\\" $HOME `id`\"}", "application/json");
            await scene.OpenAsync("POST /greeting");

            await scene.PressAsync("c");
            await Expect(scene.Toast).ToHaveTextAsync("cURL copied.");
            string command = await scene.Page.EvaluateAsync<string>("navigator.clipboard.readText()");
            command.ShouldStartWith("curl ");
            await RunAsync(command);

            await Expect(scene.Rows).ToHaveCountAsync(2);
            JsonElement first = await scene.GetRequestAsync(1);
            JsonElement second = await scene.GetRequestAsync(2);
            foreach (string part in new[] { "method", "target" })
            {
                second.GetProperty(part).GetString().ShouldBe(first.GetProperty(part).GetString());
            }

            second.GetProperty("body").GetProperty("text").GetString().ShouldBe(first.GetProperty("body").GetProperty("text").GetString());
        },
        context => context.Permissions = ["clipboard-read", "clipboard-write"]);

    [PeerFact]
    public Task Secrets_are_shown_only_when_they_are_asked_for() => browser.InspectAsync(PageApp.AnswerAsync, async scene =>
    {
        await scene.PostAsync("/echo", "x=1", "application/x-www-form-urlencoded", ("Authorization", "Bearer secret-token"));
        await scene.OpenAsync("POST /echo");
        await PageScene.Button(scene.Details, "More").ClickAsync();
        await scene.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Share…" }).ClickAsync();
        ILocator code = scene.Dialog.GetByLabel("Code", new() { Exact = true });

        await Expect(code).ToContainTextAsync("curl");
        await Expect(code).Not.ToContainTextAsync("secret-token");
        await PageScene.Button(scene.Dialog, "fetch").ClickAsync();
        await Expect(code).ToContainTextAsync("fetch(");
        await scene.Dialog.GetByRole(AriaRole.Switch, new() { Name = "Include secrets" }).CheckAsync();
        await Expect(code).ToContainTextAsync("secret-token");
        await Expect(scene.Dialog.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
    });

    [PeerFact]
    public Task A_HAR_file_is_downloaded_and_comes_back() => browser.InspectAsync(PageApp.AnswerAsync, async scene =>
    {
        await scene.VisitAsync("/users", "/picture", "/status/404");
        await Expect(scene.Rows).ToHaveCountAsync(3);

        await scene.Button("Export and import").ClickAsync();
        await scene.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Export all as HAR…" }).ClickAsync();
        IDownload download = await scene.Page.RunAndWaitForDownloadAsync(() => PageScene.Button(scene.Dialog, "Download HAR").ClickAsync());
        await scene.PressAsync("Escape");
        string file = Path.Combine(Path.GetTempPath(), $"ggrok-{Guid.NewGuid():N}.har");
        await download.SaveAsAsync(file);
        using (JsonDocument har = JsonDocument.Parse(await File.ReadAllTextAsync(file)))
        {
            har.RootElement.GetProperty("log").GetProperty("version").GetString().ShouldBe("1.2");
            har.RootElement.GetProperty("log").GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("response").GetProperty("status").GetInt32()).ShouldBe([200, 200, 404], ignoreOrder: true);
        }

        await scene.Button("Clear the list").ClickAsync();
        await Expect(scene.Rows).ToHaveCountAsync(0);
        await scene.Button("Export and import").ClickAsync();
        IFileChooser chooser = await scene.Page.RunAndWaitForFileChooserAsync(() => scene.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Import a HAR file…" }).ClickAsync());
        await chooser.SetFilesAsync(file);
        await Expect(scene.Toast).ToContainTextAsync("3 exchanges imported from");
        await Expect(scene.Rows).ToHaveCountAsync(3);
        await Expect(scene.Row("GET /status/404, 404")).ToContainTextAsync("imported");
        await scene.OpenAsync("GET /users", "Response");
        await Expect(scene.Body("Response body").GetByRole(AriaRole.Treeitem)).ToHaveCountAsync(18);
        File.Delete(file);
    });

    private static async Task RunAsync(string command)
    {
        string script = Path.GetTempFileName();
        await File.WriteAllTextAsync(script, command);
        await using RunningProgram shell = RunningProgram.Start("bash", $"\"{script}\"", Path.GetTempPath());
        (await shell.ExitAsync(Within.Limit)).ShouldBe(0, shell.Output);
        File.Delete(script);
    }
}
