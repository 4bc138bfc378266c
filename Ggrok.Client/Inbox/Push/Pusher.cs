using System.Security.Cryptography;
using Ggrok.Client.Connection;
using Ggrok.Client.Inbox.Files;
using Ggrok.Client.Inspector.Replay;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;

namespace Ggrok.Client.Inbox.Push;

/// <summary>Sends requests out of files to a local service, through the relay that visitors' requests take.</summary>
/// <param name="tunnel">The service, as that of a tunnel.</param>
/// <param name="timeout">How long each may take.</param>
/// <param name="time">The clock.</param>
internal sealed class Pusher(LocalTunnel tunnel, TimeSpan timeout, TimeProvider time) : IAsyncDisposable
{
    private readonly LoopbackTunnel _tunnel = new([tunnel], new Unheard(), time, recording: null);

    /// <summary>Sends a request and reads its answer to the end.</summary>
    /// <exception cref="RequestFileException">Its head is too large, or its file became shorter meanwhile.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public async Task<PushResult> SendAsync(RequestFile request, CancellationToken stop)
    {
        long started = time.GetTimestamp();
        using var limit = new CancellationTokenSource(timeout, time);
        MuxStream stream = _tunnel.OpenStream() ?? throw new OperationCanceledException();
        await using CancellationTokenRegistration stopped = stop.UnsafeRegister(static s => ((MuxStream)s!).Reset(RelayError.VisitorGone), stream);
        await using CancellationTokenRegistration late = limit.Token.UnsafeRegister(static s => ((MuxStream)s!).Reset(RelayError.ResponseHeadTimeout), stream);
        if (!await HeadSender.WriteHeadAsync(stream, HeadOf(request)).ConfigureAwait(false) && stream.Error == RelayError.None)
        {
            stream.Reset(RelayError.RequestHeadTooLarge);
            throw new RequestFileException($"{request.Path}: The request line and the fields are larger than a tunnel carries; leave some out.");
        }

        Task sending = SendBodyAsync(stream, request);
        (int status, RelayError error, long bytes) = await ReadAsync(stream).ConfigureAwait(false);
        if (!sending.IsCompleted)
        {
            // As the server does it: the answer is over, and nobody waits for the rest of the request.
            stream.Reset(RelayError.RequestBodyLocal);
        }

        await sending.ConfigureAwait(false);
        stop.ThrowIfCancellationRequested();
        return new PushResult(request, status, error, time.GetElapsedTime(started), bytes);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _tunnel.DisposeAsync();

    private static RequestHead HeadOf(RequestFile request)
    {
        var head = new RequestHead
        {
            Id = "push-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6)),
            Method = request.Method,
            Target = request.Target,
            Scheme = Uri.UriSchemeHttp,
            Host = request.Host,
            Version = "1.1",
            HasBody = request.BodyLength > 0,
        };
        head.Headers.AddRange(request.Headers);
        return head;
    }

    private static async Task SendBodyAsync(MuxStream stream, RequestFile request)
    {
        if (request.BodyLength == 0)
        {
            await stream.WriteEndAsync().ConfigureAwait(false);
            return;
        }

        try
        {
            await using FileStream file = File.OpenRead(request.Path);
            file.Position = request.BodyStart;
            byte[] buffer = new byte[Math.Min(request.BodyLength, 64 * 1024)];
            for (long left = request.BodyLength; left > 0;)
            {
                int count = await file.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length))).ConfigureAwait(false);
                if (count == 0)
                {
                    throw new EndOfStreamException("It became shorter while it was sent.");
                }

                left -= count;
                if (!await stream.WriteAsync(FrameKind.Data, buffer.AsMemory(0, count)).ConfigureAwait(false))
                {
                    return;
                }
            }

            await stream.WriteEndAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Less than its length must not look like a request.
            stream.Reset(RelayError.RequestBodyVisitor);
            throw new RequestFileException($"{request.Path} could not be sent: {e.Message}");
        }
    }

    private static async Task<(int Status, RelayError Error, long Bytes)> ReadAsync(MuxStream stream)
    {
        int status = 0;
        long bytes = 0;
        while (true)
        {
            InboundFrame frame = await stream.ReadAsync().ConfigureAwait(false);
            switch (frame.Kind)
            {
                case FrameKind.End:
                    return (status, RelayError.None, bytes);
                case FrameKind.Reset:
                    return (status, frame.Error, bytes);
                case FrameKind.Head:
                    // The last one is not an interim one.
                    status = HeadReader.ReadResponse(frame.Payload.Span).Status;
                    break;
                case FrameKind.Data:
                    bytes += frame.Payload.Length;
                    break;
            }

            stream.Advance();
        }
    }

    // Who sends asks for each result.
    private sealed class Unheard : IClientEvents
    {
        public void Connecting(int attempt)
        {
        }

        public void Ready(IReadOnlyList<PublicTunnel> tunnels)
        {
        }

        public void Lost(string reason, TimeSpan retryIn)
        {
        }

        public void Listening(string name, string address)
        {
        }

        public void Inspecting(Uri address)
        {
        }

        public void Notice(string message)
        {
        }

        public void ConnectionCompleted(in ConnectionSummary connection)
        {
        }

        public void ExchangeCompleted(in ExchangeSummary exchange)
        {
        }

        public void Draining(int running)
        {
        }
    }
}
