using System.Globalization;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Peers;

/// <summary>The scripts of <c>Peers/scripts</c>, run by Node.js.</summary>
internal static class NodeProcess
{
    private const string PortLine = "PORT ";

    public static string Folder { get; } = Repository.PathOf("Ggrok.Tests", "Peers");

    public static bool IsAvailable => Directory.Exists(Path.Combine(Folder, "node_modules"));

    /// <summary>Starts a local service and waits until it listens.</summary>
    public static Task<(RunningProgram Process, Uri Url)> ServeAsync(params string[] arguments) => ServeScriptAsync("server.mjs", arguments);

    /// <summary>Starts a script that serves, and waits until it listens.</summary>
    public static async Task<(RunningProgram Process, Uri Url)> ServeScriptAsync(string script, params string[] arguments)
    {
        RunningProgram process = Start(script, arguments);
        int port = int.Parse((await process.LineAsync(PortLine)).AsSpan(PortLine.Length), CultureInfo.InvariantCulture);
        return (process, new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")));
    }

    /// <summary>Runs a visitor to its end; fails with its output unless it exits with 0.</summary>
    public static async Task VisitAsync(string kind, Uri url)
    {
        await using RunningProgram process = Start("client.mjs", kind, url.AbsoluteUri.TrimEnd('/'));
        (await process.ExitAsync(TimeSpan.FromSeconds(90))).ShouldBe(0, process.Output);
    }

    /// <summary>Starts a script.</summary>
    public static RunningProgram Start(string script, params string[] arguments) =>
        RunningProgram.Start("node", $"scripts/{script} {string.Join(' ', arguments.Select(a => $"\"{a}\""))}", Folder);
}

/// <summary>A test with outside programs; skipped, and counted as such, where they are not installed.</summary>
internal sealed class PeerFactAttribute : FactAttribute
{
    public PeerFactAttribute()
    {
        if (!NodeProcess.IsAvailable)
        {
            Skip = "Run npm ci in Ggrok.Tests/Peers for the tests with outside clients.";
        }
    }
}
