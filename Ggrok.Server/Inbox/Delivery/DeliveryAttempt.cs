using System.Buffers;
using System.Globalization;
using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;

namespace Ggrok.Server.Inbox.Delivery;

/// <summary>One stored request through the tunnel, as a visitor's would go.</summary>
internal static class DeliveryAttempt
{
    private const int PieceBytes = 64 * 1024;

    // What is read of a response to its end leaves the local connection fit for use.
    private const int MostRead = 1024 * 1024;
    private static readonly TimeSpan ReadTime = TimeSpan.FromSeconds(30);

    /// <summary>Sends the request and waits for the answer.</summary>
    /// <param name="tunnel">The way to the client.</param>
    /// <param name="head">The request.</param>
    /// <param name="body">Its body.</param>
    /// <param name="limit">Time for the local service to take a piece of the body, and then to answer.</param>
    public static async Task<AttemptResult> SendAsync(ITunnel tunnel, RequestHead head, Stream body, TimeSpan limit)
    {
        MuxStream? stream = tunnel.TryOpenStream(out RelayError refused);
        if (stream is null)
        {
            return new AttemptResult(AttemptKind.Unreached, refused.ToString(), refused);
        }

        stream.SetDeadline(limit, RelayError.ResponseHeadTimeout);
        try
        {
            bool isSent = head.HasBody
                ? await HeadSender.WriteHeadAsync(stream, head).ConfigureAwait(false)
                : await HeadSender.WriteWholeAsync(stream, head).ConfigureAwait(false);
            if (!isSent)
            {
                return Failure(stream, stream.Error == RelayError.None ? RelayError.RequestHeadTooLarge : stream.Error);
            }

            Task<AttemptResult> answer = AnswerAsync(stream);
            if (head.HasBody)
            {
                await SendBodyAsync(stream, body, limit, answer).ConfigureAwait(false);
            }

            return await answer.ConfigureAwait(false);
        }
        finally
        {
            stream.Reset(RelayError.VisitorGone);
        }
    }

    private static async Task SendBodyAsync(MuxStream stream, Stream body, TimeSpan limit, Task answer)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            while (!answer.IsCompleted)
            {
                int read = await body.ReadAsync(buffer.AsMemory(0, PieceBytes)).ConfigureAwait(false);
                if (read == 0)
                {
                    await stream.WriteEndAsync().ConfigureAwait(false);
                    return;
                }

                if (!await stream.WriteAsync(FrameKind.Data, buffer.AsMemory(0, read)).ConfigureAwait(false))
                {
                    return;
                }

                if (!answer.IsCompleted)
                {
                    stream.SetDeadline(limit, RelayError.ResponseHeadTimeout);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<AttemptResult> AnswerAsync(MuxStream stream)
    {
        try
        {
            while (true)
            {
                InboundFrame frame = await stream.ReadAsync().ConfigureAwait(false);
                if (frame.Kind != FrameKind.Head)
                {
                    return Failure(stream, frame.Kind == FrameKind.Reset ? frame.Error : RelayError.ResponseHeadInvalid);
                }

                int status = HeadReader.ReadResponse(frame.Payload.Span).Status;
                stream.Advance();
                if (status >= StatusCodes.Status200OK)
                {
                    stream.SetDeadline(ReadTime, RelayError.StreamIdle);
                    await ReadRestAsync(stream).ConfigureAwait(false);
                    return new AttemptResult(
                        status is >= 200 and <= 299 ? AttemptKind.Delivered : AttemptKind.Failed, string.Create(CultureInfo.InvariantCulture, $"status {status}"));
                }
            }
        }
        catch (ProtocolViolationException)
        {
            return Failure(stream, RelayError.ResponseHeadInvalid);
        }
    }

    private static async ValueTask ReadRestAsync(MuxStream stream)
    {
        for (int read = 0; read < MostRead;)
        {
            InboundFrame frame = await stream.ReadAsync().ConfigureAwait(false);
            if (frame.Kind is FrameKind.End or FrameKind.Reset)
            {
                return;
            }

            read += frame.Payload.Length;
            stream.Advance();
        }
    }

    // Whoever was not there, or went, did not refuse it. A service that breaks off did: one that a request brings down would get
    // it again and again.
    private static AttemptResult Failure(MuxStream stream, RelayError error) => new(
        error switch
        {
            RelayError.TunnelAway or RelayError.Draining or RelayError.TooManyStreams or RelayError.LocalUnreachable or RelayError.LocalTlsFailed => AttemptKind.Unreached,
            RelayError.TunnelLost => stream.NeverLeft ? AttemptKind.Unreached : AttemptKind.Unknown,
            RelayError.LocalProtocol => AttemptKind.Unknown,
            _ => AttemptKind.Failed,
        },
        error.ToString(),
        error);
}
