namespace Ggrok.Server.Metrics.Traffic;

/// <summary>Looks at the figures once a second.</summary>
internal sealed class TrafficClock(TrafficStatistics traffic, TimeProvider time) : BackgroundService
{
    private const int SecondsBetweenCleanups = 30;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            for (int tick = 1; await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false); tick++)
            {
                traffic.Sample();
                if (tick % SecondsBetweenCleanups == 0)
                {
                    traffic.Forget();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }
}
