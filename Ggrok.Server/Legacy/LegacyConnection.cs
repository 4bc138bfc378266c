using System.Buffers;
using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text.Unicode;
using Ggrok.Server.Hosting;
using Ggrok.Server.Relay;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Legacy;

/// <summary>
/// One connected Go client. Its answers carry no id, so there is never more than one request on the way, and a request
/// that is not answered in time costs the connection: a late answer would be taken for the next one's.
/// </summary>
internal sealed class LegacyConnection(ServerOptions options, TimeProvider time) : ILegacyTunnel
{
    private const int MostWaiting = 100;

    // Neither is disposed: requests may still be waiting when the client leaves, and neither holds a handle.
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _closed = new();

    // The client may know that it is connected before this side does: a request that comes in between waits.
    private readonly TaskCompletionSource<WebSocket> _socket = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<LegacyResponse>? _pending;
    private int _waiting;

    // Base64 makes the body a third larger; the rest is for fields.
    private long LargestMessage => (options.LegacyMaxBodyBytes * 4L / 3) + (256 * 1024);

    /// <summary>Reads answers until the client leaves or breaks the rules.</summary>
    public async Task RunAsync(WebSocket socket)
    {
        _socket.TrySetResult(socket);
        try
        {
            while (await ReceiveAsync(socket).ConfigureAwait(false) is { } response)
            {
                if (Interlocked.Exchange(ref _pending, null) is not { } pending)
                {
                    return;
                }

                pending.TrySetResult(response);
            }
        }
        catch (FormatException)
        {
            Interlocked.Exchange(ref _pending, null)?.TrySetException(new LegacyException(RelayError.LegacyAnswerInvalid));
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            // The client is gone.
        }
        finally
        {
            await _closed.CancelAsync().ConfigureAwait(false);
            Interlocked.Exchange(ref _pending, null)?.TrySetException(new LegacyException(RelayError.TunnelLost));
        }
    }

