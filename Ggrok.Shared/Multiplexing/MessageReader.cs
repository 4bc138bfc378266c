using System.Runtime.CompilerServices;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>The reader loop of a connection: receives messages and hands each to the dispatcher.</summary>
internal sealed class MessageReader(IMessageTransport transport, FrameDispatcher dispatcher, Heartbeat heartbeat, MuxStatistics statistics)
{
    /// <summary>The peer has closed in order.</summary>
    public bool PeerClosed { get; private set; }

    /// <summary>Reads until the connection is over; returns why. Never throws.</summary>
    public async Task<CloseReason> RunAsync()
    {
        try
        {
            while (true)
            {
                // Waiting without a buffer keeps an idle tunnel small.
                TransportRead idle = await transport.ReceiveAsync(Memory<byte>.Empty).ConfigureAwait(false);
                if (idle.Closed)
                {
                    PeerClosed = true;
                    return idle.PeerReason;
                }

                MessageBuffer buffer = MessageBuffer.Rent();
                try
                {
                    (int length, CloseReason? closed) = await ReceiveMessageAsync(buffer.Bytes).ConfigureAwait(false);
                    if (closed is not null)
                    {
                        PeerClosed = true;
                        return closed.Value;
                    }

                    statistics.Received(length);
                    dispatcher.Dispatch(buffer, length);
                }
                finally
                {
                    buffer.Release();
                }
            }
        }
        catch (IOException)
        {
            return CloseReason.TransportLost;
        }
        catch (ProtocolViolationException violation)
        {
            return violation.Reason;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A bug at this side. The connection cannot go on, and must end as any other: with all its streams.
            return CloseReason.Internal;
        }
    }

    /// <summary>Waits for the peer's close: dropping the connection at once would drop the close on its way, too. Never throws.</summary>
    public async Task LingerAsync()
    {
        byte[] discarded = new byte[4096];
        try
        {
            while (!(await transport.ReceiveAsync(discarded).ConfigureAwait(false)).Closed)
            {
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Over is over.
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(int Length, CloseReason? Closed)> ReceiveMessageAsync(byte[] buffer)
    {
        int length = 0;
        while (true)
        {
            TransportRead read = await transport.ReceiveAsync(buffer.AsMemory(length)).ConfigureAwait(false);
            if (read.Count > 0)
            {
                // On a slow line a message takes long.
                heartbeat.Heard();
            }

            length = read.BeginsAgain ? 0 : length + read.Count;
            if (read.Closed)
            {
                return (length, read.PeerReason);
            }

            if (length > ProtocolLimits.MaxMessageBytes)
            {
                throw new ProtocolViolationException(CloseReason.FrameTooLarge);
            }

            if (read.EndOfMessage)
            {
                return (length, null);
            }
        }
    }
}
