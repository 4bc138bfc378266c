using Ggrok.Bench.App;
using Ggrok.Bench.Measuring;

namespace Ggrok.Bench.Peers;

/// <summary>Nothing between: what the app and the load generator can do on this machine.</summary>
internal sealed class Direct : IPeer
{
    public string Id => "direct";

    public string Name => "direct";

    public IReadOnlyList<ProcessTree> Ends => [];

    public string Version => "";

    public Task<string?> PrepareAsync(string folder, CancellationToken stop) => Task.FromResult<string?>(null);

    public Task<Entrance> StartAsync(LocalApp app, string folder, CancellationToken stop) => Task.FromResult(Entrance.At(app.Port));

    public void Dispose()
    {
        // Nothing was started.
    }
}
