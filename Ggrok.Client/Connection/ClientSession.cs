using System.Net.WebSockets;
using Ggrok.Client.Local;
using Ggrok.Shared.Multiplexing;
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
    private readonly TaskCompletionSource<GoAway> _goAway = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ClientSession(ClientWebSocket socket, Welcome welcome, LocalRelay relay, TimeProvider time)
    {
        _socket = socket;
        _relay = relay;
        _time = time;
        var options = new MuxOptions { Role = MuxRole.Client, MaxStreams = welcome.Limits.MaxStreams };
        Connection = new MuxConnection(new WebSocketTransport(socket), this, options, time);
        _clock = time.CreateTimer(static s => ((ClientSession)s!).Connection.Tick(), this, TickInterval, TickInterval);
    }

    public MuxConnection Connection { get; }

    /// <summary>Completes when the server asks to connect again.</summary>
    public Task<GoAway> GoAwayReceived => _goAway.Task;

    /// <summary>Runs until the connection is over.</summary>
    public async Task<CloseReason> RunAsync()
    {
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
            if (elapsed >= limit || elapsed - busyUntil >= ServerPatience)
            {
                Connection.RequestClose(CloseReason.Normal);
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
        _clock.Dispose();
        _socket.Dispose();
    }
}
