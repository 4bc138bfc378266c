using Ggrok.Client.Connection;

namespace Ggrok.InboxBench;

/// <summary>Waits until a client is ready.</summary>
internal sealed class FirstReady : IClientEvents
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Ready => _ready.Task;

    void IClientEvents.Ready(IReadOnlyList<PublicTunnel> tunnels) => _ready.TrySetResult();

    public void Connecting(int attempt)
    {
    }

    public void Lost(string reason, TimeSpan retryIn)
    {
    }

    public void Listening(string name, string address)
    {
    }

    public void Inspecting(Uri address)
    {
    }

    public void Notice(string message)
    {
    }

    public void ConnectionCompleted(in ConnectionSummary connection)
    {
    }

    public void ExchangeCompleted(in ExchangeSummary exchange)
    {
    }

    public void Draining(int running)
    {
    }
}
