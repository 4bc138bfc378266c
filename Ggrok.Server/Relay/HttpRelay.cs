using System.Runtime.CompilerServices;
using Ggrok.Server.Hosting;
using Ggrok.Server.Visitors;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;
using Microsoft.AspNetCore.Connections.Features;

namespace Ggrok.Server.Relay;

/// <summary>One HTTP exchange: the visitor's request into a stream, the client's response back; both flow at once.</summary>
internal sealed class HttpRelay(ServerOptions options)
{
    /// <summary>
    /// Relays the exchange. Returns how it failed; the response may have started by then, and the caller decides what
    /// the visitor sees.
    /// </summary>
    /// <param name="context">The visitor's request.</param>
    /// <param name="connection">The visitor's connection.</param>
    /// <param name="stream">A new stream to the client.</param>
    /// <param name="head">The request's envelope.</param>
    /// <param name="record">What becomes of it.</param>
    /// <param name="kept">Keeps the beginning of the body for another try, and has what one before has read; null for one try only.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<RelayError> RelayAsync(
        HttpContext context, VisitorConnection connection, MuxStream stream, RequestHead head, ExchangeRecord record, KeptBody? kept = null)
    {
        await using CancellationTokenRegistration gone = VisitorGone(context).UnsafeRegister(
            static s => ((MuxStream)s!).Reset(RelayError.VisitorGone), stream);

        // A call with a deadline of its own has that from its beginning, however long its messages take; any other request
        // has the server's limit once it was sent.
        TimeSpan? ofCall = HttpMethods.IsPost(head.Method) ? GrpcRequest.HeadLimit(context.Request) : null;
        record.HasOwnLimit = ofCall is not null;
        RequestBodyPump? pump = head.HasBody ? PumpFor(context, stream, record, ofCall, kept) : null;
        try
        {
            RelayError error = await SendRequestAsync(stream, head, pump, ofCall ?? LimitOf(record), ExpectsContinue(context.Request), record).ConfigureAwait(false);
            return error != RelayError.None ? error : await ReceiveResponseAsync(context, connection, stream, pump, record, kept).ConfigureAwait(false);
        }
        catch (ProtocolViolationException)
        {
            return RelayError.ResponseHeadInvalid;
        }
        finally
        {
            if (pump is not null)
            {
                await pump.StopAsync().ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<RelayError> SendRequestAsync(
        MuxStream stream, RequestHead head, RequestBodyPump? pump, TimeSpan limit, bool expectsContinue, ExchangeRecord record)
    {
        if (stream.Error != RelayError.None)
        {
            return stream.Error;
        }

        if (pump is null)
        {
            stream.SetDeadline(limit, RelayError.ResponseHeadTimeout);
        }

        bool sent = pump is null
            ? await HeadSender.WriteWholeAsync(stream, head).ConfigureAwait(false)
            : await HeadSender.WriteHeadAsync(stream, head).ConfigureAwait(false);

        // A whole request is two frames where they do not fit together, and the first may be gone when the second fails.
        record.IsSent = sent || pump is null;
        if (!sent)
        {
            return stream.Error == RelayError.None ? RelayError.RequestHeadTooLarge : stream.Error;
        }

        if (!expectsContinue)
        {
            pump?.Start();
        }

        return RelayError.None;
    }

    private TimeSpan LimitOf(ExchangeRecord record) => record.Edge?.ResponseTimeout ?? options.ResponseTimeout;

    private RequestBodyPump PumpFor(HttpContext context, MuxStream stream, ExchangeRecord record, TimeSpan? ofCall, KeptBody? kept)
    {
        var deadline = new ResponseDeadline(stream, ofCall ?? LimitOf(record));
        if (ofCall is not null)
        {
            deadline.Begin();
        }

        return new RequestBodyPump(context, stream, record, deadline, beginsDeadline: ofCall is null, kept);
    }

    // Of HTTP/1.1 the connection's own token says the same: RequestAborted would be made anew for each request.
    private static CancellationToken VisitorGone(HttpContext context) =>
        HttpProtocol.IsHttp11(context.Request.Protocol) && context.Features.Get<IConnectionLifetimeFeature>() is { } connection
            ? connection.ConnectionClosed
            : context.RequestAborted;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<RelayError> ReceiveResponseAsync(
        HttpContext context, VisitorConnection connection, MuxStream stream, RequestBodyPump? pump, ExchangeRecord record, KeptBody? kept)
    {
        ResponseHead head = connection.RentResponseHead();
        while (true)
        {
            InboundFrame frame = await stream.ReadAsync().ConfigureAwait(false);
            if (frame.Kind != FrameKind.Head)
            {
                return frame.Kind == FrameKind.Reset ? frame.Error : RelayError.ResponseHeadInvalid;
            }

            record.IsAnswered = true;
            head.Clear();
            HeadReader.ReadResponse(frame.Payload.Span, head);
            stream.Advance();
            if (head.Status is >= 100 and < 200)
            {
                // 101 answers only upgrades, which take another way.
                if (head.Status == StatusCodes.Status101SwitchingProtocols)
                {
                    return RelayError.ResponseHeadInvalid;
                }

                if (head.Status == StatusCodes.Status100Continue)
                {
                    pump?.Start();
                }

                continue;
            }

            if (pump is null)
            {
                stream.ClearDeadline();
            }
            else
            {
                pump.Deadline.Lift();
            }

            kept?.Drop();
            ResponseRelay.ApplyHead(context, head, record);
            connection.Return(head);
            return await ResponseRelay.CopyBodyAsync(context, stream, record).ConfigureAwait(false);
        }
    }

    private static bool ExpectsContinue(HttpRequest request) =>
        request.Headers.Expect.ToString().Equals("100-continue", StringComparison.OrdinalIgnoreCase);
}
