using System.Net;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Local.Http2;

/// <summary>The request body as it arrives through the tunnel. May flow while the response does, and long after.</summary>
/// <param name="stream">Where it comes from.</param>
/// <param name="begin">Called before the first byte is read: the local service wants the body.</param>
/// <param name="recording">Notes what passes, or null.</param>
internal sealed class TunnelContent(MuxStream stream, Func<ValueTask> begin, RecordingExchange? recording) : HttpContent
{
    private long _bytes;
    private int _begun;

    /// <summary>Body bytes taken from the tunnel.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    protected override Task SerializeToStreamAsync(Stream local, TransportContext? context) =>
        SerializeToStreamAsync(local, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream local, TransportContext? context, CancellationToken cancellationToken)
    {
        // A second connection after one that refused the stream: what was read from the tunnel cannot be read again.
        if (Interlocked.Exchange(ref _begun, 1) != 0)
        {
            throw new IOException("The body was sent already.");
        }

        await begin().ConfigureAwait(false);
        bool flushed = false;
        while (true)
        {
            if (!stream.TryRead(out InboundFrame frame))
            {
                if (!flushed)
                {
                    // Also the head, which would otherwise wait for the body.
                    await local.FlushAsync(cancellationToken).ConfigureAwait(false);
                    flushed = true;
                }

                frame = await stream.ReadAsync().ConfigureAwait(false);
            }

            switch (frame.Kind)
            {
                case FrameKind.Data:
                    recording?.RequestData(frame.Payload.Span);
                    await local.WriteAsync(frame.Payload, cancellationToken).ConfigureAwait(false);
                    Volatile.Write(ref _bytes, _bytes + frame.Payload.Length);
                    flushed = false;
                    break;
                case FrameKind.Trailers:
                    // The platform's client cannot send any. gRPC clients have none.
                    break;
                case FrameKind.End:
                    recording?.RequestSent();
                    return;
                default:
                    throw new IOException("The visitor's request broke off.");
            }

            stream.Advance();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
