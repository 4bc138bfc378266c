using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Ggrok.Server.ClearTextHttp2;

/// <summary>
/// A visitor's connection as the HTTP/2 endpoint sees it. It is the same connection; only its end is another: whoever
/// accepted it disposes of it, once the endpoint is done.
/// </summary>
internal sealed class HandedOverConnection(ConnectionContext visitor) : ConnectionContext
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the endpoint is done with the connection.</summary>
    public Task Done => _done.Task;

    /// <inheritdoc/>
    public override string ConnectionId
    {
        get => visitor.ConnectionId;
        set => visitor.ConnectionId = value;
    }

    /// <summary>Of its own above those of the connection: each endpoint sets its lifetime features.</summary>
    public override IFeatureCollection Features { get; } = new FeatureCollection(visitor.Features);

    /// <inheritdoc/>
    public override IDictionary<object, object?> Items
    {
        get => visitor.Items;
        set => visitor.Items = value;
    }

    /// <inheritdoc/>
    public override IDuplexPipe Transport
    {
        get => visitor.Transport;
        set => visitor.Transport = value;
    }

    /// <inheritdoc/>
    public override EndPoint? LocalEndPoint
    {
        get => visitor.LocalEndPoint;
        set => visitor.LocalEndPoint = value;
    }

    /// <inheritdoc/>
    public override EndPoint? RemoteEndPoint
    {
        get => visitor.RemoteEndPoint;
        set => visitor.RemoteEndPoint = value;
    }

    /// <inheritdoc/>
    public override CancellationToken ConnectionClosed
    {
        get => visitor.ConnectionClosed;
        set => visitor.ConnectionClosed = value;
    }

    /// <inheritdoc/>
    public override void Abort(ConnectionAbortedException abortReason) => visitor.Abort(abortReason);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _done.TrySetResult();
        return ValueTask.CompletedTask;
    }
}
