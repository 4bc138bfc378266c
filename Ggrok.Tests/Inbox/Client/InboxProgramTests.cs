using System.Globalization;
using System.Net;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inbox.Client;

/// <summary>Server, tunnel and commands as programs of their own.</summary>
public sealed class InboxProgramTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-inbox-programs").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Webhooks_of_the_time_away_are_pulled_and_pushed()
    {
        var server = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePorts.One()}"));
        var seen = new List<string>();
        await using LocalApp app = await LocalApp.StartAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            seen.Add($"{context.Request.Path} {await reader.ReadToEndAsync()}");
        });
        await using RunningProgram relay = Start("Ggrok.Server.dll", "", ("URLS", server.AbsoluteUri), ("GGROK_INBOX_DIR", Path.Combine(_folder, "store")));
        await relay.LineAsync("Application started");
        await using (RunningProgram tunnel = Client("9 --inbox --inspect off --log text"))
        {
            await tunnel.LineAsync("Forwarding");
            await tunnel.TerminateAsync();
            (await tunnel.ExitAsync()).ShouldBe(0, tunnel.Output);
        }

        using var sender = new HttpClient { BaseAddress = server };
        foreach (string body in (string[])["one", "two"])
        {
            using HttpResponseMessage stored = await sender.PostAsync("/hooks", new StringContent(body));
            stored.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        }

        await RunAsync("inbox pull --dir files --drop", 0);
        string output = await RunAsync($"inbox push files --to {app.Url.AbsoluteUri}", 0);
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(2);
        seen.ShouldBe(["/hooks one", "/hooks two"]);
        (await RunAsync("inbox list", 0)).ShouldBe("ggrok: Nothing is stored.\n");
        (await RunAsync("inbox close 127.0.0.1", 0)).ShouldContain("its name is free");

        async Task<string> RunAsync(string arguments, int expected)
        {
            await using RunningProgram program = Client(arguments);
            (await program.ExitAsync()).ShouldBe(expected, program.Output);
            return program.Output;
        }

        RunningProgram Client(string arguments) => Start("ggrok.dll", arguments, ("GGROK_SERVER", server.AbsoluteUri), ("GGROK_CONFIG", Path.Combine(_folder, "ggrok.yml")));
    }

    private RunningProgram Start(string program, string arguments, params (string Name, string Value)[] environment) =>
        RunningProgram.Start("dotnet", $"\"{Path.Combine(AppContext.BaseDirectory, program)}\" {arguments}", _folder, environment);
}
