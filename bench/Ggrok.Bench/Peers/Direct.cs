using Ggrok.Bench.Measuring;

namespace Ggrok.Bench.Peers;

/// <summary>Nothing between.</summary>
internal sealed class Direct : IPeer
{
    public string Name => "direct";

    public string? Missing => null;

    public ProcessGroup Processes { get; } = new();

    public Task<string> StartAsync(int appPort, string folder) => Task.FromResult($"http://127.0.0.1:{appPort}");

    public void Dispose() => Processes.Dispose();
}
