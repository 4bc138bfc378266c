using System.Collections.Concurrent;
using System.Threading.Channels;
using Ggrok.Client.Connection;

namespace Ggrok.Tests.Testing;

/// <summary>Keeps what a client tells, and lets tests wait for it.</summary>
public sealed class RecordingEvents : IClientEvents
{
    private readonly Channel<IReadOnlyList<PublicTunnel>> _ready = Channel.CreateUnbounded<IReadOnlyList<PublicTunnel>>();
    private readonly Channel<ExchangeSummary> _exchanges = Channel.CreateUnbounded<ExchangeSummary>();
    private readonly Channel<(string Reason, TimeSpan RetryIn)> _lost = Channel.CreateUnbounded<(string, TimeSpan)>();

    private readonly Channel<TimeSpan> _resumed = Channel.CreateUnbounded<TimeSpan>();
    private readonly Channel<System.Net.IPEndPoint> _listening = Channel.CreateUnbounded<System.Net.IPEndPoint>();
    private readonly Channel<Uri> _inspecting = Channel.CreateUnbounded<Uri>();
    private readonly Channel<ConnectionSummary> _connections = Channel.CreateUnbounded<ConnectionSummary>();

    public ConcurrentQueue<string> Log { get; } = new();

    /// <summary>How the session does that the client has now; null before the first.</summary>
    public Func<SessionPulse>? Pulse { get; private set; }

    /// <summary>How long the client meant to wait, each time that it lost its session or found no server.</summary>
    public ConcurrentQueue<TimeSpan> Waits { get; } = new();

    /// <summary>The next time that the client is ready.</summary>
    public Task<IReadOnlyList<PublicTunnel>> NextReadyAsync() => Within.Bound(_ready.Reader.ReadAsync().AsTask(), "the client to be ready", Log);

    /// <summary>The next local address that leads to a private name.</summary>
    public Task<System.Net.IPEndPoint> NextListeningAsync() => Within.Bound(_listening.Reader.ReadAsync().AsTask(), "the client to listen", Log);

    /// <summary>Address of the inspector.</summary>
    public Task<Uri> NextInspectingAsync() => Within.Bound(_inspecting.Reader.ReadAsync().AsTask(), "the inspector to listen", Log);

    public Task<ConnectionSummary> NextConnectionAsync() => Within.Bound(_connections.Reader.ReadAsync().AsTask(), "a connection to end", Log);

    public Task<ExchangeSummary> NextExchangeAsync() => Within.Bound(_exchanges.Reader.ReadAsync().AsTask(), "an exchange to end", Log);

    public Task<(string Reason, TimeSpan RetryIn)> NextLostAsync() => Within.Bound(_lost.Reader.ReadAsync().AsTask(), "the client to lose its session", Log);

    public void Inspecting(Uri address)
    {
        Log.Enqueue($"inspecting {address}");
        _inspecting.Writer.TryWrite(address);
    }

    public void Measurable(Func<SessionPulse> pulse) => Pulse = pulse;

    public void Connecting(int attempt) => Log.Enqueue($"connecting {attempt}");

    public void Ready(IReadOnlyList<PublicTunnel> tunnels)
    {
        Log.Enqueue("ready " + string.Join(", ", tunnels.Select(t => t.Url)));
        _ready.Writer.TryWrite(tunnels);
    }

    public void Lost(string reason, TimeSpan retryIn)
    {
        Log.Enqueue($"lost: {reason} ({retryIn})");
        Waits.Enqueue(retryIn);
        _lost.Writer.TryWrite((reason, retryIn));
    }

    /// <summary>The next time that the session goes on after an interruption.</summary>
    public Task<TimeSpan> NextResumedAsync() => Within.Bound(_resumed.Reader.ReadAsync().AsTask(), "the session to go on", Log);

    public void Interrupted() => Log.Enqueue("interrupted");

    public void Resumed(TimeSpan after)
    {
        Log.Enqueue($"resumed after {after}");
        _resumed.Writer.TryWrite(after);
    }

    public void Listening(string name, string address)
    {
        Log.Enqueue($"listening {address} -> {name}");
        _listening.Writer.TryWrite(System.Net.IPEndPoint.Parse(address));
    }

    public void Notice(string message) => Log.Enqueue("notice: " + message);

    public void ConnectionCompleted(in ConnectionSummary connection)
    {
        Log.Enqueue($"connection: {connection}");
        _connections.Writer.TryWrite(connection);
    }

    public void ExchangeCompleted(in ExchangeSummary exchange) => _exchanges.Writer.TryWrite(exchange);

    public void Draining(int running) => Log.Enqueue($"draining {running}");
}
