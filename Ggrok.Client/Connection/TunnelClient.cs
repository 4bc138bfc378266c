using System.Security.Cryptography;
using Ggrok.Client.Local;
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
        _relay = new LocalRelay(options.Tunnels, events, time);
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
            outcome = await Retrying().ExecuteAsync(
                static async (client, token) => await client.HoldSessionAsync(token).ConfigureAwait(false), this, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            outcome = new SessionOutcome("Stopped.", ExitCode.Ok);
        }

        await Task.WhenAll(_finishing).ConfigureAwait(false);
        return outcome.Terminal switch
        {
            ExitCode.Ok or null => new ClientExit(_drainedInTime ? ExitCode.Ok : ExitCode.DrainTimeout,
                _drainedInTime ? null : "Requests were still running when the drain time was over; allow more with --drain-timeout."),
            { } code => new ClientExit(code, outcome.Reason),
        };
    }

    private ResiliencePipeline<SessionOutcome> Retrying() =>
        new ResiliencePipelineBuilder<SessionOutcome> { TimeProvider = _time }
            .AddRetry(new RetryStrategyOptions<SessionOutcome>
            {
                MaxRetryAttempts = int.MaxValue,
                ShouldHandle = static arguments => ValueTask.FromResult(arguments.Outcome.Result is { Terminal: null }),
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
            _wasReady = true;
            _attempt = 0;
            _relay.MaxHeadBytes = welcome.Limits.MaxHeadBytes;
            var session = new ClientSession(socket, welcome, _relay, _time);
            Task<CloseReason> running = session.RunAsync();
            _events.Ready([.. _options.Tunnels.Select((t, i) => new PublicTunnel(t.Name, new Uri(welcome.Tunnels[i].Url), t.Target))]);
            return await ServeAsync(session, running, stop).ConfigureAwait(false);
        }
        catch (DialException e)
        {
            return e.Outcome;
        }
    }

    private async Task<SessionOutcome> ServeAsync(ClientSession session, Task<CloseReason> running, CancellationToken stop)
    {
        long started = _time.GetTimestamp();
        Task stopping = Task.Delay(Timeout.Infinite, stop);
        Task first = await Task.WhenAny(running, session.GoAwayReceived, stopping).ConfigureAwait(false);
        TimeSpan lived = _time.GetElapsedTime(started);
        if (first == stopping)
        {
            _events.Draining(session.Connection.OpenStreams);
            _drainedInTime = await session.DrainAsync(_options.DrainTimeout).ConfigureAwait(false);
            await running.ConfigureAwait(false);
            return new SessionOutcome("Stopped.", ExitCode.Ok);
        }

        if (first == session.GoAwayReceived)
        {
            GoAway goAway = await session.GoAwayReceived.ConfigureAwait(false);
            _finishing.RemoveAll(t => t.IsCompleted);
            _finishing.Add(running);
            return goAway.Reason == CloseReason.Replaced
                ? Replaced()
                : new SessionOutcome(Printable.Clean(goAway.Message), Lived: lived, Immediately: true);
        }

        CloseReason reason = await running.ConfigureAwait(false);
        return reason switch
        {
            CloseReason.Replaced => Replaced(),
            CloseReason.Drained => new SessionOutcome("The server is shutting down.", Lived: lived, Immediately: true),
            CloseReason.TransportLost => new SessionOutcome("The connection to the server was lost.", Lived: lived),
            CloseReason.HeartbeatMissed => new SessionOutcome("The server does not answer any more.", Lived: lived),
            _ => new SessionOutcome($"The session ended: {reason}.", Lived: lived),
        };
    }

    private static SessionOutcome Replaced() =>
        new("Another ggrok of this installation took over the name; stop one of them or give it another --subdomain or --path.", ExitCode.Replaced);
}
