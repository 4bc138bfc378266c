using System.Buffers;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Client.Local;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;

namespace Ggrok.Client.Inspector.Rules;

/// <summary>
/// Answers a request without the local service. The request's body is read to its end first: an answer before that would
/// cost an HTTP/1.1 visitor the connection.
/// </summary>
/// <param name="response">The answer.</param>
/// <param name="stream">The visitor.</param>
/// <param name="request">The request.</param>
/// <param name="recording">Notes what happens, or null.</param>
/// <param name="bytesTaken">So much of the request's body was read already.</param>
internal sealed class FixedExchange(FixedResponse response, MuxStream stream, RequestHead request, RecordingExchange? recording, long bytesTaken = 0) : ILocalExchange
{
    /// <inheritdoc/>
    public int Status { get; private set; }

    /// <inheritdoc/>
    public long RequestBytes { get; private set; } = bytesTaken;

    /// <inheritdoc/>
    public long ResponseBytes { get; private set; }

    /// <inheritdoc/>
    public async ValueTask<RelayError> RunAsync()
    {
        RelayError error = request.HasBody ? await DiscardBodyAsync().ConfigureAwait(false) : RelayError.None;
        if (error != RelayError.None)
        {
            return error;
        }

        ResponseHead head = response.Head();
        ReadOnlyMemory<byte> body = response.BodyFor(request.Method);
        Status = head.Status;
        ResponseBytes = body.Length;
        if (recording is not null)
        {
            var text = new ArrayBufferWriter<byte>(1024);
            ResponseText.Write(text, head);
            recording.Responding(text.WrittenSpan, carriesMessages: false);
            recording.ResponseData(body.Span);
        }

        return await HeadSender.WriteWholeAsync(stream, head, body).ConfigureAwait(false) ? RelayError.None
            : stream.Error == RelayError.None ? RelayError.ResponseHeadInvalid : stream.Error;
    }

    private async ValueTask<RelayError> DiscardBodyAsync()
    {
        await Continuing.SendAsync(stream, request).ConfigureAwait(false);
        while (true)
        {
            InboundFrame frame = await stream.ReadAsync().ConfigureAwait(false);
            switch (frame.Kind)
            {
                case FrameKind.Data:
                    RequestBytes += frame.Payload.Length;
                    recording?.RequestData(frame.Payload.Span);
                    break;
                case FrameKind.Trailers:
                    break;
                case FrameKind.End:
                    return RelayError.None;
                default:
                    return frame.Kind == FrameKind.Reset ? frame.Error : RelayError.RequestInvalid;
            }

            stream.Advance();
        }
    }
}
