using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>Reads the first message of a client.</summary>
internal static class HandshakeReader
{
    /// <exception cref="IOException">The client went away or sent nothing in time.</exception>
    /// <exception cref="ProtocolViolationException">The first message is no Hello.</exception>
    public static async Task<Hello> ReadHelloAsync(IMessageTransport transport, TimeSpan timeout, TimeProvider time)
    {
        await using ITimer timer = time.CreateTimer(static t => ((IMessageTransport)t!).Abort(), transport, timeout, Timeout.InfiniteTimeSpan);
        byte[] message = await HandshakeChannel.ReceiveAsync(transport).ConfigureAwait(false);
        (FrameKind kind, byte[] payload) = HandshakeCodec.DecodeFrame(message);
        return kind == FrameKind.Hello
            ? HandshakeCodec.DecodePayload(payload, HandshakeJson.Default.Hello)
            : throw new ProtocolViolationException(CloseReason.FrameMalformed);
    }
}