    public async Task<RelayError> RelayAsync(HttpContext context, RequestHead head, ExchangeRecord record)
    {
        if (head.Upgrade is not null)
        {
            return RelayError.LegacyUnsupported;
        }

        // Before the body is read: what waits for the rest of one is in memory, too.
        if (Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return RelayError.TooManyStreams;
        }

        try
        {
            return await RelayWholeAsync(context, head, record).ConfigureAwait(false);
        }
        catch (LegacyException e)
        {
            return e.Error;
        }
        catch (ProtocolViolationException)
        {
            return RelayError.LegacyAnswerInvalid;
        }
        catch (OperationCanceledException)
        {
            return RelayError.VisitorGone;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Close() => _closed.Cancel();

    private async Task<RelayError> RelayWholeAsync(HttpContext context, RequestHead head, ExchangeRecord record)
    {
        (byte[]? body, RelayError error) = await ReadBodyAsync(context, head).ConfigureAwait(false);
        if (body is null)
        {
            return error;
        }

        record.RequestBytes = body.Length;
        TimeSpan limit = record.Edge?.ResponseTimeout ?? options.LegacyTimeout;
        LegacyResponse response = await ExchangeAsync(LegacyRequest.Encode(head, body), limit, context.RequestAborted).ConfigureAwait(false);
        await AnswerAsync(context, response, record).ConfigureAwait(false);
        return RelayError.None;
    }

    private async Task<LegacyResponse> ExchangeAsync(byte[] request, TimeSpan limit, CancellationToken visitorGone)
    {
        await _turn.WaitAsync(visitorGone).ConfigureAwait(false);
        try
        {
            WebSocket socket = await _socket.Task.WaitAsync(options.LegacyTimeout, time, _closed.Token).ConfigureAwait(false);
            if (socket.State != WebSocketState.Open || _closed.IsCancellationRequested)
            {
                throw new LegacyException(RelayError.TunnelLost);
            }

            var pending = new TaskCompletionSource<LegacyResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _pending, pending);

            // From here on the turn is held until the answer, whether or not the visitor still waits for it.
            await SendAsync(socket, request, pending.Task).ConfigureAwait(false);
            return await pending.Task.WaitAsync(limit, time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Close();
            throw new LegacyException(RelayError.ResponseHeadTimeout);
        }
        catch (Exception e) when (IsLoss(e))
        {
            Close();
            throw new LegacyException(RelayError.TunnelLost);
        }
        finally
        {
            _turn.Release();
        }
    }

    private static async Task SendAsync(WebSocket socket, byte[] request, Task answer)
    {
        try
        {
            await socket.SendAsync(request, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (IsLoss(e) && answer.IsCompleted)
        {
            // A bad answer has ended the connection before the send knew that it was done; the answer tells what happened.
        }
    }

    private static bool IsLoss(Exception e) =>
        e is WebSocketException or IOException or InvalidOperationException or OperationCanceledException;

    private async Task<(byte[]? Body, RelayError Error)> ReadBodyAsync(HttpContext context, RequestHead head)
    {
        if (!head.HasBody)
        {
            return ([], RelayError.None);
        }

        if (context.Request.ContentLength > options.LegacyMaxBodyBytes)
        {
            return (null, RelayError.LegacyBodyTooLarge);
        }

        using var body = new MemoryStream();
        using var expiry = new CancellationTokenSource(options.LegacyTimeout, time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, context.RequestAborted);
        byte[] buffer = new byte[16 * 1024];
        try
        {
            int count;
            while ((count = await context.Request.Body.ReadAsync(buffer, over.Token).ConfigureAwait(false)) > 0)
            {
                body.Write(buffer, 0, count);
                if (body.Length > options.LegacyMaxBodyBytes)
                {
                    return (null, RelayError.LegacyBodyTooLarge);
                }
            }
        }
        catch (OperationCanceledException) when (expiry.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            return (null, RelayError.RequestBodyTimeout);
        }

        // Other bytes would be replaced on the way, and a webhook's signature would no longer fit: refused instead.
        byte[] bytes = body.ToArray();
        return Utf8.IsValid(bytes) ? (bytes, RelayError.None) : (null, RelayError.LegacyUnsupported);
    }

    private static async Task AnswerAsync(HttpContext context, LegacyResponse response, ExchangeRecord record)
    {
        var head = new ResponseHead { Status = response.StatusCode };
        foreach ((string name, string[]? values) in response.Header ?? [])
        {
            if (!name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                head.Headers.AddRange((values ?? []).Select(v => new HeaderField(name, v)));
            }
        }

        ResponseRelay.ApplyHead(context, head, record);
        byte[] body = response.Body ?? [];
        if (!ResponseRelay.AllowsBody(context.Request.Method, response.StatusCode))
        {
            return;
        }

        record.ResponseBytes = body.Length;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }

    /// <exception cref="FormatException">The message is too large or no answer.</exception>
    private async Task<LegacyResponse?> ReceiveAsync(WebSocket socket)
    {
        var message = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        long size = 0;
        while (true)
        {
            ValueWebSocketReceiveResult part = await socket.ReceiveAsync(message.Writer.GetMemory(16 * 1024), _closed.Token).ConfigureAwait(false);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            size += part.Count;
            if (size > LargestMessage || part.MessageType != WebSocketMessageType.Text)
            {
                throw new FormatException("The answer is too large, or not text.");
            }

            message.Writer.Advance(part.Count);
            if (part.EndOfMessage)
            {
                break;
            }
        }

        await message.Writer.CompleteAsync().ConfigureAwait(false);
        ReadResult read = await message.Reader.ReadAsync().ConfigureAwait(false);
        LegacyResponse response = LegacyResponse.Decode(read.Buffer);
        await message.Reader.CompleteAsync().ConfigureAwait(false);
        return response;
    }

    private sealed class LegacyException(RelayError error) : Exception
    {
        public RelayError Error { get; } = error;
    }
}
