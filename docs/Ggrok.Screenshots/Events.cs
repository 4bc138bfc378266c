using Ggrok.Client.Connection;

namespace Ggrok.Screenshots;

/// <summary>Waits until the client is ready and tells where its page is.</summary>
internal sealed class Events : IClientEvents
{
    public TaskCompletionSource<Uri> PublicUrl { get; } = new();

    public TaskCompletionSource<Uri> Inspector { get; } = new();

    public void Ready(IReadOnlyList<PublicTunnel> tunnels) => PublicUrl.TrySetResult(tunnels[0].Url);

    public void Inspecting(Uri address) => Inspector.TrySetResult(address);

    public void Connecting(int attempt)
    {
    }

    public void Lost(string reason, TimeSpan retryIn) => PublicUrl.TrySetException(new InvalidOperationException(reason));

    public void Listening(string name, string address)
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
