using Ggrok.Bench.App;
using Ggrok.Bench.Delaying;
using Ggrok.Bench.Measuring;

namespace Ggrok.Bench.Peers;

/// <summary>Nothing between: what the app and the load generator can do on this machine.</summary>
internal sealed class Direct : IPeer, IFarPeer
{
    private int _appPort;

    public string Id => "direct";

    public string Name => "direct";

    public IReadOnlyList<ProcessTree> Ends => [];

    public string Version => "";

    public Task<string?> PrepareAsync(string folder, CancellationToken stop) => Task.FromResult<string?>(null);

    public Task<Entrance> StartAsync(LocalApp app, string folder, CancellationToken stop)
    {
        _appPort = app.Port;
        return Task.FromResult(Entrance.At(_appPort));
    }

    /// <summary>The way alone: what there is to reach.</summary>
    public FarTunnel StartFar(TimeSpan roundTrip)
    {
        var pipe = new DelayingPipe(_appPort, roundTrip);
        return new FarTunnel(Entrance.At(pipe.Port), pipe);
    }

    public void Dispose()
    {
        // Nothing was started.
    }
}
