using Ggrok.Server.Hosting;
using Ggrok.Server.Tunnels;
using Ggrok.Server.Visitors;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;

namespace Ggrok.Server.Relay;

/// <summary>One HTTP exchange: the visitor's request into a stream, the client's response back; both flow at once.</summary>
internal sealed class HttpRelay(ServerOptions options)
{
    /// <summary>
    /// Relays the exchange. Returns how it failed; the response may have started by then, and the caller decides what
    /// the visitor sees.
    /// </summary>
    public async Task<RelayError> RelayAsync(HttpContext context, MuxStream stream, RequestHead head, ExchangeRecord record)
    {
        await using CancellationTokenRegistration gone = context.RequestAborted.UnsafeRegister(
            static s => ((MuxStream)s!).Reset(RelayError.VisitorGone), stream);

        var pump = head.HasBody ? new RequestBodyPump(context, stream, record) : null;
        try
        {
            RelayError error = await SendRequestAsync(stream, head, pump, ExpectsContinue(context.Request)).ConfigureAwait(false);
            return error != RelayError.None ? error : await ReceiveResponseAsync(context, stream, pump, record).ConfigureAwait(false);
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

    private async ValueTask<RelayError> SendRequestAsync(MuxStream stream, RequestHead head, RequestBodyPump? pump, bool expectsContinue)
    {
        stream.SetDeadline(options.ResponseTimeout, RelayError.ResponseHeadTimeout);
        bool sent = pump is null
            ? await HeadSender.WriteWholeAsync(stream, head).ConfigureAwait(false)
            : await HeadSender.WriteHeadAsync(stream, head).ConfigureAwait(false);
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

    private async ValueTask<RelayError> ReceiveResponseAsync(HttpContext context, MuxStream stream, RequestBodyPump? pump, ExchangeRecord record)
    {
        while (true)
        {
            InboundFrame frame = await stream.ReadAsync().ConfigureAwait(false);
            if (frame.Kind != FrameKind.Head)
            {
                return frame.Kind == FrameKind.Reset ? frame.Error : RelayError.ResponseHeadInvalid;
            }

            ResponseHead head = HeadReader.ReadResponse(frame.Payload.Span);
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

            stream.ClearDeadline();
            ResponseRelay.ApplyHead(context, head, record.Id);
            return await ResponseRelay.CopyBodyAsync(context, stream, record).ConfigureAwait(false);
        }
    }

    private static bool ExpectsContinue(HttpRequest request) =>
        request.Headers.Expect.ToString().Equals("100-continue", StringComparison.OrdinalIgnoreCase);
}
