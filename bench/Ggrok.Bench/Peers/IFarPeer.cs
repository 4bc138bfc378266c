using Ggrok.Bench.Delaying;
using Ggrok.Bench.Programs;

namespace Ggrok.Bench.Peers;

/// <summary>A peer that can be laid over a long way between its ends.</summary>
internal interface IFarPeer
{
    /// <summary>Starts one more client beside the running one, whose way to the peer's server takes the time given.</summary>
    FarTunnel StartFar(TimeSpan roundTrip);
}

/// <summary>A tunnel over a long way, until it is disposed of.</summary>
/// <param name="Entrance">Where visitors go once it stands.</param>
/// <param name="Pipe">The long way.</param>
/// <param name="Client">The client at its end, if the peer has one.</param>
internal sealed record FarTunnel(Entrance Entrance, DelayingPipe Pipe, BackgroundProcess? Client = null) : IDisposable
{
    /// <summary>Returns when a request gets through.</summary>
    /// <exception cref="InvalidOperationException">None does; the message has the client's last words.</exception>
    public Task WaitAsync(CancellationToken stop) => Ports.WaitForAsync(Entrance, stop, Client is null ? [] : [Client]);

    public void Dispose()
    {
        Client?.Dispose();
        Pipe.Dispose();
    }
}
