using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>One connected client: its connection and the streams opened through it.</summary>
public sealed class TunnelSession : ITunnel, IMuxHandler
{
    // What the client opens before it has heard that it shall go.
    private static readonly TimeSpan Crossing = TimeSpan.FromMilliseconds(500);

    // A client whose place another run of it has taken is most likely dead if its connection is broken as well; one that lives is
    // back within this time.
    private static readonly TimeSpan ReplacedAndBroken = TimeSpan.FromSeconds(5);

    private readonly Func<TunnelSession, MuxStream, Task> _serve;
    private readonly TimeProvider _time;
    private Identity _identity;
    private int _goingAway;
    private volatile Retirement? _retired;

    // Of the ticks alone: since when a retired session has no connection, and how often it had been resumed then.
    private (long Since, int Resumptions)? _broken;

    /// <summary>Creates the session over a transport on which the handshake is done.</summary>
    /// <param name="id">Id for logs.</param>
    /// <param name="hello">What the client said of itself.</param>
    /// <param name="identity">Who it is by its token or certificate.</param>
    /// <param name="remote">Address from which it connected, as text.</param>
    /// <param name="transport">The connection.</param>
    /// <param name="options">Settings of the multiplexed connection.</param>
    /// <param name="serve">Serves a stream that the client opens; never throws, and returns at the first wait.</param>
    /// <param name="time">Clock.</param>
    public TunnelSession(
        string id, Hello hello, Identity identity, string remote, IMessageTransport transport, MuxOptions options,
        Func<TunnelSession, MuxStream, Task> serve, TimeProvider time)
    {
        Id = id;
        Hello = hello;
        _identity = identity;
        Opened = time.GetUtcNow();
        Remote = remote;
        _serve = serve;
        _time = time;
        Connection = new MuxConnection(transport, this, options, time);
    }

    /// <summary>Id for logs.</summary>
    public string Id { get; }

    /// <summary>What the client said of itself.</summary>
    public Hello Hello { get; }

    /// <summary>Who opened the session, and what that allows by now.</summary>
    public Identity Identity
    {
        get => Volatile.Read(ref _identity);
        internal set => Volatile.Write(ref _identity, value);
    }

    /// <summary>When it was opened.</summary>
    public DateTimeOffset Opened { get; }

    /// <summary>The routes that lead to it; none while it is not admitted yet.</summary>
    public IReadOnlyList<TunnelRoute> Routes { get; internal set; } = [];

    /// <summary>What it counts towards the limit of its token: one that only connects as one tunnel, so that the limit bounds those too.</summary>
    internal int Size => SizeOf(Hello);

    internal static int SizeOf(Hello hello) => Math.Max(1, hello.Tunnels.Count);

    /// <summary>Address from which the client connected, as text.</summary>
    public string Remote { get; internal set; }

    /// <summary>The multiplexed connection.</summary>
    public MuxConnection Connection { get; }

    /// <summary>All connections of its client; null where this is the only one.</summary>
    internal SessionGroup? Group { get; init; }

    /// <summary>What it holds, alone or with the others of its group; null while it is not admitted yet.</summary>
    internal Tenure? Tenure { get; set; }

    /// <summary>Its client was told to go.</summary>
    internal bool IsGoingAway => Volatile.Read(ref _goingAway) != 0;

    /// <inheritdoc/>
    public bool IsLeaving => Connection.IsClosing || Connection.RefusesStreams;

    /// <inheritdoc/>
    public bool IsSuspended => Connection.IsSuspended;

    /// <inheritdoc/>
    public MuxStream? TryOpenStream(out RelayError error)
    {
        MuxStream? stream = Connection.OpenStream();
        error = stream is not null ? RelayError.None
            : Connection.IsClosing ? RelayError.TunnelLost
            : Connection.RefusesStreams ? RelayError.Draining
            : RelayError.TooManyStreams;
        return stream;
    }

    /// <summary>Asks the client to connect elsewhere and closes once no exchange runs.</summary>
    public void GoAway(CloseReason reason, string message)
    {
        if (Interlocked.Exchange(ref _goingAway, 1) == 0)
        {
            Connection.SendGoAway(new GoAway(reason, message));
        }
    }

    /// <summary>
    /// Another session has its place: it gets nothing new, and closes once what runs there is over or the time is.
    /// </summary>
    /// <param name="reason">Why it closes then.</param>
    /// <param name="limit">How long it may take; null for as long as it does.</param>
    internal void Retire(CloseReason reason, TimeSpan? limit)
    {
        if (_retired is null)
        {
            _retired = new Retirement(reason, _time.GetTimestamp(), limit);
            Connection.RefuseStreams();
            EndIfBroken(_retired, isForLong: false);
        }
    }

    // What has not left yet goes to the successor then; it would wait here for a client that may never come.
    private void EndIfBroken(Retirement retired, bool isForLong)
    {
        if (retired.Reason == CloseReason.Replaced && (isForLong || Connection.HasNothingOut))
        {
            Connection.TryEndSuspended(CloseReason.Replaced);
        }
    }

    /// <summary>Advances clocks and timeouts; called about once a second.</summary>
    internal void Tick()
    {
        Connection.Tick();
        if (_retired is not { } retired)
        {
            return;
        }

        int resumptions = Connection.Resumable?.Resumptions ?? 0;
        _broken = !Connection.IsSuspended ? null : _broken is { } before && before.Resumptions == resumptions ? before : (_time.GetTimestamp(), resumptions);
        EndIfBroken(retired, isForLong: _broken is { } broken && _time.GetElapsedTime(broken.Since) >= ReplacedAndBroken);
        TimeSpan elapsed = _time.GetElapsedTime(retired.Since);
        if (elapsed >= Crossing && (Connection.OpenStreams == 0 || elapsed >= retired.Limit))
        {
            Connection.RequestClose(retired.Reason);
        }
    }

    /// <summary>The client opens a connection to a private name.</summary>
    public void OnStream(MuxStream stream) => _ = _serve(this, stream);

    /// <summary>The client drains: it opens no streams any more, and the server must open none.</summary>
    public void OnGoAway(GoAway goAway)
    {
    }

    /// <summary>
    /// Only this side knows that none of its requests is on its way to the client any more; the client waits for the close.
    /// </summary>
    public void OnDrained()
    {
        // Of a retired one the clock decides: its client may not have heard of it yet, and open something.
        if (_retired is null)
        {
            Connection.RequestClose(CloseReason.Normal);
        }
    }

    private sealed record Retirement(CloseReason Reason, long Since, TimeSpan? Limit);
}
