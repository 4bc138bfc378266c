using System.Security.Cryptography;
using Ggrok.Client.Inbox;
using Ggrok.Client.Local;
using Ggrok.Client.Rendezvous;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Polly;
using Polly.Retry;

namespace Ggrok.Client.Connection;

/// <summary>
/// Keeps tunnels open: connects, serves, and connects again for ever, until it is stopped or the server refuses for good.
/// </summary>
public sealed class TunnelClient
{
    private readonly TunnelClientOptions _options;
    private readonly IClientEvents _events;
    private readonly TimeProvider _time;
    private readonly Dialer _dialer;
    private readonly LocalRelay _relay;
    private readonly Backoff _backoff = new(Random.Shared);
    private readonly List<Task> _finishing = [];
    private readonly SessionSource _sessions;
    private readonly List<ConnectListener> _listeners = [];
    private bool _wasReady;
    private bool _drainedInTime = true;
    private int _attempt;

    /// <summary>Creates a client; nothing moves before <see cref="RunAsync"/>.</summary>
    public TunnelClient(TunnelClientOptions options, IClientEvents events, TimeProvider time)
    {
        _options = options;
        _events = events;
        _time = time;
        _dialer = new Dialer(options, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        _relay = new LocalRelay(options.Tunnels, events, time, options.Recording, options.Interceptor, options.Tracing);
        _sessions = new SessionSource(time);
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
            _listeners.AddRange(_options.Connect.Where(c => c.Listen is not null).Select(c => new ConnectListener(c, _sessions, _events, _time)));
            outcome = await Retrying().ExecuteAsync(
                static async (client, token) => await client.HoldSessionAsync(token).ConfigureAwait(false), this, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            outcome = new SessionOutcome("Stopped.", ExitCode.Ok);
        }
        catch (DialException e)
        {
            outcome = e.Outcome;
        }
        finally
        {
            _listeners.ForEach(l => l.Dispose());
        }

        await FinishAsync(stop).ConfigureAwait(false);
        return outcome.Terminal switch
        {
            null when !_options.Reconnect => new ClientExit(ExitCode.Failed, outcome.Reason),
            ExitCode.Ok or null => new ClientExit(_drainedInTime ? ExitCode.Ok : ExitCode.DrainTimeout,
                _drainedInTime ? null : "Requests were still running when the drain time was over; allow more with --drain-timeout."),
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
        new RemoteConnection(target, _sessions, _events, _time).SpliceAsync(local, shutdownLocal, null, stop, leave);

    private ResiliencePipeline<SessionOutcome> Retrying() =>
        new ResiliencePipelineBuilder<SessionOutcome> { TimeProvider = _time }
            .AddRetry(new RetryStrategyOptions<SessionOutcome>
            {
                MaxRetryAttempts = int.MaxValue,
                ShouldHandle = arguments => ValueTask.FromResult(_options.Reconnect && arguments.Outcome.Result is { Terminal: null }),
                DelayGenerator = arguments => ValueTask.FromResult<TimeSpan?>(_backoff.Next(arguments.Outcome.Result!)),
                OnRetry = arguments =>
                {
                    _events.Lost(arguments.Outcome.Result!.Reason, arguments.RetryDelay);
                    return ValueTask.CompletedTask;
                },
            })
            .Build();

    private async ValueTask<SessionOutcome> HoldSessionAsync(CancellationToken stop)
    {
        _events.Connecting(++_attempt);
        try
        {
            (System.Net.WebSockets.ClientWebSocket socket, Welcome welcome) = await _dialer.DialAsync(_wasReady, stop).ConfigureAwait(false);
            if (!_wasReady && NameProblem(welcome) is { } problem)
            {
                await new WebSocketTransport(socket).CloseAsync(CloseReason.Normal).ConfigureAwait(false);
                socket.Dispose();
                return problem;
            }

            bool isFirst = !_wasReady;
            _wasReady = true;
            _attempt = 0;
            _relay.MaxHeadBytes = welcome.Limits.MaxHeadBytes;
            var session = new ClientSession(socket, welcome, _relay, _dialer, _options.ResumeBuffer, _events, _time);
            Task<CloseReason> running = session.RunAsync();

            // Before anybody is told: the first datagram would find no session.
            _sessions.Set(session);
            _options.Recording?.RoundTrip = () => session.Connection.RoundTrip;
            _events.Measurable(() => new SessionPulse(session.Connection.RoundTrip, session.Connection.OpenStreams));
            TellReady(welcome);
            _ = InboxNotice.TellAsync(_options, [.. welcome.Tunnels.Select(t => new Uri(t.Url))], _events, _time, stop);
            if (isFirst && _options.CheckTargets)
            {
                _ = LocalCheck.RunAsync(_options.Tunnels, _events, stop);
            }

            return await ServeAsync(session, running, stop).ConfigureAwait(false);
        }
        catch (DialException e)
        {
            return e.Outcome;
        }
    }

    private SessionOutcome? NameProblem(Welcome welcome)
    {
        foreach ((ConnectTarget target, NameState state) in _options.Connect.Zip(welcome.Connect ?? []))
        {
            string wanted = (target.Udp ? TunnelKind.Udp : TunnelKind.Tcp).ToWire();
            if (state.Kind is null && !_options.WaitForNames)
            {
                return new SessionOutcome(
                    $"Nobody serves the name {target.Name}; start it there with: ggrok {wanted} PORT --name {target.Name}.{(target.Listen is null ? "" : " To begin without it, pass --wait.")}", ExitCode.NameUnknown);
            }

            if (state.Kind is not null && state.Kind != wanted)
            {
                return new SessionOutcome($"{target.Name} is a {state.Kind} tunnel; connect {(target.Udp ? "without" : "with")} --udp (udp: {(target.Udp ? "false" : "true")} in ggrok.yml).", ExitCode.Usage);
            }
        }

        return null;
    }

    private void TellReady(Welcome welcome)
    {
        if (_options.Tunnels.Count > 0)
        {
            _events.Ready([.. _options.Tunnels.Select((t, i) => new PublicTunnel(
                t.Name, new Uri(welcome.Tunnels[i].Url), t.Target, welcome.Tunnels[i].Pool, welcome.Tunnels[i].Match))]);
        }

        foreach (ConnectListener listener in _listeners)
        {
            _events.Listening(listener.Name, listener.Address.ToString());
        }

        foreach (NameState away in (welcome.Connect ?? []).Where(s => s.Kind is null || s.Away))
        {
            _events.Notice($"{away.Name} is away; connections to it fail until it is back.");
        }
    }

    private async Task<SessionOutcome> ServeAsync(ClientSession session, Task<CloseReason> running, CancellationToken stop)
    {
        long started = _time.GetTimestamp();
        Task stopping = Task.Delay(Timeout.Infinite, stop);
        Task first = await Task.WhenAny(running, session.GoAwayReceived, stopping).ConfigureAwait(false);
        TimeSpan lived = _time.GetElapsedTime(started);
        _sessions.Clear(session);
        if (first == stopping)
        {
            // Datagrams have no end of their own that could be waited for.
            _listeners.ForEach(l => l.Dispose());
            _relay.EndDatagrams();
            _relay.EndProbes();
            _events.Draining(session.Connection.OpenStreams);
            _drainedInTime = await session.DrainAsync(_options.DrainTimeout, () => _relay.RawConnections + _listeners.Sum(l => l.Connections)).ConfigureAwait(false);
            await running.ConfigureAwait(false);
            return new SessionOutcome("Stopped.", ExitCode.Ok);
        }

        // What the server said before it closed counts also where the close is heard of first: its sentence tells more.
        if (session.GoAwayReceived.IsCompleted)
        {
            _listeners.ForEach(l => l.EndFlows());
            GoAway goAway = await session.GoAwayReceived.ConfigureAwait(false);
            _finishing.RemoveAll(t => t.IsCompleted);
            _finishing.Add(running);
            return goAway.Reason == CloseReason.Replaced ? Replaced()
                : goAway.Reason == CloseReason.EndedByOperator ? EndedByOperator()
                : IsAboutToken(goAway.Reason) ? new SessionOutcome(Printable.CleanMessage(goAway.Message), ExitCode.TokenRefused, Lived: lived)
                : new SessionOutcome(Printable.Clean(goAway.Message), Lived: lived, Immediately: true);
        }

        CloseReason reason = await running.ConfigureAwait(false);
        return reason switch
        {
            CloseReason.Replaced => Replaced(),
            CloseReason.EndedByOperator => EndedByOperator(),
            _ when IsAboutToken(reason) => new SessionOutcome($"The server ended the session: {reason}. Pass another token with --token or GGROK_TOKEN.", ExitCode.TokenRefused, Lived: lived),
            CloseReason.Drained => new SessionOutcome("The server is shutting down.", Lived: lived, Immediately: true),
            CloseReason.TransportLost => new SessionOutcome("The connection to the server was lost.", Lived: lived, Immediately: session.IsRefused),
            CloseReason.HeartbeatMissed => new SessionOutcome("The server does not answer any more.", Lived: lived),
            _ => new SessionOutcome($"The session ended: {reason}.", Lived: lived),
        };
    }

    // Sessions that a server asked to leave end when it closes them; who stops the client waits for its drain time only.
    private async Task FinishAsync(CancellationToken stop)
    {
        Task finishing = Task.WhenAll(_finishing);
        await Task.WhenAny(finishing, Task.Delay(Timeout.Infinite, stop)).ConfigureAwait(false);
        try
        {
            await finishing.WaitAsync(_options.DrainTimeout, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _drainedInTime = false;
        }
    }

    private static bool IsAboutToken(CloseReason reason) => reason is CloseReason.TokenRevoked or CloseReason.TokenExpired or CloseReason.TokenNarrowed;

    // Whoever ended it would have to end it again and again.
    private static SessionOutcome EndedByOperator() => new("The operator of the server ended this session; ask before you start it again.", ExitCode.EndedByOperator);

    private static SessionOutcome Replaced() =>
        new("Another ggrok of this installation took over the name; stop one of them or give it another --subdomain or --path.", ExitCode.Replaced);
}
