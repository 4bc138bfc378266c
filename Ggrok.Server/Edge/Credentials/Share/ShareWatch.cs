namespace Ggrok.Server.Edge.Credentials.Share;

/// <summary>Has share links looked through every minute, so that it is known how long nobody has held their tunnels.</summary>
internal sealed class ShareWatch(ShareBook book, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                book.Look();
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }
}
