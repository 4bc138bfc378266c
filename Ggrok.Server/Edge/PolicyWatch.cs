using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Edge;

/// <summary>Has the policy file looked at, away from the threads of the relay.</summary>
internal sealed class PolicyWatch(PolicyBook book, TunnelRegistry registry, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                book.Refresh(registry);
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }
}
