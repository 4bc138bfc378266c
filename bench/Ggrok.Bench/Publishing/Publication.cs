using System.Runtime.InteropServices;
using Ggrok.Bench.Programs;

namespace Ggrok.Bench.Publishing;

/// <summary>Release builds of server and client, made in a folder of the bench so that the working tree stays as it is.</summary>
/// <param name="Server">Path of <c>Ggrok.Server.dll</c>.</param>
/// <param name="Client">Path of the <c>ggrok</c> executable.</param>
/// <param name="ReadyToRun">Whether the client is compiled ahead of time, which decides its start time.</param>
internal sealed record Publication(string Server, string Client, bool ReadyToRun)
{
    /// <exception cref="InvalidOperationException">A build failed; the message has its output.</exception>
    public static async Task<Publication> CreateAsync(string root, string folder, CancellationToken stop)
    {
        string server = Path.Combine(folder, "published", "server");
        string client = Path.Combine(folder, "published", "client");
        await Command.RunAsync("dotnet", Arguments(root, folder, "Ggrok.Server", server), stop).ConfigureAwait(false);
        bool ahead = await PublishClientAsync(root, folder, client, stop).ConfigureAwait(false);
        return new Publication(Path.Combine(server, "Ggrok.Server.dll"), Path.Combine(client, "ggrok"), ahead);
    }

    // The compiler of ReadyToRun is a package of its own, which not every package source has.
    private static async Task<bool> PublishClientAsync(string root, string folder, string output, CancellationToken stop)
    {
        string[] plain = Arguments(root, folder, "Ggrok.Client", output);
        string system = "linux-" + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
        CommandResult ahead = await Command.TryAsync(
            "dotnet", [.. plain, "-r", system, "--self-contained", "false", "-p:PublishReadyToRun=true"], stop).ConfigureAwait(false);
        if (ahead.ExitCode == 0)
        {
            return true;
        }

        await Command.RunAsync("dotnet", plain, stop).ConfigureAwait(false);
        return false;
    }

    private static string[] Arguments(string root, string folder, string project, string output) =>
    [
        "publish", Path.Combine(root, project), "-c", "Release", "-o", output, "--artifacts-path", Path.Combine(folder, "artifacts"),
        "--nologo", "-v", "q", "-nodeReuse:false", "-p:UseSharedCompilation=false",
    ];
}
