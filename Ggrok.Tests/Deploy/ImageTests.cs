using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Deploy;

/// <summary>The steps of both Dockerfiles, without Docker: only the files that it copies, the commands that it runs.</summary>
public sealed class ImageTests : IDisposable
{
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(5);

    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-image").FullName;

    [UnixFact]
    public async Task What_the_image_holds_starts_under_a_given_port_is_healthy_and_ends_well_on_sigterm()
    {
        string app = Path.Combine(_folder, "app");
        await BuildAsync("Dockerfile", app);

        // The base image names a port of its own.
        (string Name, string Value)[] environment = [("ASPNETCORE_HTTP_PORTS", "8080"), .. DeployFiles.EnvironmentOf("Dockerfile").Select(e => (e.Key, e.Value)), ("GGROK_TOKENS", "secret")];

        await using RunningProgram server = RunningProgram.Start("dotnet", "Ggrok.Server.dll", app, [.. environment, ("PORT", "0")]);
        string port = (await server.LineAsync("Now listening on")).Split(':')[^1].Trim();
        (await HealthAsync(port)).ShouldBe(0);
        server.Output.ShouldNotContain("warn:", Case.Sensitive, server.Output);

        await server.TerminateAsync();
        (await server.ExitAsync()).ShouldBe(0, server.Output);
        (await HealthAsync(port)).ShouldBe(1);

        async Task<int> HealthAsync(string at)
        {
            await using RunningProgram health = RunningProgram.Start("dotnet", "Ggrok.Server.dll --health", app, [.. environment, ("PORT", at)]);
            return await health.ExitAsync();
        }
    }

    [UnixFact]
    public async Task What_the_clients_image_holds_serves_keeps_its_identity_in_the_volume_and_ends_well_on_sigterm()
    {
        string app = Path.Combine(_folder, "app");
        string volume = Directory.CreateDirectory(Path.Combine(_folder, "state")).FullName;
        await BuildAsync("Ggrok.Client/Dockerfile", app);
        await using LocalApp local = await LocalApp.StartAsync(context => context.Response.WriteAsync("from the service"));
        await using RunningServer server = await RunningServer.StartAsync();
        (string Name, string Value)[] environment =
        [
            ("ASPNETCORE_HTTP_PORTS", "8080"), ("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "true"),
            .. DeployFiles.EnvironmentOf("Ggrok.Client/Dockerfile").Select(e => (e.Key, e.Value.Replace("/state", volume, StringComparison.Ordinal))),
        ];

        await using RunningProgram client = RunningProgram.Start("dotnet", $"ggrok.dll {local.Url} --server {server.Url} --log text", app, environment);
        await client.LineAsync("Forwarding");
        using var http = new HttpClient { BaseAddress = server.Url };
        (await http.GetStringAsync(new Uri("/", UriKind.Relative))).ShouldBe("from the service");
        Directory.GetFiles(volume).ShouldNotBeEmpty();
        client.Output.ShouldNotContain("warn", Case.Insensitive, client.Output);

        await client.TerminateAsync();
        (await client.ExitAsync()).ShouldBe(0, client.Output);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task BuildAsync(string file, string app)
    {
        string source = Path.Combine(_folder, "src");
        foreach (string line in Repository.Read(file).Split("\nFROM ")[1].Split('\n'))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is ["COPY", .. string[] from, string to])
            {
                Array.ForEach(from, f => Copy(Path.Combine(Repository.Root, f), Path.Combine(source, to), to.EndsWith('/')));
            }
            else if (words is ["RUN", "dotnet", .. string[] arguments])
            {
                string command = string.Join(' ', arguments).Replace(" /app", $" \"{app}\"", StringComparison.Ordinal) + " -nodeReuse:false";
                await using RunningProgram build = RunningProgram.Start("dotnet", command, source);
                (await build.ExitAsync(BuildLimit)).ShouldBe(0, build.Output);
            }
        }
    }

    // A file into a folder, or a folder's content as that folder, without what .dockerignore leaves out.
    private static void Copy(string from, string to, bool into)
    {
        if (File.Exists(from))
        {
            Directory.CreateDirectory(into ? to : Path.GetDirectoryName(to)!);
            File.Copy(from, into ? Path.Combine(to, Path.GetFileName(from)) : to, overwrite: true);
            return;
        }

        foreach (string file in Directory.GetFiles(from))
        {
            Copy(file, to + Path.DirectorySeparatorChar, into: true);
        }

        foreach (string folder in Directory.GetDirectories(from).Where(f => Path.GetFileName(f) is not ("bin" or "obj")))
        {
            Copy(folder, Path.Combine(to, Path.GetFileName(folder)), into: false);
        }
    }
}

/// <summary>A test that needs SIGTERM.</summary>
internal sealed class UnixFactAttribute : FactAttribute
{
    public UnixFactAttribute()
    {
        if (OperatingSystem.IsWindows())
        {
            Skip = "Windows has no SIGTERM.";
        }
    }
}
