using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Local.Http1;

/// <summary>The local service could not be reached.</summary>
internal sealed class LocalConnectException(RelayError error, Exception inner) : Exception(inner.Message, inner)
{
    public RelayError Error { get; } = error;
}

/// <summary>Kept-alive connections to one local service. Never through a proxy.</summary>
internal sealed class LocalConnectionPool(Uri target, bool insecure, TimeProvider time)
{
    private static readonly TimeSpan LongestIdle = TimeSpan.FromSeconds(50);

    // A service may close an idle connection at the very moment at which a request is sent on it. A request that must
    // not be sent twice therefore only takes a connection that was used a moment ago.
    private static readonly TimeSpan LongestIdleForOnce = TimeSpan.FromSeconds(1);

    // Asking the system whether the service has closed the connection costs as much as a small read; one that was used
    // this short a time ago is as likely to close after the question as before it.
    private static readonly TimeSpan FreshlyUsed = TimeSpan.FromMilliseconds(5);

    private const int MostIdle = 256;

    private static readonly List<SslApplicationProtocol> s_http1 = [SslApplicationProtocol.Http11];
    private static readonly List<SslApplicationProtocol> s_either = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];

    private readonly Lock _gate = new();
    private readonly Stack<LocalConnection> _idle = new();

    /// <summary>A kept connection that is ready for a request; null when there is none.</summary>
    /// <param name="repeatable">The request may be sent again on another connection when this one turns out to be dead.</param>
    public LocalConnection? TryRent(bool repeatable)
    {
        TimeSpan limit = repeatable ? LongestIdle : LongestIdleForOnce;
        while (TakeIdle() is { } connection)
        {
            TimeSpan promised = connection.KeepAliveSeconds is { } seconds ? TimeSpan.FromSeconds(seconds - 1) : LongestIdle;
            TimeSpan idle = time.GetElapsedTime(connection.IdleSince);
            if (idle <= limit && idle <= promised && (idle < FreshlyUsed || !connection.IsStale))
            {
                return connection;
            }

            connection.Dispose();
        }

        return null;
    }

    /// <summary>Takes back a connection whose exchange is complete.</summary>
    public void Return(LocalConnection connection)
    {
        connection.Trim();
        connection.WasUsed = true;
        connection.IdleSince = time.GetTimestamp();
        lock (_gate)
        {
            if (_idle.Count < MostIdle)
            {
                _idle.Push(connection);
                return;
            }
        }

        connection.Dispose();
    }

    /// <summary>A new connection.</summary>
    /// <exception cref="LocalConnectException">Nothing listens, or TLS failed.</exception>
    public ValueTask<LocalConnection> ConnectAsync(CancellationToken cancellation) => ConnectAsync(s_http1, cancellation);

    /// <summary>
    /// Asks a service with TLS for HTTP/2 or HTTP/1.1 (RFC 7301); true when it takes HTTP/2. In the other case the connection
    /// is kept for the next request.
    /// </summary>
    /// <exception cref="LocalConnectException">Nothing listens, or TLS failed.</exception>
    public async ValueTask<bool> NegotiatesHttp2Async(CancellationToken cancellation)
    {
        LocalConnection connection = await ConnectAsync(s_either, cancellation).ConfigureAwait(false);
        if (connection.Stream is SslStream { NegotiatedApplicationProtocol: var chosen } && chosen == SslApplicationProtocol.Http2)
        {
            connection.Dispose();
            return true;
        }

        Return(connection);
        return false;
    }

    private async ValueTask<LocalConnection> ConnectAsync(List<SslApplicationProtocol> protocols, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(LocalDialer.Timeout);
        Socket? socket = null;
        try
        {
            socket = await LocalDialer.DialAsync(target, limit.Token).ConfigureAwait(false);
            var plain = new NetworkStream(socket, ownsSocket: true);
            if (target.Scheme != Uri.UriSchemeHttps)
            {
                return new LocalConnection(socket, plain);
            }

            var tls = new SslStream(plain);
            await tls.AuthenticateAsClientAsync(LocalDialer.Tls(target, insecure, protocols), limit.Token).ConfigureAwait(false);
            return new LocalConnection(socket, tls);
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException or OperationCanceledException)
        {
            socket?.Dispose();
            cancellation.ThrowIfCancellationRequested();
            bool tlsFailed = socket is not null && e is AuthenticationException or IOException;
            throw new LocalConnectException(tlsFailed ? RelayError.LocalTlsFailed : RelayError.LocalUnreachable, e);
        }
    }

    private LocalConnection? TakeIdle()
    {
        lock (_gate)
        {
            return _idle.TryPop(out LocalConnection? connection) ? connection : null;
        }
    }
}
