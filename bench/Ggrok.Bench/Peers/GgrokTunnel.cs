using System.Diagnostics;
using System.Globalization;
using Ggrok.Bench.App;
using Ggrok.Bench.Delaying;
using Ggrok.Bench.Measuring;
using Ggrok.Bench.Programs;
using Ggrok.Bench.Publishing;

namespace Ggrok.Bench.Peers;

/// <summary>This project, published as it is deployed.</summary>
internal sealed class GgrokTunnel(string root) : IPeer, IColdStart, IFarPeer, ITunnelServer
{
    private const string ReadyLine = "Forwarding";
    private const string FarHost = "far.test";

    private readonly List<ProcessTree> _ends = [];
    private Entrance _entrance = Entrance.At(0);
    private string _folder = "";
    private Publication _published = new("", "", ReadyToRun: false);
    private int _appPort;

    public string Id => "ggrok";

    public string Name => "ggrok";

    public IReadOnlyList<ProcessTree> Ends => _ends;

    public string Version { get; private set; } = "";

    public async Task<string?> PrepareAsync(string folder, CancellationToken stop)
    {
        _published = await Publication.CreateAsync(root, folder, stop).ConfigureAwait(false);
        string commit = await Versions.OfSourceAsync(root, stop).ConfigureAwait(false);
        Version = $"ggrok {commit} (client {(_published.ReadyToRun ? "" : "not ")}compiled ahead of time)";
        return null;
    }

    public async Task<Entrance> StartAsync(LocalApp app, string folder, CancellationToken stop)
    {
        _folder = folder;
        _appPort = app.Port;
        (ProcessTree server, _entrance) = await StartServerAsync(stop).ConfigureAwait(false);
        _ends.Add(server);

        var client = new ProcessTree("client", StartClient(_entrance.Url, "ggrok"));
        _ends.Add(client);
        await client.Root.WaitForLineAsync(ReadyLine, stop).ConfigureAwait(false);
        await Ports.WaitForAsync(_entrance, stop, server.Root, client.Root).ConfigureAwait(false);
        return _entrance;
    }

    public async Task<TimeSpan> StartOnceAsync(CancellationToken stop)
    {
        long started = Stopwatch.GetTimestamp();
        using BackgroundProcess client = StartClient(_entrance.Url, "start", "--path", "/start");
        await client.WaitForLineAsync(ReadyLine, stop).ConfigureAwait(false);
        return Stopwatch.GetElapsedTime(started);
    }

    public FarTunnel StartFar(TimeSpan roundTrip)
    {
        var pipe = new DelayingPipe(_entrance.Port, roundTrip);
        BackgroundProcess client = StartClient(Entrance.At(pipe.Port).Url, "far", "--host", FarHost);
        return new FarTunnel(_entrance with { Host = FarHost }, pipe, client);
    }

    public Task<(ProcessTree Server, Entrance Entrance)> StartServerAsync(int tunnels, CancellationToken stop) => StartServerAsync(
        stop, ("GGROK_DOMAIN", "tunnel.test"), ("GGROK_MAX_TUNNELS_PER_TOKEN", tunnels.ToString(CultureInfo.InvariantCulture)));

    public void Dispose() => _ends.ForEach(e => e.Dispose());

    private async Task<(ProcessTree Server, Entrance Entrance)> StartServerAsync(CancellationToken stop, params (string Name, string Value)[] more)
    {
        Entrance entrance = Entrance.At(Ports.Free());

        // ASPNETCORE_URLS and not PORT: the bench stays on loopback. The request log is off as nginx's access log is.
        var server = new ProcessTree("server", BackgroundProcess.Start(
            "dotnet", [_published.Server], _folder, [("ASPNETCORE_URLS", entrance.Url), ("GGROK_LOG_REQUESTS", "false"), .. more]));
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

    // A configuration of its own for each name: the client's identity lies beside it, and the user's stays untouched.
    private BackgroundProcess StartClient(string server, string name, params string[] more)
    {
        string configuration = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, name)).FullName, "ggrok.yml");
        string port = _appPort.ToString(CultureInfo.InvariantCulture);
        return BackgroundProcess.Start(
            _published.Client, ["--server", server, "--port", port, "--quiet", .. more], _folder, ("GGROK_CONFIG", configuration));
    }
}
