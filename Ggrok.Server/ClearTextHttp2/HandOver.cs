using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Ggrok.Server.ClearTextHttp2;

/// <summary>
/// The way from the endpoints that accept connections to the one that speaks HTTP/2 on them: a listener without a socket.
/// </summary>
internal sealed class HandOver : IConnectionListenerFactory, IConnectionListener
{
    private readonly Channel<ConnectionContext> _waiting = Channel.CreateUnbounded<ConnectionContext>(new() { SingleReader = true });

    /// <inheritdoc/>
    public EndPoint EndPoint { get; } = new InProcessEndPoint();

    /// <summary>Has the connection served; completes when that is over. The caller still owns the connection.</summary>
    public async Task ServeAsync(ConnectionContext visitor)
    {
        var connection = new HandedOverConnection(visitor);

        // Not taken any more once the server stops: the connection then ends at once.
        if (_waiting.Writer.TryWrite(connection))
        {
            await connection.Done.ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(this);

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _waiting.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false) && _waiting.Reader.TryRead(out ConnectionContext? next)
            ? next
            : null;

    /// <inheritdoc/>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _waiting.Writer.TryComplete();
        while (_waiting.Reader.TryRead(out ConnectionContext? late))
        {
            await late.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => UnbindAsync();

    private sealed class InProcessEndPoint : EndPoint
    {
        public override string ToString() => "clear-text-http2";
    }
}
