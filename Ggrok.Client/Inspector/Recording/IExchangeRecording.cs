using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Recording;

/// <summary>Begins to record the exchanges of one relay.</summary>
internal interface IExchangeRecording
{
    /// <summary>An exchange begins. Must return at once.</summary>
    /// <param name="head">The request.</param>
    /// <param name="envelope">The same as it arrived.</param>
    /// <param name="tunnel">The tunnel that it came through.</param>
    /// <param name="started">Timestamp at which it arrived.</param>
    RecordingExchange Begin(RequestHead head, ReadOnlySpan<byte> envelope, LocalTunnel tunnel, long started);
}
