using Ggrok.Client.Connection;

namespace Ggrok.Client.Inspector;

/// <summary>How the client's session with the server is doing.</summary>
internal enum SessionState
{
    /// <summary>The first session is being opened.</summary>
    Connecting,

    /// <summary>Visitors reach the tunnels.</summary>
    Ready,

    /// <summary>The session is lost and will be tried again.</summary>
    Lost,

    /// <summary>The client is stopping.</summary>
    Draining,
}

/// <summary>Follows what the client tells, passes it on, and remembers how things stand.</summary>
internal sealed class SessionStatus(IClientEvents next, TimeProvider time) : IClientEvents
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _wasReady = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Func<SessionPulse>? _pulse;
    private SessionView _view = new(SessionState.Connecting, [], null, null, 0);

    /// <summary>How things stand.</summary>
    public SessionView View
    {
        get
        {
            lock (_lock)
            {
                return _view;
            }
        }
    }

    /// <summary>How the connections do now; null before the first was open.</summary>
    public SessionPulse? Pulse => _pulse?.Invoke();

    /// <summary>Completes when visitors could reach the tunnels for the first time.</summary>
    public Task WasReady => _wasReady.Task;

    public void Connecting(int attempt) => next.Connecting(attempt);

    public void Ready(IReadOnlyList<PublicTunnel> tunnels)
    {
        Change(v => v with { State = SessionState.Ready, Tunnels = tunnels, Reason = null, RetryAt = null });
        next.Ready(tunnels);
        _wasReady.TrySetResult();
    }

    public void Measurable(Func<SessionPulse> pulse)
    {
        _pulse = pulse;
        next.Measurable(pulse);
    }

    public void Interrupted()
    {
        Change(v => v.State == SessionState.Ready ? v with { State = SessionState.Lost, Reason = "The connection to the server is interrupted. What runs waits for the next one." } : v);
        next.Interrupted();
    }

    public void Resumed(TimeSpan after)
    {
        Change(v => v.State == SessionState.Lost ? v with { State = SessionState.Ready, Reason = null, RetryAt = null } : v);
        next.Resumed(after);
    }

    public void Lost(string reason, TimeSpan retryIn)
    {
        Change(v => v with { State = v.State == SessionState.Connecting ? v.State : SessionState.Lost, Reason = reason, RetryAt = time.GetUtcNow() + retryIn });
        next.Lost(reason, retryIn);
    }

    public void Draining(int running)
    {
        Change(v => v with { State = SessionState.Draining });
        next.Draining(running);
    }

    public void Listening(string name, string address) => next.Listening(name, address);

    public void Inspecting(Uri address) => next.Inspecting(address);

    public void Notice(string message) => next.Notice(message);

    public void ConnectionCompleted(in ConnectionSummary connection) => next.ConnectionCompleted(connection);

    public void ExchangeCompleted(in ExchangeSummary exchange) => next.ExchangeCompleted(exchange);

    private void Change(Func<SessionView, SessionView> change)
    {
        lock (_lock)
        {
            _view = change(_view) with { Version = _view.Version + 1 };
        }
    }
}

/// <summary>How a session stands at a moment.</summary>
/// <param name="State">Whether visitors reach the tunnels.</param>
/// <param name="Tunnels">The tunnels as the public sees them, once they were open.</param>
/// <param name="Reason">Why the session is lost.</param>
/// <param name="RetryAt">When it is tried again.</param>
/// <param name="Version">Grows with every change.</param>
internal sealed record SessionView(SessionState State, IReadOnlyList<PublicTunnel> Tunnels, string? Reason, DateTimeOffset? RetryAt, long Version);
