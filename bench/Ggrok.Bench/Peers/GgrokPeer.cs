using System.Globalization;
using Ggrok.Bench.App;
using Ggrok.Bench.Measuring;
using Ggrok.Bench.Programs;

namespace Ggrok.Bench.Peers;

/// <summary>A way through this project's server and clients.</summary>
internal abstract class GgrokPeer(GgrokBuild build) : IPeer
{
    protected const string ReadyLine = "Forwarding";

    private readonly List<ProcessTree> _ends = [];

    public abstract string Id { get; }

    public abstract string Name { get; }

    public IReadOnlyList<ProcessTree> Ends => _ends;

    public string Version => build.Version;

    protected string Folder { get; private set; } = "";

    public async Task<string?> PrepareAsync(string folder, CancellationToken stop)
    {
        await build.PublishAsync(folder, stop).ConfigureAwait(false);
        return null;
    }

    public Task<Entrance> StartAsync(LocalApp app, string folder, CancellationToken stop)
    {
        Folder = Directory.CreateDirectory(Path.Combine(folder, Id)).FullName;
        return StartAsync(app, stop);
    }

    public void Dispose() => _ends.ForEach(e => e.Dispose());

    protected abstract Task<Entrance> StartAsync(LocalApp app, CancellationToken stop);

    /// <summary>Makes a process one of the peer's own, whose processor time and memory count.</summary>
    protected BackgroundProcess Own(string name, BackgroundProcess process)
    {
        _ends.Add(new ProcessTree(name, process));
        return process;
    }

    protected async Task<(ProcessTree Server, Entrance Entrance)> StartServerAsync(CancellationToken stop, params (string Name, string Value)[] more)
    {
        Entrance entrance = Entrance.At(Ports.Free());

        // ASPNETCORE_URLS and not PORT: the bench stays on loopback. The request log is off as nginx's access log is.
        var server = new ProcessTree("server", BackgroundProcess.Start(
            "dotnet", [build.Published.Server], Folder, [("ASPNETCORE_URLS", entrance.Url), ("GGROK_LOG_REQUESTS", "false"), .. more]));
        try
        {
            await Ports.WaitForAsync(entrance.Port, stop, server.Root).ConfigureAwait(false);
            return (server, entrance);
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Starts the peer's own server.</summary>
    protected async Task<Entrance> StartOwnServerAsync(CancellationToken stop, params (string Name, string Value)[] more)
    {
        (ProcessTree server, Entrance entrance) = await StartServerAsync(stop, more).ConfigureAwait(false);
        _ends.Add(server);
        return entrance;
    }

    // A configuration of its own for each name: the client's identity lies beside it, and the user's stays untouched.
    protected BackgroundProcess StartClient(string server, string name, params string[] arguments)
    {
        string configuration = Path.Combine(Directory.CreateDirectory(Path.Combine(Folder, name)).FullName, "ggrok.yml");
        return BackgroundProcess.Start(build.Published.Client, [.. arguments, "--server", server, "--quiet"], Folder, ("GGROK_CONFIG", configuration));
    }

    protected static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
