using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Tests.Testing;

/// <summary>Reads streams the way tests want it: bounded, and with a word on what was expected.</summary>
public static class StreamReading
{
    /// <summary>The next frame; its payload stays valid until Advance.</summary>
    public static Task<InboundFrame> NextAsync(this MuxStream stream) => Within.Bound(stream.ReadAsync().AsTask(), $"a frame on stream {stream.Id}");

    /// <summary>The next frame must be of this kind; returns a copy of its payload.</summary>
    public static async Task<byte[]> ExpectAsync(this MuxStream stream, FrameKind kind)
    {
        InboundFrame frame = await stream.NextAsync();
        frame.Kind.ShouldBe(kind, $"error {frame.Error}");
        byte[] copy = frame.Payload.ToArray();
        stream.Advance();
        return copy;
    }

    /// <summary>The next frame must be a reset; returns its error.</summary>
    public static async Task<RelayError> ExpectResetAsync(this MuxStream stream)
    {
        InboundFrame frame = await stream.NextAsync();
        frame.Kind.ShouldBe(FrameKind.Reset);
        return frame.Error;
    }

    /// <summary>Reads Data until End; returns all bytes.</summary>
    public static async Task<byte[]> ReadAllAsync(this MuxStream stream)
    {
        using var all = new MemoryStream();
        while (true)
        {
            InboundFrame frame = await stream.NextAsync();
            if (frame.Kind == FrameKind.End)
            {
                return all.ToArray();
            }

            frame.Kind.ShouldBe(FrameKind.Data, $"error {frame.Error}");
            all.Write(frame.Payload.Span);
            stream.Advance();
        }
    }

    /// <summary>Reads and advances until so many Data bytes were taken; returns how many.</summary>
    public static async Task<int> TakeAsync(this MuxStream stream, int atLeast)
    {
        int taken = 0;
        while (taken < atLeast)
        {
            taken += (await stream.ExpectAsync(FrameKind.Data)).Length;
        }

        return taken;
    }

    /// <summary>Sends back whatever comes, then ends.</summary>
    public static async Task EchoAsync(this MuxStream stream)
    {
        while (true)
        {
            InboundFrame frame = await stream.NextAsync();
            if (frame.Kind is FrameKind.End or FrameKind.Reset)
            {
                await stream.WriteEndAsync();
                return;
            }

            if (frame.Kind == FrameKind.Data)
            {
                await stream.WriteAsync(FrameKind.Data, frame.Payload);
            }

            stream.Advance();
        }
    }
}
