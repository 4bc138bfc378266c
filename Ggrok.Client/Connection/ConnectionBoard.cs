using System.Globalization;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Connection;

/// <summary>
/// How the connections of a client do together, and what is told of it: it is ready with the first of them and lost with the last;
/// what happens to one of several is worth a line.
/// </summary>
internal sealed class ConnectionBoard
{
    private readonly IClientEvents _events;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly State[] _states;
    private readonly List<ClientSession> _finishing = [];
    private int _attemptTold;
    private int _wanted = 1;
    private long? _interruptedAt;

    /// <param name="events">Who is told.</param>
    /// <param name="most">Most connections that there will be.</param>
    /// <param name="time">Clock.</param>
    public ConnectionBoard(IClientEvents events, int most, TimeProvider time)
    {
        _events = events;
        _time = time;
        _states = [.. Enumerable.Range(0, most).Select(_ => new State())];
    }

    /// <summary>Visitors could reach the tunnels once.</summary>
    public bool WasReady { get; private set; }

    /// <summary>Connections over which visitors come now.</summary>
    public int Ready
    {
        get
        {
            lock (_lock)
            {
                return Count();
            }
        }
    }

    /// <summary>Connections that there shall be: one until the server has said that it takes several.</summary>
    public int Wanted
    {
        get
        {
            lock (_lock)
            {
                return _wanted;
            }
        }

        set
        {
            lock (_lock)
            {
                _wanted = value;
            }
        }
    }

    /// <summary>How they do together: the shortest round trip, all that runs.</summary>
    public SessionPulse Pulse()
    {
        lock (_lock)
        {
            return new SessionPulse(RoundTrip, _states.Select(s => s.Session).OfType<ClientSession>().Concat(_finishing).Sum(s => s.Connection.OpenStreams),
                _states.Count(s => s is { Session: not null, IsInterrupted: false }), _wanted);
        }
    }

    /// <summary>The shortest round trip; asked for each request.</summary>
    public TimeSpan RoundTrip
    {
        get
        {
            TimeSpan shortest = TimeSpan.Zero;
            foreach (State state in _states)
            {
                TimeSpan trip = state.Session?.Connection.RoundTrip ?? TimeSpan.Zero;
                shortest = trip > TimeSpan.Zero && (shortest == TimeSpan.Zero || trip < shortest) ? trip : shortest;
            }

            return shortest;
        }
    }

    /// <summary>At which processes of the server the connections are; null where there is none, or the server does not say.</summary>
    public string?[] Nodes()
    {
        lock (_lock)
        {
            return [.. _states.Select(s => s.Session is null ? null : s.Node)];
        }
    }

    /// <summary>An attempt to open a connection starts; told while there is none.</summary>
    public void Connecting(int attempt)
    {
        lock (_lock)
        {
            if (Count() == 0 && attempt > _attemptTold)
            {
                _attemptTold = attempt;
                _events.Connecting(attempt);
            }
        }
    }

    /// <summary>A connection is open, in the place of the one before.</summary>
    /// <param name="index">Which one.</param>
    /// <param name="session">Its session.</param>
    /// <param name="node">The process of the server.</param>
    /// <param name="tellReady">Tells that the client is ready; called where none was open before.</param>
    public void Opened(int index, ClientSession session, string? node, Action tellReady)
    {
        lock (_lock)
        {
            bool isFirst = Count() == 0;
            State state = _states[index];
            Finishing(state.Session);
            state.Session = session;
            state.Node = node;
            state.IsInterrupted = session.Connection.IsSuspended;
            bool wasMissed = state.LossTold;
            state.LossTold = false;
            WasReady = true;
            _attemptTold = 0;
            TellInterruption();
            if (isFirst)
            {
                tellReady();
            }
            else if (wasMissed)
            {
                _events.Notice(string.Create(CultureInfo.InvariantCulture, $"Connection {index + 1} is back: {Count()} of {_wanted} connections."));
            }
        }
    }

    /// <summary>A connection gets no new visitors any more.</summary>
    public void Closed(int index, ClientSession session)
    {
        lock (_lock)
        {
            if (_states[index].Session == session)
            {
                _states[index].Session = null;
                Finishing(session);
                TellInterruption();
            }
        }
    }

    /// <summary>Who hears of interruptions of a session that is about to be opened.</summary>
    public Interruptions EventsOf(int index) => new(this, index);

    /// <summary>A connection was lost or could not be opened, and is tried again.</summary>
    public void Retrying(int index, SessionOutcome outcome, TimeSpan retryIn)
    {
        lock (_lock)
        {
            int left = Count();
            State state = _states[index];
            if (left == 0)
            {
                // The others fail for the same reason: one speaks for all, unless it is another that was the last.
                if (index == 0 || outcome.Lived > TimeSpan.Zero)
                {
                    _events.Lost(outcome.Reason, retryIn);
                }

                state.LossTold |= index > 0;
            }
            else if (!state.LossTold && !outcome.Immediately)
            {
                state.LossTold = true;
                _events.Notice(string.Create(CultureInfo.InvariantCulture,
                    $"Connection {index + 1} of {_wanted}: {Printable.CleanMessage(outcome.Reason)} {left} {(left == 1 ? "is" : "are")} left."));
            }
        }
    }

    private void Change(int index, ClientSession? session, bool isInterrupted)
    {
        lock (_lock)
        {
            // Of one that only finishes what runs nobody needs to hear.
            if (session is not null && _states[index].Session == session)
            {
                _states[index].IsInterrupted = isInterrupted;
                TellInterruption();
            }
        }
    }

    // What still runs there runs at this client.
    private void Finishing(ClientSession? session)
    {
        _finishing.RemoveAll(s => s.Connection.Ended.IsCompleted);
        if (session is not null)
        {
            _finishing.Add(session);
        }
    }

    // As long as one of them works, visitors notice nothing.
    private void TellInterruption()
    {
        bool isInterrupted = Count() > 0 && Array.TrueForAll(_states, s => s.Session is null || s.IsInterrupted);
        if (isInterrupted && _interruptedAt is null)
        {
            _interruptedAt = _time.GetTimestamp();
            _events.Interrupted();
        }
        else if (!isInterrupted && _interruptedAt is { } since)
        {
            _interruptedAt = null;
            if (Count() > 0)
            {
                _events.Resumed(_time.GetElapsedTime(since));
            }
        }
    }

    private int Count() => _states.Count(s => s.Session is not null);

    /// <summary>Interruptions of one session.</summary>
    internal sealed class Interruptions(ConnectionBoard board, int index) : ISessionEvents
    {
        /// <summary>The session, once there is one.</summary>
        public ClientSession? Session { get; set; }

        public void Interrupted() => board.Change(index, Session, isInterrupted: true);

        public void Resumed(TimeSpan after) => board.Change(index, Session, isInterrupted: false);
    }

    private sealed class State
    {
        public bool IsInterrupted { get; set; }

        public ClientSession? Session { get; set; }

        public string? Node { get; set; }

        public bool LossTold { get; set; }
    }
}
