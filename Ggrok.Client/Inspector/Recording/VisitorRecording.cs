using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Recording;

/// <summary>Records what visitors send.</summary>
internal sealed class VisitorRecording(Recorder recorder) : IExchangeRecording
{
    /// <summary>Tells the round trip to the server.</summary>
    public Func<TimeSpan> RoundTrip { get; set; } = static () => TimeSpan.Zero;

    /// <inheritdoc/>
    public RecordingExchange Begin(RequestHead head, ReadOnlySpan<byte> envelope, LocalTunnel tunnel, long started) => recorder.Begin(
        new ExchangeOrigin { Tunnel = tunnel.Name, Started = started, TunnelRoundTrip = RoundTrip(), AtServer = head.Waited }, envelope);
}
