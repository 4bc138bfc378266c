using Ggrok.Client.Rendezvous;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Connection;

/// <summary>
/// Keeps tunnels open: connects, serves, and connects again for ever, until it is stopped or the server refuses for good. With
/// several connections each does so on its own.
/// </summary>
public sealed class TunnelClient
{
    private readonly TunnelClientOptions _options;
    private readonly IClientEvents _events;
    private readonly TimeProvider _time;
    private readonly ClientCore _core;
    private readonly ConnectionSupervisor[] _supervisors;

    /// <summary>Creates a client; nothing moves before <see cref="RunAsync"/>.</summary>
    public TunnelClient(TunnelClientOptions options, IClientEvents events, TimeProvider time)
    {
        _options = options;
        _events = events;
        _time = time;
        _core = new ClientCore(options, events, time);
        _supervisors = [.. Enumerable.Range(0, options.Connections).Select(i => new ConnectionSupervisor(i, _core))];
    }

    /// <summary>
    /// Runs until <paramref name="stop"/> is cancelled (running exchanges are finished first) or the server refuses for
    /// good. Never throws.
    /// </summary>
    public async Task<ClientExit> RunAsync(CancellationToken stop)
    {
        SessionOutcome outcome;
        try
        {
            _core.Listen(stop);
            outcome = await SuperviseAsync(stop).ConfigureAwait(false);
        }
        catch (DialException e)
        {
            outcome = e.Outcome;
        }
        finally
        {
            _core.CloseListeners();
        }

        await _core.FinishAsync(stop.IsCancellationRequested).ConfigureAwait(false);
        return outcome.Terminal switch
        {
            null when !_options.Reconnect => new ClientExit(ExitCode.Failed, outcome.Reason),
            ExitCode.Ok or null => new ClientExit(_core.DrainedInTime ? ExitCode.Ok : ExitCode.DrainTimeout,
                _core.DrainedInTime ? null : "Requests were still running when the drain time was over; allow more with --drain-timeout."),
            { } code => new ClientExit(code, outcome.Reason),
        };
    }

    /// <summary>
    /// Joins a local stream with a private name once the session is ready, until both directions are over; returns how it
    /// failed. Never throws.
    /// </summary>
    /// <param name="target">One of the names of the options.</param>
    /// <param name="local">The stream at this side.</param>
    /// <param name="shutdownLocal">Half-closes its writing side.</param>
    /// <param name="stop">Gives up waiting for the session.</param>
    /// <param name="leave">Breaks the connection off.</param>
    public Task<RelayError> SpliceAsync(ConnectTarget target, Stream local, Action shutdownLocal, CancellationToken stop, CancellationToken leave) =>
        new RemoteConnection(target, _core.Sessions, _events, _time).SpliceAsync(local, shutdownLocal, null, stop, leave);

    // The first end of a connection that trying again cannot help is the end of all.
    private async Task<SessionOutcome> SuperviseAsync(CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        List<Task<SessionOutcome>> supervised = [KeepAsync(_supervisors[0], over.Token, stop)];
        Task spreading = Task.CompletedTask;
        Task first = _supervisors.Length == 1 ? supervised[0] : await Task.WhenAny(supervised[0], _core.Several).ConfigureAwait(false);
        if (first == _core.Several)
        {
            supervised.AddRange(_supervisors.Skip(1).Select(s => KeepAsync(s, over.Token, stop)));
            spreading = SpreadAsync(over.Token);
        }

        SessionOutcome outcome = await (await Task.WhenAny(supervised).ConfigureAwait(false)).ConfigureAwait(false);
        _core.End();
        await over.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(supervised).ConfigureAwait(false);
        await spreading.ConfigureAwait(false);
        return outcome;
    }

    private static async Task<SessionOutcome> KeepAsync(ConnectionSupervisor supervisor, CancellationToken over, CancellationToken stop)
    {
        try
        {
            return await supervisor.RunAsync(over, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return new SessionOutcome("Stopped.", ExitCode.Ok);
        }
    }

    // Looks now and then whether a connection would be better at another process of the server.
    private async Task SpreadAsync(CancellationToken stop)
    {
        var pauses = new SpreadPause(_time, Random.Shared);
        try
        {
            while (true)
            {
                Task changed = _core.Changed;
                TimeSpan pause = pauses.Next(NodeSpread.Distinct(_core.Board.Nodes()));
                if (await Task.WhenAny(Task.Delay(pause, _time, stop), changed).ConfigureAwait(false) == changed)
                {
                    continue;
                }

                stop.ThrowIfCancellationRequested();
                pauses.Looked(NodeSpread.Candidate(_core.Board.Nodes()) is { } candidate
                    && await _supervisors[candidate].MoveAsync(n => NodeSpread.IsBetter(_core.Board.Nodes(), candidate, n), stop).ConfigureAwait(false));
            }
        }
        catch (OperationCanceledException)
        {
            // The client stops.
        }
    }
}
