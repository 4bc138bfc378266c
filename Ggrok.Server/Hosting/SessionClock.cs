using Ggrok.Server.Tunnels;
using Ggrok.Server.Tunnels.Resume;

namespace Ggrok.Server.Hosting;

/// <summary>One timer for all tunnels: heartbeats, stream timeouts, names that are no longer reserved.</summary>
internal sealed class SessionClock(SessionDirectory directory, TunnelRegistry registry, ResumeBook resumes, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private const int TicksBetweenCleanups = 30;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            for (int tick = 0; await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false); tick++)
            {
                Tick(tick);
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private void Tick(int tick)
    {
        foreach (TunnelSession session in directory.Sessions)
        {
            session.Tick();
        }

        if (tick % TicksBetweenCleanups == 0)
        {
            registry.RemoveExpired();
            resumes.RemoveExpired();
        }
    }
}
