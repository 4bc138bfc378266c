using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>Carries whole messages in order. One sender and one receiver at a time.</summary>
/// <remarks>
/// No method takes a cancellation token: cancelling a WebSocket operation kills the socket, so only
/// <see cref="Abort"/> ends one early, and it ends all of them.
/// </remarks>
public interface IMessageTransport
{
    /// <summary>Sends one message. Completes when the memory may be used again.</summary>
    /// <exception cref="IOException">The transport is lost.</exception>
    ValueTask SendAsync(ReadOnlyMemory<byte> message);

    /// <summary>
    /// Receives the next piece of the current message. With an empty buffer it waits until something can be read
    /// and consumes nothing.
    /// </summary>
    /// <exception cref="IOException">The transport is lost.</exception>
    ValueTask<TransportRead> ReceiveAsync(Memory<byte> buffer);

    /// <summary>Says that no message follows, and why. The peer's answer arrives through <see cref="ReceiveAsync"/>.</summary>
    ValueTask CloseAsync(CloseReason reason);

    /// <summary>Drops the connection at once; pending operations fail.</summary>
    void Abort();
}

/// <summary>What one receive brought.</summary>
/// <param name="Count">Bytes placed in the buffer.</param>
/// <param name="EndOfMessage">The message is complete.</param>
/// <param name="Closed">The peer closed; nothing follows.</param>
/// <param name="PeerReason">With <paramref name="Closed"/>: the reason the peer gave.</param>
public readonly record struct TransportRead(int Count, bool EndOfMessage, bool Closed, CloseReason PeerReason)
{
    /// <summary>The message that had begun will not be completed: what came of it is void, and the next piece begins another.</summary>
    public bool BeginsAgain { get; init; }
}
