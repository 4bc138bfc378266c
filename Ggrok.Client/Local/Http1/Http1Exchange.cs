using System.Runtime.CompilerServices;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;

namespace Ggrok.Client.Local.Http1;

/// <summary>
/// Replays one request against the local service over HTTP/1.1. Written for the relay, because general HTTP clients do
/// not send a request body and read the response at once, and they reorder, join and normalise header fields.
/// </summary>
internal sealed class Http1Exchange(
    LocalConnectionPool pool, LocalTunnel tunnel, MuxStream stream, RequestHead request, int maxHeadBytes, TimeProvider time,
    RecordingExchange? recording) : ILocalExchange
{
    // So long a service may take none of a request that it has answered already. Kestrel waits as long.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // RFC 9110 section 9.2.2.
    private readonly bool _repeatable =
        !request.HasBody && request.Upgrade is null && request.Method is "GET" or "HEAD" or "OPTIONS" or "TRACE" or "PUT" or "DELETE";

    private readonly bool _expectsContinue = request.HasBody && request.Headers.Exists(
        f => f.Name.Equals("Expect", StringComparison.OrdinalIgnoreCase) && f.Value.Equals("100-continue", StringComparison.OrdinalIgnoreCase));

    /// <summary>Status of the response; 0 while there is none.</summary>
    public int Status { get; private set; }

    /// <summary>Size of the request body in bytes.</summary>
    public long RequestBytes { get; private set; }

    /// <summary>Size of the response body in bytes.</summary>
    public long ResponseBytes { get; private set; }

    /// <summary>Runs the exchange; returns how it failed.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<RelayError> RunAsync()
    {
        try
        {
            LocalConnection connection = pool.TryRent(_repeatable) ?? await ConnectAsync().ConfigureAwait(false);
            RelayError? error = await AttemptAsync(connection).ConfigureAwait(false);
            if (error is null)
            {
                // The service closed the idle connection just before the request reached it; a fresh one tells the truth.
                connection = await ConnectAsync().ConfigureAwait(false);
                error = await AttemptAsync(connection).ConfigureAwait(false);
            }

            return error ?? RelayError.ResponseHeadLocal;
        }
        catch (LocalConnectException e)
        {
            return e.Error;
        }
        catch (OperationCanceledException)
        {
            return stream.Error;
        }
    }

    private async ValueTask<LocalConnection> ConnectAsync()
    {
        recording?.Connecting();
        LocalConnection connection = await pool.ConnectAsync(stream.Aborted).ConfigureAwait(false);
        recording?.Connected();
        return connection;
    }

    /// <summary>One attempt; null when the connection was dead before the service could see the request, which may be sent again.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<RelayError?> AttemptAsync(LocalConnection connection)
    {
        stream.OnAbort(static c => ((LocalConnection)c!).Dispose(), connection);
        var sender = new RequestBodySender(connection, stream, RequestWriter.IsChunked(request), recording);
        var reader = new ResponseReader(connection, stream, maxHeadBytes, time, recording);
        Task<RelayError>? sending = null;
        RelayError error;
        try
        {
            RequestWriter.WriteHead(sender.Head, request, tunnel);
            if (request.HasBody)
            {
                sending = sender.RunAsync();
            }
            else
            {
                await sender.SendHeadOnlyAsync().ConfigureAwait(false);
            }

            error = await RespondAsync(connection, reader).ConfigureAwait(false);
        }
        catch (LocalResponseException e)
        {
            error = e.Error;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            error = Status == 0 ? RelayError.ResponseHeadLocal : RelayError.ResponseBodyLocal;
        }

        if (error == RelayError.ResponseHeadLocal && _repeatable && !reader.HasStarted && connection.WasUsed && stream.Error == RelayError.None)
        {
            stream.LiftOnAbort();
            connection.Dispose();
            return null;
        }

        return await FinishAsync(connection, sender, reader, sending, error).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<RelayError> FinishAsync(
        LocalConnection connection, RequestBodySender sender, ResponseReader reader, Task<RelayError>? sending, RelayError error)
    {
        error = stream.Error != RelayError.None ? stream.Error : error;
        if (error != RelayError.None)
        {
            // Ends a sender that waits for more of the body.
            stream.Reset(error);
        }

        RelayError sendError = sending is null ? RelayError.None : await SentAsync(connection, sender, sending).ConfigureAwait(false);
        RequestBytes = sender.Bytes;
        ResponseBytes += reader.Bytes;
        // What stands behind a complete response would be taken for the answer to the next request (RFC 9112 section 9.2).
        if (stream.LiftOnAbort() && error == RelayError.None && sender.IsComplete && !reader.ClosesConnection && connection.Buffered.IsEmpty)
        {
            pool.Return(connection);
        }
        else
        {
            connection.Dispose();
        }

        return error == RelayError.ResponseHeadLocal && sendError == RelayError.RequestBodyLocal ? sendError : error;
    }

    // The response is complete. Who has sent all of the request has no reason to reset the stream, and a service that neither
    // reads the rest of it nor closes would keep the exchange for ever.
    private async ValueTask<RelayError> SentAsync(LocalConnection connection, RequestBodySender sender, Task<RelayError> sending)
    {
        for (long before = -1; !sending.IsCompleted && sender.Bytes != before;)
        {
            before = sender.Bytes;
            await ((Task)sending).WaitAsync(Patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (!sending.IsCompleted)
        {
            connection.Dispose();
        }

        return await sending.ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<RelayError> RespondAsync(LocalConnection connection, ResponseReader reader)
    {
        ResponseHead response = await reader.ReadHeadAsync(_expectsContinue).ConfigureAwait(false);
        if (response.Status == 101)
        {
            return request.Upgrade is null ? RelayError.ResponseHeadInvalid : await SpliceAsync(connection, response).ConfigureAwait(false);
        }

        BodyFraming framing = BodyFraming.Of(request.Method, response);
        Status = response.Status;
        return await reader.RelayAsync(response, framing).ConfigureAwait(false) ? RelayError.None : stream.Error;
    }

    private async ValueTask<RelayError> SpliceAsync(LocalConnection connection, ResponseHead response)
    {
        Status = response.Status;
        HopByHop.RemoveFrom(response);
        if (!await HeadSender.WriteHeadAsync(stream, response).ConfigureAwait(false))
        {
            return stream.Error == RelayError.None ? RelayError.ResponseHeadInvalid : stream.Error;
        }

        await using var plain = new BufferedConnectionStream(connection);
        await using Stream local = recording is null ? plain : new RecordedStream(plain, recording);
        var splice = new StreamSplice(stream, local, RelayError.ResponseBodyLocal, connection.ShutdownSend);
        await splice.RunAsync().ConfigureAwait(false);
        ResponseBytes = splice.BytesFromPeer;
        RequestBytes = splice.BytesToPeer;
        return stream.Error;
    }
}
