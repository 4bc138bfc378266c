using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>Messages over a WebSocket (RFC 6455), binary only.</summary>
public sealed class WebSocketTransport(WebSocket socket) : IMessageTransport
{
    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SendAsync(ReadOnlyMemory<byte> message)
    {
        try
        {
            await socket.SendAsync(message, WebSocketMessageType.Binary, WebSocketMessageFlags.EndOfMessage, CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (Exception e) when (IsLoss(e))
        {
            throw new IOException("The WebSocket is lost.", e);
        }
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<TransportRead> ReceiveAsync(Memory<byte> buffer)
    {
        try
        {
            ValueWebSocketReceiveResult result = await socket.ReceiveAsync(buffer, CancellationToken.None).ConfigureAwait(false);
            return result.MessageType switch
            {
                WebSocketMessageType.Close => new TransportRead(0, true, true, PeerReason()),
                WebSocketMessageType.Text => throw new ProtocolViolationException(CloseReason.FrameMalformed),
                _ => new TransportRead(result.Count, result.EndOfMessage, false, CloseReason.Normal),
            };
        }
        catch (Exception e) when (IsLoss(e))
        {
            throw new IOException("The WebSocket is lost.", e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask CloseAsync(CloseReason reason)
    {
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(StatusFor(reason), reason.ToString(), CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (IsLoss(e))
        {
            // Already gone, which is what closing wants.
        }
    }

    /// <inheritdoc/>
    public void Abort() => socket.Abort();

    // A close without one of our names that is no ordinary one is by somebody in between, such as a proxy that restarts.
    private CloseReason PeerReason() => EnumNames<CloseReason>.Find(socket.CloseStatusDescription)
        ?? (socket.CloseStatus == WebSocketCloseStatus.NormalClosure ? CloseReason.Normal : CloseReason.TransportLost);

    // RFC 6455 section 7.4.1.
    private static WebSocketCloseStatus StatusFor(CloseReason reason) => reason switch
    {
        CloseReason.Normal => WebSocketCloseStatus.NormalClosure,
        CloseReason.Drained or CloseReason.Replaced => WebSocketCloseStatus.EndpointUnavailable,
        CloseReason.TokenRevoked or CloseReason.TokenExpired or CloseReason.TokenNarrowed => WebSocketCloseStatus.PolicyViolation,
        _ => WebSocketCloseStatus.ProtocolError,
    };

    private static bool IsLoss(Exception e) =>
        e is WebSocketException or IOException or ObjectDisposedException or OperationCanceledException
            or InvalidOperationException or System.Net.Sockets.SocketException;
}
