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
