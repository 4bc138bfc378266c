using Ggrok.Bench.App;
using Ggrok.Bench.Programs;

namespace Ggrok.Bench.Peers;

/// <summary>A private TCP tunnel: one client serves a name, another one listens for it. One hop more than the others.</summary>
internal sealed class GgrokConnect(GgrokBuild build) : GgrokPeer(build)
{
    public override string Id => "ggrok-connect";

    public override string Name => "ggrok connect";

    protected override async Task<Entrance> StartAsync(LocalApp app, CancellationToken stop)
    {
        int port = Ports.Free();
        Entrance server = await StartOwnServerAsync(stop).ConfigureAwait(false);
        BackgroundProcess serving = Own("serving client", StartClient(server.Url, "serve", "tcp", Text(app.Port), "--name", "bench"));
        await serving.WaitForLineAsync(ReadyLine, stop).ConfigureAwait(false);
        BackgroundProcess connecting = Own("connecting client", StartClient(server.Url, "connect", "connect", "bench", "--listen", Text(port)));
        await Ports.WaitForAsync(Entrance.At(port), stop, Ends[0].Root, serving, connecting).ConfigureAwait(false);
        return Entrance.At(port);
    }
}
