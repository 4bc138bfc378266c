using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.View;

/// <summary>The whole program as people run it: in a terminal.</summary>
public sealed class PseudoTerminalTests : IAsyncLifetime
{
    private const string FirstScreen = "\u001b[?1049l";
    private const string Cursor = "\u001b[?25h";
    private const string ControlC = "\u0003";

    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-test").FullName;
    private LocalApp _app = null!;
    private RunningServer _server = null!;

    public async Task InitializeAsync()
    {
        _app = await LocalApp.StartAsync(async context =>
        {
            if (context.Request.Path == "/never")
            {
                await context.Response.WriteAsync("begun");
                await context.Response.Body.FlushAsync();
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        });
        _server = await RunningServer.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_view_shows_URL_and_requests_and_Ctrl_C_gives_the_terminal_back()
    {
        await using PseudoTerminal terminal = Start("");
        await terminal.SeesAsync("Nothing has come in yet.");
        await terminal.SeesAsync($"{_server.Url.GetLeftPart(UriPartial.Authority)} → {_app.Url.GetLeftPart(UriPartial.Authority)}");
        await VisitAsync("/hello?from=visitor");
        await terminal.SeesAsync("GET     /hello?from=visitor");

        await terminal.TypeAsync(ControlC);

        string all = await terminal.EndAsync();
        string after = all[(all.LastIndexOf(FirstScreen, StringComparison.Ordinal) + FirstScreen.Length)..];
        after.ShouldContain("1 request, 0 errors.");
        after.Contains("code=0.", StringComparison.Ordinal).ShouldBeTrue(all);
        all.LastIndexOf(Cursor, StringComparison.Ordinal).ShouldBeGreaterThan(all.LastIndexOf("\u001b[?25l", StringComparison.Ordinal));
        ShouldBeAsBefore(after);
    }

    [Fact]
    public async Task Q_ends_it_as_well()
    {
        await using PseudoTerminal terminal = Start("");
        await terminal.SeesAsync("q or Ctrl-C stops");

        await terminal.TypeAsync("q");

        string all = await terminal.EndAsync();
        all.Contains("code=0.", StringComparison.Ordinal).ShouldBeTrue(all);
        ShouldBeAsBefore(all);
    }

    [Fact]
    public async Task The_second_Ctrl_C_ends_at_once_and_gives_the_terminal_back_all_the_same()
    {
        await using PseudoTerminal terminal = Start("");
        await terminal.SeesAsync("Nothing has come in yet.");
        using var visitor = new HttpClient();
        using HttpResponseMessage open = await visitor.GetAsync(new Uri(_server.Url, "/never"), HttpCompletionOption.ResponseHeadersRead);
        await terminal.TypeAsync(ControlC);
        await terminal.SeesAsync("stopping: 1 running may finish");

        await terminal.TypeAsync(ControlC);

        string all = await terminal.EndAsync();
        all.LastIndexOf(FirstScreen, StringComparison.Ordinal).ShouldBeGreaterThan(all.LastIndexOf("\u001b[?1049h", StringComparison.Ordinal));
        all.LastIndexOf(Cursor, StringComparison.Ordinal).ShouldBeGreaterThan(all.LastIndexOf("\u001b[?25l", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--log text", "xterm")]
    [InlineData("--quiet", "xterm")]
    [InlineData("", "dumb")]
    [InlineData("--log json", "xterm")]
    public async Task Lines_are_lines(string options, string kind)
    {
        await using PseudoTerminal terminal = Start(options, ("TERM", kind));
        await terminal.SeesAsync(options == "--log json" ? "\"event\":\"ready\"" : "Forwarding");
        await VisitAsync("/hello");
        if (options != "--quiet")
        {
            await terminal.SeesAsync("/hello");
        }

        await terminal.TypeAsync(ControlC);

        string all = await terminal.EndAsync();
        all.ShouldNotContain("\u001b[?1049h");
        all.Contains("code=0.", StringComparison.Ordinal).ShouldBeTrue(all);
        all.Contains("/hello", StringComparison.Ordinal).ShouldBe(options != "--quiet");
    }

    [Fact]
    public async Task Nothing_of_the_view_is_loaded_for_lines()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        await using var program = RunningProgram.Start(
            "sh", $"-c \"echo pid=$$.; exec {Command("")}\"", _folder, [("GGROK_CONFIG", Path.Combine(_folder, "ggrok.yml"))]);
        string pid = await program.LineAsync("pid=");
        await program.LineAsync("Forwarding");
        await VisitAsync("/hello");
        await program.LineAsync("/hello");

        string maps = await File.ReadAllTextAsync($"/proc/{pid.Trim()[4..^1]}/maps");

        maps.ShouldContain("ggrok.dll");
        maps.ShouldNotContain("Spectre");
        await program.TerminateAsync();
        (await program.ExitAsync()).ShouldBe(0, program.Output);
    }

    private PseudoTerminal Start(string options, params IEnumerable<(string Name, string Value)> environment) =>
        PseudoTerminal.Start(Command(options), 100, 30, [("GGROK_CONFIG", Path.Combine(_folder, "ggrok.yml")), ("NO_COLOR", "1"), ("LC_ALL", "C.UTF-8"), .. environment]);

    private string Command(string options) =>
        $"dotnet {Path.Combine(AppContext.BaseDirectory, "ggrok.dll")} --server {_server.Url.AbsoluteUri} --target {_app.Url.GetLeftPart(UriPartial.Authority)} --inspect 0 {options}";

    private async Task VisitAsync(string path)
    {
        using var visitor = new HttpClient();
        (await visitor.GetAsync(new Uri(_server.Url, path))).EnsureSuccessStatusCode();
    }

    // What stty says behind the program: keys are shown and lines are lines again.
    private static void ShouldBeAsBefore(string all)
    {
        string modes = all[all.LastIndexOf("code=", StringComparison.Ordinal)..];
        foreach (string mode in (string[])["isig", "icanon", "echo"])
        {
            modes.ShouldMatch($@"(?<!-)\b{mode}\b");
        }
    }
}
