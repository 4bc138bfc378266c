using System.Globalization;
using System.Net.WebSockets;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Polly;
using Polly.Retry;

namespace Ggrok.Client.Connection;

/// <summary>Keeps one connection of a client open: connects, serves, and connects again for ever.</summary>
internal sealed class ConnectionSupervisor
{
    // What the server refuses to one connection while others are open may be another matter there later.
    private static readonly TimeSpan RefusedPause = TimeSpan.FromMinutes(1);

    private readonly int _index;
    private readonly ClientCore _core;
    private readonly Backoff _backoff = new(Random.Shared);
    private readonly Lock _lock = new();
    private RunningSession? _serving;
    private Task<RunningSession?>? _moving;
    private TaskCompletionSource _moved = NewSignal();
    private int _attempt;

    /// <param name="index">Which of the client's connections, from 0.</param>
    /// <param name="core">What all of them have in common.</param>
    public ConnectionSupervisor(int index, ClientCore core)
    {
        _index = index;
        _core = core;
    }

    /// <summary>Runs until the client stops or the server refuses for good.</summary>
    /// <param name="over">No session is opened any more.</param>
    /// <param name="stop">The client was stopped: what runs may finish.</param>
    /// <exception cref="OperationCanceledException"><paramref name="over"/> was cancelled while there was no session.</exception>
    public async Task<SessionOutcome> RunAsync(CancellationToken over, CancellationToken stop) => await Retrying().ExecuteAsync(
        static async (run, token) => await run.Supervisor.HoldAsync(token, run.Stop).ConfigureAwait(false), (Supervisor: this, Stop: stop), over).ConfigureAwait(false);

    /// <summary>
    /// Opens the connection anew if that leads to a process of the server where it is worth more, and leaves the old one once the
    /// new one is ready. Says whether it has.
    /// </summary>
    /// <param name="isBetter">Whether a process is where it is worth more.</param>
    /// <param name="stop">The client stops.</param>
    public async Task<bool> MoveAsync(Func<string?, bool> isBetter, CancellationToken stop)
    {
        var done = new TaskCompletionSource<RunningSession?>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_serving is null || _moving is not null)
            {
                return false;
            }

