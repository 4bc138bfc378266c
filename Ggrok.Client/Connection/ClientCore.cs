using System.Security.Cryptography;
using Ggrok.Client.Inbox;
using Ggrok.Client.Local;
using Ggrok.Client.Rendezvous;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Connection;

/// <summary>What all connections of a client have in common.</summary>
internal sealed class ClientCore
{
    private readonly IClientEvents _events;
    private readonly Lock _lock = new();
    private readonly List<ConnectListener> _listeners = [];
    private readonly List<RunningSession> _lingering = [];
    private readonly TaskCompletionSource _several = NewSignal();
    private readonly TaskCompletionSource _over = NewSignal();
    private volatile TaskCompletionSource _changed = NewSignal();
    private CancellationToken _stop;
    private bool _isStopping;
    private volatile bool _drainedInTime = true;

    public ClientCore(TunnelClientOptions options, IClientEvents events, TimeProvider time)
    {
        Options = options;
        _events = events;
        Time = time;
        Dialer = new Dialer(options, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        Relay = new LocalRelay(options.Tunnels, events, time, options.Recording, options.Interceptor, options.Tracing);
        Sessions = new SessionSource(time);
        Board = new ConnectionBoard(events, options.Connections, time);
        options.Recording?.RoundTrip = () => Board.RoundTrip;
    }

    public TunnelClientOptions Options { get; }

    public TimeProvider Time { get; }

    public Dialer Dialer { get; }

    public LocalRelay Relay { get; }

    public SessionSource Sessions { get; }

    public ConnectionBoard Board { get; }

    /// <summary>Completes when the server has said that it takes several connections of a client.</summary>
    public Task Several => _several.Task;

    /// <summary>Completes when the client is over for another reason than that it was stopped: no connection is opened any more.</summary>
    public Task Over => _over.Task;

    /// <summary>Completes when a connection is at another process of the server than before.</summary>
    public Task Changed => _changed.Task;

    /// <summary>Whether what ran was over when the drain time was.</summary>
    public bool DrainedInTime => _drainedInTime;

    /// <summary>Listens for connections to private names.</summary>
    /// <param name="stop">The client stops.</param>
    /// <exception cref="DialException">An address cannot be listened on.</exception>
    public void Listen(CancellationToken stop)
    {
        _stop = stop;
        _listeners.AddRange(Options.Connect.Where(c => c.Listen is not null).Select(c => new ConnectListener(c, Sessions, _events, Time)));
    }

    /// <summary>Listens no more.</summary>
    public void CloseListeners() => _listeners.ForEach(l => l.Dispose());

    /// <summary>Why the client should not go on with what the server says about private names, or null.</summary>
    public SessionOutcome? NameProblem(Welcome welcome)
    {
        foreach ((ConnectTarget target, NameState state) in Options.Connect.Zip(welcome.Connect ?? []))
        {
            string wanted = (target.Udp ? TunnelKind.Udp : TunnelKind.Tcp).ToWire();
            if (state.Kind is null && !Options.WaitForNames)
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

    /// <summary>A connection is open: visitors come over it, and streams may be opened on it.</summary>
    public void Opened(int index, ClientSession session, Welcome welcome)
    {
        Relay.MaxHeadBytes = welcome.Limits.MaxHeadBytes;

        // Before anybody is told: the first datagram would find no session.
        Sessions.Set(session);
        bool isFirst = !Board.WasReady;
        bool takesSeveral = welcome.Connection is not null;
        Board.Wanted = takesSeveral || Several.IsCompleted ? Options.Connections : 1;
        Board.Opened(index, session, welcome.Node, () => TellReady(welcome));
        if (isFirst && Options.CheckTargets)
        {
            _ = LocalCheck.RunAsync(Options.Tunnels, _events, _stop);
        }

        if (isFirst && !takesSeveral && Options.Connections > 1)
        {
            _events.Notice($"The server ({Printable.Clean(welcome.Version)}) is too old for several connections; one is used.");
        }

        if (takesSeveral)
        {
            _several.TrySetResult();
        }

        SignalChange();
    }

    /// <summary>A connection gets nothing new any more.</summary>
    public void Closed(int index, ClientSession session)
    {
        Sessions.Clear(session);
        Board.Closed(index, session);
        SignalChange();
    }

    /// <summary>A connection was left for a better one: what runs there may finish.</summary>
    public void Left(RunningSession running)
    {
        Sessions.Clear(running.Session);
        Linger(running);
        _ = running.Session.DrainAsync(TimeSpan.MaxValue, static () => 0);
    }

    /// <summary>A session that the server asked to leave, or that was left: it ends when nothing runs there any more.</summary>
    public void Linger(RunningSession running)
    {
        _listeners.ForEach(l => l.EndFlows());
        lock (_lock)
        {
            _lingering.RemoveAll(s => s.Ended.IsCompleted);
            _lingering.Add(running);
        }
    }

    /// <summary>The client is stopped; the first connection that hears of it says so.</summary>
    public void BeginStop()
    {
        lock (_lock)
        {
            if (_isStopping)
            {
                return;
            }

            _isStopping = true;
        }

        // Datagrams have no end of their own that could be waited for.
        CloseListeners();
        Relay.EndDatagrams();
        Relay.EndProbes();
        _events.Draining(Board.Pulse().Open);
    }

    /// <summary>The client is stopped: what runs on this connection may finish, for as long as the drain time.</summary>
    public async Task DrainAsync(RunningSession running)
    {
        bool inTime = await running.Session.DrainAsync(
            Options.DrainTimeout, () => Relay.RawConnections + _listeners.Sum(l => l.Connections)).ConfigureAwait(false);
        _drainedInTime &= inTime;
        await running.Ended.ConfigureAwait(false);
    }

    /// <summary>The client is over: no connection is opened any more, and those that are open finish what runs.</summary>
    public void End() => _over.TrySetResult();

    /// <summary>Waits for sessions that are still finishing what runs, for as long as the drain time at most.</summary>
    /// <param name="isStopped">The client was stopped; else the server ended it, and closes them itself.</param>
    public async Task FinishAsync(bool isStopped)
    {
        RunningSession[] open;
        lock (_lock)
        {
            open = [.. _lingering.Where(s => !s.Ended.IsCompleted)];
        }

        Task ended = Task.WhenAll(open.Select(s => s.Ended));
        if (!isStopped)
        {
            // Another process of the server may not have been told yet who serves the name now.
            await ended.WaitAsync(Options.DrainTimeout, Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        bool[] inTime = await Task.WhenAll(open.Where(s => !s.Ended.IsCompleted)
            .Select(s => s.Session.DrainAsync(Options.DrainTimeout, static () => 0))).ConfigureAwait(false);
        _drainedInTime &= Array.TrueForAll(inTime, t => t);
        await ended.ConfigureAwait(false);
    }

    private void TellReady(Welcome welcome)
    {
        _ = InboxNotice.TellAsync(Options, [.. welcome.Tunnels.Select(t => new Uri(t.Url))], _events, Time, _stop);
        _events.Measurable(Board.Pulse);
        if (Options.Tunnels.Count > 0)
        {
            _events.Ready([.. Options.Tunnels.Select((t, i) => new PublicTunnel(
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

    private void SignalChange() => Interlocked.Exchange(ref _changed, NewSignal()).TrySetResult();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
