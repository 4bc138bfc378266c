using Ggrok.Server.Metrics.Traffic;
using Ggrok.Server.Ports;
using Ggrok.Server.Raw;
using Ggrok.Server.TlsPassthrough;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Hosting;

/// <summary>
/// On SIGTERM: says that the server is not ready, tells the clients to go, and serves visitors as before until what is in front has
/// noticed. Then visitors are refused; the tunnels close when the running exchanges are over or the grace is.
/// </summary>
internal sealed partial class DrainService(
    SessionDirectory directory, PublicPorts ports, PassthroughPort passthrough, RawRelay raw, TrafficStatistics traffic, ServerOptions options, TimeProvider time,
    ILogger<DrainService> log) : IHostedLifecycleService
{
    // What a load balancer with a check every second or two needs, and what platforms take to change their routes.
    private static readonly TimeSpan BehindProxy = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    // A request that was let in as the last one may not be counted yet.
    private const int QuietPolls = 2;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Before Kestrel stops: it waits for its requests, and the tunnels themselves are such. Until then a session that is interrupted
    // can be resumed, so that what runs there can end.
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        directory.StartDraining();
        TimeSpan delay = DelayFor(options);
        LogDraining(options.ShutdownGrace.TotalSeconds, delay.TotalSeconds);
        if (delay > TimeSpan.Zero && (directory.Sessions.Any() || directory.Legacy.Any()))
        {
            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        directory.RefuseVisitors();
        ports.Dispose();
        passthrough.Close();
        await FinishAsync(started, cancellationToken).ConfigureAwait(false);
        foreach (TunnelSession session in directory.Sessions)
        {
            session.Connection.RequestClose(CloseReason.Drained);
            if (session.IsSuspended)
            {
                // Its client cannot come back any more: no connection is taken from now on.
                session.Connection.Resumable?.Abort();
            }
        }

        directory.CloseLegacy();
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>How long new requests are still taken.</summary>
    internal static TimeSpan DelayFor(ServerOptions options)
    {
        TimeSpan delay = options.DrainDelay ?? (options.TrustedProxies.IsEmpty ? TimeSpan.Zero : BehindProxy);
        return delay < options.ShutdownGrace ? delay : options.ShutdownGrace;
    }

    private async Task FinishAsync(long started, CancellationToken limit)
    {
        for (int quiet = 0; quiet < QuietPolls && !limit.IsCancellationRequested && time.GetElapsedTime(started) < options.ShutdownGrace;)
        {
            bool isQuiet = raw.Running == 0 && traffic.Running == 0 && !directory.Sessions.Any(s => s.Connection.OpenStreams > 0);
            quiet = isQuiet ? quiet + 1 : 0;
            if (quiet < QuietPolls)
            {
                await Task.Delay(Poll, time, limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Draining: running requests have {GraceSeconds} s, new ones are taken for {DelaySeconds} s")]
    private partial void LogDraining(double graceSeconds, double delaySeconds);
}
