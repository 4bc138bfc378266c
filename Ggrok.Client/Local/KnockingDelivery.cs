using System.Net.Sockets;
using Ggrok.Client.Connection;
using Ggrok.Client.Inbox.Contracts;
using Ggrok.Client.Inspector.Content;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Local;

/// <summary>
/// A request out of an inbox comes again every few seconds while nothing listens at the local service. That is told once; the others would bury
/// everything else.
/// </summary>
/// <param name="tunnel">The tunnel of the service.</param>
internal sealed class KnockingDelivery(LocalTunnel tunnel)
{
    private volatile string? _id;

    /// <summary>Whether a request is the one that nobody took last time.</summary>
    public bool IsAgain(RequestHead request) => _id is { } id && request.Headers.ValueOf(InboxFields.DeliveryId) == id;

    /// <summary>Whether the service can be connected to by now.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public async ValueTask<bool> IsTakenAsync(CancellationToken cancellation)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(LocalDialer.Timeout);
            (await LocalDialer.DialAsync(tunnel.Target, limit.Token).ConfigureAwait(false)).Dispose();
            return true;
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return false;
        }
    }

    /// <summary>A request is over.</summary>
    public void Ended(RequestHead request, RelayError error)
    {
        if (error == RelayError.LocalUnreachable)
        {
            _id = request.Headers.ValueOf(InboxFields.DeliveryId);
        }
        else if (_id is not null && error == RelayError.None)
        {
            _id = null;
        }
    }
}
