using System.Diagnostics;
using Ggrok.Bench.App;
using Ggrok.Bench.Delaying;
using Ggrok.Bench.Measuring;
using Ggrok.Bench.Programs;

namespace Ggrok.Bench.Peers;

/// <summary>An HTTP tunnel.</summary>
/// <param name="build">The programs.</param>
/// <param name="inspect">Whether the client records what passes, as it does unless told otherwise.</param>
internal sealed class GgrokTunnel(GgrokBuild build, bool inspect = true) : GgrokPeer(build), IColdStart, IFarPeer, ITunnelServer
{
    private const string FarHost = "far.test";

    private Entrance _entrance = Entrance.At(0);
    private int _appPort;

    // Any port: several clients run side by side.
    private string[] Inspector => ["--inspect", inspect ? "0" : "off"];

    public override string Id => inspect ? "ggrok" : "ggrok-plain";

    public override string Name => inspect ? "ggrok" : "ggrok --inspect off";

    public async Task<TimeSpan> StartOnceAsync(CancellationToken stop)
    {
        long started = Stopwatch.GetTimestamp();
        using BackgroundProcess client = StartClient(_entrance.Url, "start", ["--port", Text(_appPort), "--path", "/start", .. Inspector]);
        await client.WaitForLineAsync(ReadyLine, stop).ConfigureAwait(false);
        return Stopwatch.GetElapsedTime(started);
    }

    public FarTunnel StartFar(TimeSpan roundTrip)
    {
        var pipe = new DelayingPipe(_entrance.Port, roundTrip);
        BackgroundProcess client = StartClient(Entrance.At(pipe.Port).Url, "far", ["--port", Text(_appPort), "--host", FarHost, .. Inspector]);
        return new FarTunnel(_entrance with { Host = FarHost }, pipe, client);
    }

    public Task<(ProcessTree Server, Entrance Entrance)> StartServerAsync(int tunnels, CancellationToken stop) =>
        StartServerAsync(stop, ("GGROK_DOMAIN", "tunnel.test"), ("GGROK_MAX_TUNNELS_PER_TOKEN", Text(tunnels)));

    protected override async Task<Entrance> StartAsync(LocalApp app, CancellationToken stop)
    {
        _appPort = app.Port;
        _entrance = await StartOwnServerAsync(stop).ConfigureAwait(false);
        BackgroundProcess client = Own("client", StartClient(_entrance.Url, "web", ["--port", Text(_appPort), .. Inspector]));
        await client.WaitForLineAsync(ReadyLine, stop).ConfigureAwait(false);
        await Ports.WaitForAsync(_entrance, stop, Ends[0].Root, client).ConfigureAwait(false);
        return _entrance;
    }
}
