using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>The peer closed during the handshake.</summary>
/// <param name="reason">The reason that it gave.</param>
public sealed class PeerClosedException(CloseReason reason) : IOException($"The peer closed the connection during the handshake ({reason}).")
{
    /// <summary>The reason that it gave.</summary>
    public CloseReason Reason => reason;
}

/// <summary>Receives whole messages before a <see cref="MuxConnection"/> takes the transport over.</summary>
public static class HandshakeChannel
{
    /// <summary>The next message.</summary>
    /// <exception cref="IOException">The peer closed or is lost.</exception>
    /// <exception cref="ProtocolViolationException">The message is larger than allowed.</exception>
    public static async Task<byte[]> ReceiveAsync(IMessageTransport transport)
    {
        MessageBuffer message = MessageBuffer.Rent();
        byte[] buffer = message.Bytes;
        try
        {
            int length = 0;
            while (true)
            {
                TransportRead read = await transport.ReceiveAsync(buffer.AsMemory(length)).ConfigureAwait(false);
                length += read.Count;
                if (read.Closed)
                {
                    throw new PeerClosedException(read.PeerReason);
                }

                if (length > ProtocolLimits.MaxMessageBytes)
                {
                    throw new ProtocolViolationException(CloseReason.FrameTooLarge);
                }

                if (read.EndOfMessage)
                {
                    return buffer[..length];
                }
            }
        }
        finally
        {
            message.Release();
        }
    }
}
