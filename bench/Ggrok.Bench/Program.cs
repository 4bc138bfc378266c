using System.Globalization;
using System.Text.Json;
using Ggrok.Bench;
using Ggrok.Bench.Measuring;
using Ggrok.Bench.Peers;
using Ggrok.Bench.Scenarios;

// dotnet run -c Release --project bench/Ggrok.Bench [-- --runs 5 --seconds 5 --json FILE | --quick]
if (!OperatingSystem.IsLinux() || !Shell.Has("wrk") || !Shell.Has("nginx") || !Shell.Has("curl"))
{
    Console.Error.WriteLine("The bench runs on Linux with wrk, nginx and curl: apt-get install wrk nginx-light curl");
    return 2;
}

int runs = Number("--runs", args.Contains("--quick") ? 1 : 5);
int seconds = Number("--seconds", args.Contains("--quick") ? 2 : 5);
string folder = Directory.CreateTempSubdirectory("ggrok-bench").FullName;
try
{
    Console.Error.WriteLine("Publishing Release…");
    string root = FindRoot();
    Shell.Run("dotnet", "publish", Path.Combine(root, "Ggrok.Server"), "-c", "Release", "-o", Path.Combine(folder, "published", "server"), "-v", "q");
    Shell.Run("dotnet", "publish", Path.Combine(root, "Ggrok.Client"), "-c", "Release", "-o", Path.Combine(folder, "published", "client"), "-v", "q");
    using LocalApp app = await LocalApp.StartAsync(folder);
    using var ggrok = new GgrokTunnel(Path.Combine(folder, "published"));
    IPeer[] all = [new Direct(), new NginxDoubleHop(), ggrok, new SshReverse()];
    var started = new List<(IPeer Peer, string Url, Result Result)>();
    try
    {
        foreach (IPeer peer in all)
        {
            if (peer.Missing is { } missing)
            {
                Console.Error.WriteLine($"{peer.Name}: left out, {missing} is not installed");
                continue;
            }

            started.Add((peer, await peer.StartAsync(app.Port, folder), new Result(peer.Name)));
        }

        for (int run = 1; run <= runs; run++)
        {
            foreach ((IPeer peer, string url, Result result) in started)
            {
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"run {run}/{runs}: {peer.Name}"));
                Runs.Once(peer, url, app, result, seconds);
            }
        }
    }
    finally
    {
        foreach (IPeer peer in all)
        {
            peer.Dispose();
        }
    }

    Result[] results = [.. started.Select(s => s.Result)];
    Console.WriteLine(Table.Render(results, runs, ggrok.StartTime));
    int json = Array.IndexOf(args, "--json");
    if (json >= 0 && json + 1 < args.Length)
    {
        await File.WriteAllTextAsync(args[json + 1], JsonSerializer.Serialize(results, new JsonSerializerOptions { WriteIndented = true }));
    }

    return 0;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

int Number(string name, int fallback)
{
    int at = Array.IndexOf(args, name);
    return at >= 0 && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : fallback;
}

static string FindRoot()
{
    string? folder = AppContext.BaseDirectory;
    while (folder is not null && !File.Exists(Path.Combine(folder, "Ggrok.sln")))
    {
        folder = Path.GetDirectoryName(folder);
    }

    return folder ?? throw new InvalidOperationException("Run the bench from the repository.");
}
