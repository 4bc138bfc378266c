using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Client.Local;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Replay;

/// <summary>
/// A tunnel within the client: what is sent into a stream goes to the local service through a relay as that of visitors
/// does. It starts with the first stream. Nothing in it gets lost on the way, so it has no heartbeat and no timeouts.
/// </summary>
internal sealed class LoopbackTunnel : IMuxHandler, IAsyncDisposable
{
    // Who opens the streams bounds them.
    private const int MostStreams = 100_000;

    private readonly Lock _lock = new();
    private readonly LocalRelay _relay;
    private readonly TimeProvider _time;
    private MuxConnection? _connection;
    private Task _running = Task.CompletedTask;
    private bool _isOver;

    /// <param name="tunnels">The tunnels; a request's head says which by its index.</param>
    /// <param name="events">Told of each exchange that is over, after it was recorded.</param>
    /// <param name="time">The clock.</param>
    /// <param name="recording">Records the exchanges, or null.</param>
    public LoopbackTunnel(IReadOnlyList<LocalTunnel> tunnels, IClientEvents events, TimeProvider time, IExchangeRecording? recording)
    {
        _relay = new LocalRelay(tunnels, events, time, recording);
        _time = time;
    }

    /// <summary>
    /// A new stream, as the server has them: write a request's head, its body as Data and End; read the response's heads,
    /// Data, Trailers and End, or Reset. Null when the tunnel is over.
    /// </summary>
    public MuxStream? OpenStream()
    {
        lock (_lock)
        {
            return _isOver ? null : (_connection ??= Start()).OpenStream();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _isOver = true;
            _connection?.RequestClose(CloseReason.Normal);
        }

        await _running.ConfigureAwait(false);
    }

    void IMuxHandler.OnStream(MuxStream stream) => _ = _relay.ServeAsync(stream);

    void IMuxHandler.OnGoAway(GoAway goAway)
    {
    }

    private MuxConnection Start()
    {
        (MemoryTransport near, MemoryTransport far) = MemoryTransport.Pair();
        var server = new MuxConnection(near, new Nobody(), new MuxOptions { Role = MuxRole.Server, MaxStreams = MostStreams }, _time);
        var client = new MuxConnection(far, this, new MuxOptions { Role = MuxRole.Client, MaxStreams = MostStreams }, _time);
        _running = Task.WhenAll(server.RunAsync(), client.RunAsync());
        return server;
    }

    // The relay opens no streams.
    private sealed class Nobody : IMuxHandler
    {
        public void OnStream(MuxStream stream) => stream.Reset(RelayError.RequestInvalid);

        public void OnGoAway(GoAway goAway)
        {
        }
    }
}
