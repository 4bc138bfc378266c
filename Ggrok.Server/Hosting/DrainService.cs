using Ggrok.Server.Ports;
using Ggrok.Server.Raw;
using Ggrok.Server.TlsPassthrough;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Hosting;

/// <summary>
/// On SIGTERM: tells the clients to go, waits until the running exchanges are over or the grace is, closes the tunnels.
/// </summary>
internal sealed partial class DrainService(
    SessionDirectory directory, PublicPorts ports, PassthroughPort passthrough, RawRelay raw, ServerOptions options, TimeProvider time, ILogger<DrainService> log) : IHostedLifecycleService
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Before Kestrel stops: it waits for its requests, and the tunnels themselves are such.
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        LogDraining(options.ShutdownGrace.TotalSeconds);
        ports.Dispose();
        passthrough.Close();
        directory.StartDraining();
        long started = time.GetTimestamp();
        while ((raw.Running > 0 || directory.Sessions.Any(s => s.Connection.OpenStreams > 0)) && time.GetElapsedTime(started) < options.ShutdownGrace)
        {
            await Task.Delay(Poll, time, CancellationToken.None).ConfigureAwait(false);
        }

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

    [LoggerMessage(Level = LogLevel.Information, Message = "Draining: running requests have {GraceSeconds} s")]
    private partial void LogDraining(double graceSeconds);
}
