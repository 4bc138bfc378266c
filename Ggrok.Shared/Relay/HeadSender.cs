using System.Buffers;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Relay;

/// <summary>Writes envelopes to streams from a buffer that each thread keeps.</summary>
public static class HeadSender
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? s_buffer;

    /// <summary>Sends a request head. False when the stream is over or the head is larger than a frame can be.</summary>
    public static ValueTask<bool> WriteHeadAsync(MuxStream stream, RequestHead head)
    {
        ArrayBufferWriter<byte> buffer = Rent();
        HeadWriter.Write(buffer, head);
        return SendAsync(stream, FrameKind.Head, buffer);
    }

    /// <summary>Sends the head of a request without a body, and End, as one message where that is possible.</summary>
    public static async ValueTask<bool> WriteWholeAsync(MuxStream stream, RequestHead head)
    {
        ArrayBufferWriter<byte> buffer = Rent();
        HeadWriter.Write(buffer, head);
        if (TryTogether(stream, buffer, default))
        {
            return true;
        }

        return await SendAsync(stream, FrameKind.Head, buffer).ConfigureAwait(false) && await stream.WriteEndAsync().ConfigureAwait(false);
    }

    /// <summary>Sends a response that is complete already, as one message where that is possible.</summary>
    public static async ValueTask<bool> WriteWholeAsync(MuxStream stream, ResponseHead head, ReadOnlyMemory<byte> body)
    {
        ArrayBufferWriter<byte> buffer = Rent();
        HeadWriter.Write(buffer, head);
        if (TryTogether(stream, buffer, body.Span))
        {
            return true;
        }

        return await SendAsync(stream, FrameKind.Head, buffer).ConfigureAwait(false)
            && await stream.WriteAsync(FrameKind.Data, body).ConfigureAwait(false)
            && await stream.WriteEndAsync().ConfigureAwait(false);
    }

    /// <summary>Sends a response head. False when the stream is over or the head is larger than a frame can be.</summary>
    public static ValueTask<bool> WriteHeadAsync(MuxStream stream, ResponseHead head)
    {
        ArrayBufferWriter<byte> buffer = Rent();
        HeadWriter.Write(buffer, head);
        return SendAsync(stream, FrameKind.Head, buffer);
    }

    /// <summary>Sends trailers. False when the stream is over or they are larger than a frame can be.</summary>
    public static ValueTask<bool> WriteTrailersAsync(MuxStream stream, List<HeaderField> trailers)
    {
        ArrayBufferWriter<byte> buffer = Rent();
        HeadWriter.WriteTrailers(buffer, trailers);
        return SendAsync(stream, FrameKind.Trailers, buffer);
    }

    private static ArrayBufferWriter<byte> Rent()
    {
        ArrayBufferWriter<byte> buffer = s_buffer ?? new ArrayBufferWriter<byte>(2048);
        s_buffer = null;
        buffer.ResetWrittenCount();
        return buffer;
    }

    private static bool TryTogether(MuxStream stream, ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> data)
    {
        if (buffer.WrittenCount > ProtocolLimits.MaxJsonBytes || !stream.TryWriteTogether(buffer.WrittenSpan, data, end: true))
        {
            return false;
        }

        s_buffer = buffer;
        return true;
    }

    private static ValueTask<bool> SendAsync(MuxStream stream, FrameKind kind, ArrayBufferWriter<byte> buffer)
    {
        if (buffer.WrittenCount > ProtocolLimits.MaxJsonBytes)
        {
            return ValueTask.FromResult(false);
        }

        ValueTask<bool> write = stream.WriteAsync(kind, buffer.WrittenMemory);
        if (write.IsCompleted)
        {
            // Only now may the thread use the buffer again; a write that waits keeps it.
            s_buffer = buffer;
        }

        return write;
    }
}