            _moving = done.Task;
        }

        RunningSession? next = null;
        try
        {
            next = await OpenElsewhereAsync(isBetter, stop).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DialException or OperationCanceledException or WebSocketException or IOException)
        {
            // Where it is it can stay.
        }
        finally
        {
            lock (_lock)
            {
                _moving = next is null ? null : _moving;
                done.SetResult(next);
                if (next is not null)
                {
                    _moved.TrySetResult();
                }
            }
        }

        return next is not null;
    }

    private ResiliencePipeline<SessionOutcome> Retrying() =>
        new ResiliencePipelineBuilder<SessionOutcome> { TimeProvider = _core.Time }
            .AddRetry(new RetryStrategyOptions<SessionOutcome>
            {
                MaxRetryAttempts = int.MaxValue,
                ShouldHandle = arguments => ValueTask.FromResult(_core.Options.Reconnect && arguments.Outcome.Result is { Terminal: null }),
                DelayGenerator = arguments => ValueTask.FromResult<TimeSpan?>(_backoff.Next(arguments.Outcome.Result!)),
                OnRetry = arguments =>
                {
                    _core.Board.Retrying(_index, arguments.Outcome.Result!, arguments.RetryDelay);
                    return ValueTask.CompletedTask;
                },
            })
            .Build();

    private async ValueTask<SessionOutcome> HoldAsync(CancellationToken over, CancellationToken stop)
    {
        _core.Board.Connecting(++_attempt);
        try
        {
            (ClientWebSocket socket, Welcome welcome) = await _core.Dialer.DialAsync(_core.Board.WasReady, Slot(moves: false), over).ConfigureAwait(false);
            SessionOutcome? problem = _core.Board.WasReady ? null : _core.NameProblem(welcome);
            problem ??= _index > 0 && welcome.Connection is null ? OnlyOne(welcome) : null;
            if (problem is not null)
            {
                await new WebSocketTransport(socket).CloseAsync(CloseReason.Normal).ConfigureAwait(false);
                socket.Dispose();
                return problem;
            }

            _attempt = 0;
            return await ServeAsync(Open(socket, welcome), stop).ConfigureAwait(false);
        }
        catch (DialException e)
        {
            return e.Outcome.Terminal is not null && _core.Board.Ready > 0
                ? e.Outcome with { Terminal = null, RetryAfter = RefusedPause }
                : e.Outcome;
        }
    }

    private ConnectionSlot? Slot(bool moves) =>
        _core.Options.Connections > 1 ? new ConnectionSlot(_index, _core.Options.Connections, moves ? true : null) : null;

    // A process of an older version among several.
    private static SessionOutcome OnlyOne(Welcome welcome) => new(
        string.Create(CultureInfo.InvariantCulture, $"The server ({Printable.Clean(welcome.Version)}) takes one connection only."), RetryAfter: RefusedPause);

    private RunningSession Open(ClientWebSocket socket, Welcome welcome)
    {
        ConnectionBoard.Interruptions interruptions = _core.Board.EventsOf(_index);
        var session = new ClientSession(socket, welcome, _core.Relay, _core.Dialer, _core.Options.ResumeBuffer, interruptions, _core.Time);
        interruptions.Session = session;
        var running = new RunningSession(session, session.RunAsync(), _core.Time.GetTimestamp());
        _core.Opened(_index, session, welcome);
        return running;
    }

    // Where the server says which process it is before the handshake, one of no use costs it no registration.
    private async Task<RunningSession?> OpenElsewhereAsync(Func<string?, bool> isBetter, CancellationToken stop)
    {
        ClientWebSocket socket = await _core.Dialer.ConnectAsync(wasConnectedBefore: true, stop).ConfigureAwait(false);
        try
        {
            if (!isBetter(UpgradeAnswer.ValuesOf(socket, ProtocolLimits.NodeField).FirstOrDefault()))
            {
                await new WebSocketTransport(socket).CloseAsync(CloseReason.Normal).ConfigureAwait(false);
                socket.Dispose();
                return null;
            }

            Welcome welcome = await _core.Dialer.ShakeHandsAsync(socket, Slot(moves: true), stop).ConfigureAwait(false);
            return Open(socket, welcome);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<SessionOutcome> ServeAsync(RunningSession running, CancellationToken stop)
    {
        Task stopping = Task.Delay(Timeout.Infinite, stop);
        while (true)
        {
            Task moved = Begin(running);
            Task first = await Task.WhenAny(running.Ended, running.Session.GoAwayReceived, stopping, _core.Over, moved).ConfigureAwait(false);
            RunningSession? next = await MovedToAsync().ConfigureAwait(false);
            if (next is null || first == stopping || first == _core.Over)
            {
                if (first == stopping)
                {
                    _core.BeginStop();
                }

                _core.Closed(_index, running.Session);
                return first == stopping ? await StopAsync(next ?? running, next is null ? null : running).ConfigureAwait(false)
                    : first == _core.Over ? Leave(next ?? running)
                    : await OutcomeAsync(running).ConfigureAwait(false);
            }

            // Only now: there was never a moment without one.
            _core.Left(running);
            running = next;
        }
    }

    private Task Begin(RunningSession running)
    {
        lock (_lock)
        {
            _serving = running;
            _moved = NewSignal();
            return _moved.Task;
        }
    }

    // No move begins from here on; one that is under way is waited for.
    private async Task<RunningSession?> MovedToAsync()
    {
        Task<RunningSession?>? moving;
        lock (_lock)
        {
            _serving = null;
            moving = _moving;
        }

        RunningSession? next = moving is null ? null : await moving.ConfigureAwait(false);
        lock (_lock)
        {
            _moving = null;
        }

        return next;
    }

    private async Task<SessionOutcome> StopAsync(RunningSession running, RunningSession? before)
    {
        if (before is not null)
        {
            _core.Left(before);
        }

        _core.Closed(_index, running.Session);
        await _core.DrainAsync(running).ConfigureAwait(false);
        return new SessionOutcome("Stopped.", ExitCode.Ok);
    }

    // Another connection heard that the client is over: what runs here may finish.
    private SessionOutcome Leave(RunningSession running)
    {
        _core.Closed(_index, running.Session);
        _core.Linger(running);
        return new SessionOutcome("Over.", ExitCode.Ok);
    }

    private async Task<SessionOutcome> OutcomeAsync(RunningSession running)
    {
        TimeSpan lived = _core.Time.GetElapsedTime(running.Since);

        // What the server said before it closed counts also where the close is heard of first: its sentence tells more.
        if (running.Session.GoAwayReceived.IsCompleted)
        {
            GoAway goAway = await running.Session.GoAwayReceived.ConfigureAwait(false);
            _core.Linger(running);
            if (goAway.Reason == CloseReason.Replaced)
            {
                // Datagrams have no end of their own; whoever sends again is served by the other.
                _core.Relay.EndDatagrams();
            }

            return SessionOutcome.Of(goAway, lived);
        }

        return SessionOutcome.Of(await running.Ended.ConfigureAwait(false), lived, running.Session.IsRefused);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>A session that serves visitors.</summary>
/// <param name="Session">The session.</param>
/// <param name="Ended">Completes when it is over, with the reason.</param>
/// <param name="Since">Timestamp of its beginning.</param>
internal sealed record RunningSession(ClientSession Session, Task<CloseReason> Ended, long Since);
