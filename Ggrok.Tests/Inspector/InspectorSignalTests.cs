using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inspector;

/// <summary>Signals belong to the program: the inspector's web server does not handle any.</summary>
public class InspectorSignalTests
{
    [Fact]
    public async Task A_signal_that_the_client_does_not_handle_ends_it_with_the_inspector_too()
    {
        await using LocalApp app = await LocalApp.StartAsync(context => context.Response.WriteAsync("hello"));
        await using RunningServer server = await RunningServer.StartAsync();
        string folder = Directory.CreateTempSubdirectory("ggrok-test").FullName;
        string command = $"dotnet {Path.Combine(AppContext.BaseDirectory, "ggrok.dll")} --server {server.Url.AbsoluteUri} --target {app.Url.GetLeftPart(UriPartial.Authority)} --inspect 0";
        try
        {
            await using var program = RunningProgram.Start(
                "sh", $"-c \"ulimit -c 0; echo pid=$$.; exec {command}\"", folder, [("GGROK_CONFIG", Path.Combine(folder, "ggrok.yml"))]);
            string pid = (await program.LineAsync("pid=")).Trim()[4..^1];
            string inspector = (await program.LineAsync("Inspector")).Split(' ')[^1].Trim();
            using var http = new HttpClient { BaseAddress = new Uri(inspector) };
            (await http.GetAsync("/api/status")).EnsureSuccessStatusCode();

            await using var kill = RunningProgram.Start("kill", $"-QUIT {pid}");
            await kill.ExitAsync();

            (await program.ExitAsync()).ShouldNotBe(0);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
