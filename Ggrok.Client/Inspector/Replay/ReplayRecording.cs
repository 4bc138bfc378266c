using System.Collections.Concurrent;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Replay;

/// <summary>
/// Records replayed requests as what they are, and tells when they are over. To the client's own events they are nothing:
/// those speak of visitors.
/// </summary>
internal sealed class ReplayRecording(Recorder recorder) : IExchangeRecording, IClientEvents
{
    private readonly ConcurrentDictionary<string, Expected> _expected = new();

    /// <summary>A request with this correlation id is going to be sent.</summary>
    /// <param name="id">Its correlation id.</param>
    /// <param name="replayOf">Number of the exchange that it repeats.</param>
    /// <param name="otherTarget">Address of another service than the tunnel's own, or null.</param>
    public Expected Expect(string id, long replayOf, string? otherTarget) => _expected[id] = new Expected(replayOf, otherTarget);

    /// <summary>A request is over or is not going to be sent.</summary>
    public void Forget(string id) => _expected.TryRemove(id, out _);

    /// <inheritdoc/>
    public RecordingExchange Begin(RequestHead head, ReadOnlySpan<byte> envelope, LocalTunnel tunnel, long started)
    {
        _expected.TryGetValue(head.Id, out Expected? expected);
        var origin = new ExchangeOrigin
        {
            Tunnel = tunnel.Name,
            Started = started,
            Source = ExchangeSource.Replay,
            ReplayOf = expected?.ReplayOf,
            OtherTarget = expected?.OtherTarget,
        };
        RecordingExchange recording = recorder.Begin(origin, envelope);
        expected?.Number = recording.Number;
        return recording;
    }

    /// <inheritdoc/>
    public void ExchangeCompleted(in ExchangeSummary exchange)
    {
        if (_expected.TryGetValue(exchange.Id, out Expected? expected))
        {
            expected.End();
        }
    }

    /// <inheritdoc/>
    public void ConnectionCompleted(in ConnectionSummary connection)
    {
    }

    /// <inheritdoc/>
    public void Connecting(int attempt)
    {
    }

    /// <inheritdoc/>
    public void Ready(IReadOnlyList<PublicTunnel> tunnels)
    {
    }

    /// <inheritdoc/>
    public void Lost(string reason, TimeSpan retryIn)
    {
    }

    /// <inheritdoc/>
    public void Listening(string name, string address)
    {
    }

    /// <inheritdoc/>
    public void Inspecting(Uri address)
    {
    }

    /// <inheritdoc/>
    public void Notice(string message)
    {
    }

    /// <inheritdoc/>
    public void Draining(int running)
    {
    }

    /// <summary>One replayed request.</summary>
    internal sealed class Expected(long replayOf, string? otherTarget)
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long ReplayOf => replayOf;

        public string? OtherTarget => otherTarget;

        /// <summary>Its number; 0 before it began.</summary>
        public long Number { get; set; }

        /// <summary>Completes when it is over and recorded.</summary>
        public Task Ended => _ended.Task;

        public void End() => _ended.TrySetResult();
    }
}
