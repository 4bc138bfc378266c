using Ggrok.Bench.App;
using Ggrok.Bench.Measuring;
using Ggrok.Bench.Programs;

namespace Ggrok.Bench.Peers;

/// <summary>visitor → nginx → nginx → app: as many hops as a tunnel has, over plain HTTP. The yardstick.</summary>
internal sealed class NginxDoubleHop : IPeer
{
    private readonly List<ProcessTree> _ends = [];

    public string Id => "nginx";

    public string Name => "nginx double hop";

    public IReadOnlyList<ProcessTree> Ends => _ends;

    public string Version { get; private set; } = "";

    public async Task<string?> PrepareAsync(string folder, CancellationToken stop)
    {
        Version = await Versions.OfAsync(Installed.PathOf("nginx"), "-v", stop).ConfigureAwait(false);
        return null;
    }

    public async Task<Entrance> StartAsync(LocalApp app, string folder, CancellationToken stop)
    {
        int outer = Ports.Free();
        int inner = Ports.Free();
        var front = new ProcessTree("front nginx", Nginx.StartHop(folder, "front", outer, inner));
        _ends.Add(front);
        var second = new ProcessTree("second nginx", Nginx.StartHop(folder, "second", inner, app.Port));
        _ends.Add(second);
        await Ports.WaitForAsync(Entrance.At(outer), stop, front.Root, second.Root).ConfigureAwait(false);
        return Entrance.At(outer);
    }

    public void Dispose() => _ends.ForEach(e => e.Dispose());
}
