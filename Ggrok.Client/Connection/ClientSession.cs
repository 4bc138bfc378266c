using System.Net.NetworkInformation;
using System.Net.WebSockets;
using Ggrok.Client.Connection.Resume;
using Ggrok.Client.Local;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Multiplexing.Resume;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Connection;

/// <summary>One ready session with the server.</summary>
internal sealed class ClientSession : IMuxHandler, IDisposable
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DrainPoll = TimeSpan.FromMilliseconds(50);

    // An older server leaves the close to the client.
    private static readonly TimeSpan ServerPatience = TimeSpan.FromSeconds(2);

    private readonly ClientWebSocket _socket;
    private readonly LocalRelay _relay;
    private readonly TimeProvider _time;
    private readonly ITimer _clock;
    private readonly SleepWatch _sleep;
    private readonly SessionKeeper? _keeper;
    private bool _watchesNetwork = true;
    private readonly CancellationTokenSource _over = new();
    private readonly TaskCompletionSource<GoAway> _goAway = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ClientSession(ClientWebSocket socket, Welcome welcome, LocalRelay relay, Dialer dialer, int resumeBuffer, ISessionEvents events, TimeProvider time)
    {
        _socket = socket;
        _relay = relay;
        _time = time;
        IMessageTransport transport = Transport(socket, welcome, resumeBuffer, time);
        var options = new MuxOptions { Role = MuxRole.Client, MaxStreams = welcome.Limits.MaxStreams };
        Connection = new MuxConnection(transport, this, options, time);
        if (transport is ResumableTransport resumable)
        {
            _keeper = new SessionKeeper(Connection, resumable, welcome, dialer, events, time);
        }

        _sleep = new SleepWatch(time);
        WatchNetwork();
        _clock = time.CreateTimer(static s => ((ClientSession)s!).Tick(), this, TickInterval, TickInterval);
    }

    public MuxConnection Connection { get; }

    /// <summary>Completes when the server asks to connect again.</summary>
    public Task<GoAway> GoAwayReceived => _goAway.Task;

    /// <summary>The server knew the session no more when it was to be resumed: there is nothing to wait for.</summary>
    public bool IsRefused => _keeper is { IsRefused: true };

    /// <summary>Runs until the session is over.</summary>
    public async Task<CloseReason> RunAsync()
    {
        _ = _keeper?.RunAsync(_over.Token);
        CloseReason reason = await Connection.RunAsync().ConfigureAwait(false);
        Dispose();
        return reason;
    }

    /// <summary>
    /// Takes no new requests and waits for the running ones; false when they took too long. The server closes when none of its
    /// requests is on the way here any more, which this side cannot know.
    /// </summary>
    /// <param name="limit">How long.</param>
    /// <param name="unfinished">Counts what has no stream any more but is still being written to a local connection.</param>
    public async Task<bool> DrainAsync(TimeSpan limit, Func<int> unfinished)
    {
        Connection.SendGoAway(new GoAway(CloseReason.Drained, "The client is shutting down."));
        long started = _time.GetTimestamp();
        TimeSpan busyUntil = TimeSpan.Zero;
        while (!Connection.IsClosing || unfinished() > 0)
        {
            TimeSpan elapsed = _time.GetElapsedTime(started);
            bool isQuiet = Connection.OpenStreams == 0 && unfinished() == 0;
            busyUntil = isQuiet ? busyUntil : elapsed;
            if (isQuiet && Connection.IsSuspended)
            {
                // Nobody is there who could be told.
                Connection.RequestClose(CloseReason.TransportLost);
                return true;
            }

            if (elapsed >= limit || elapsed - busyUntil >= ServerPatience)
            {
                Connection.RequestClose(Connection.IsSuspended ? CloseReason.TransportLost : CloseReason.Normal);
                return isQuiet;
            }

            Task pause = Task.Delay(DrainPoll, _time);
            await (Connection.IsClosing ? pause : Task.WhenAny(Connection.Ended, pause)).ConfigureAwait(false);
        }

        Connection.RequestClose(CloseReason.Normal);
        return true;
    }

    public void OnStream(MuxStream stream) => _ = _relay.ServeAsync(stream);

    public void OnGoAway(GoAway goAway) => _goAway.TrySetResult(goAway);

    public void Dispose()
    {
        if (_watchesNetwork)
        {
            NetworkChange.NetworkAddressChanged -= OnNetworkChanged;
        }

        _clock.Dispose();
        _over.Cancel();
        _socket.Dispose();
    }

    private static IMessageTransport Transport(ClientWebSocket socket, Welcome welcome, int buffer, TimeProvider time)
    {
        var transport = new WebSocketTransport(socket);
        return welcome.Resume is { } grant && buffer > 0
            ? new ResumableTransport(transport, new ResumeOptions
            {
                BufferBytes = buffer,
                PeerBufferBytes = grant.BufferBytes,
                Grace = TimeSpan.FromMilliseconds(grant.GraceMs),
            }, time)
            : transport;
    }

    // Some platforms refuse that to their processes; the heartbeat finds out too, later.
    private void WatchNetwork()
    {
        try
        {
            NetworkChange.NetworkAddressChanged += OnNetworkChanged;
        }
        catch (Exception e) when (e is NetworkInformationException or PlatformNotSupportedException)
        {
            _watchesNetwork = false;
        }
    }

    private void Tick()
    {
        // Where the session would be lost with its connection, a doubt is not worth it.
        if (_sleep.HasSlept() && _keeper is not null)
        {
            Connection.Probe();
        }

        Connection.Tick();
    }

    // Another network, or none: the old connection may be dead without a word.
    private void OnNetworkChanged(object? sender, EventArgs e)
    {
        if (_keeper is not null)
        {
            Connection.Probe();
        }
    }
}
