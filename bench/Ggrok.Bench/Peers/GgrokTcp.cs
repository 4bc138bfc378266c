using Ggrok.Bench.App;
using Ggrok.Bench.Programs;

namespace Ggrok.Bench.Peers;

/// <summary>A TCP tunnel with a public port of the server: what <c>ssh -R</c> does.</summary>
internal sealed class GgrokTcp(GgrokBuild build) : GgrokPeer(build)
{
    public override string Id => "ggrok-tcp";

    public override string Name => "ggrok tcp";

    protected override async Task<Entrance> StartAsync(LocalApp app, CancellationToken stop)
    {
        int port = Ports.Free();
        Entrance server = await StartOwnServerAsync(stop, ("GGROK_TCP_PORTS", Text(port)), ("GGROK_PORTS_ADDRESS", "127.0.0.1")).ConfigureAwait(false);
        BackgroundProcess client = Own("client", StartClient(server.Url, "tcp", "tcp", Text(app.Port)));
        await client.WaitForLineAsync(ReadyLine, stop).ConfigureAwait(false);
        await Ports.WaitForAsync(Entrance.At(port), stop, Ends[0].Root, client).ConfigureAwait(false);
        return Entrance.At(port);
    }
}
