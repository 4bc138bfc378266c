using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.MicroBench.Multiplexing;

/// <summary>Readers of streams.</summary>
internal static class StreamReading
{
    /// <summary>Reads to End; returns the bytes of Data.</summary>
    /// <exception cref="InvalidOperationException">The stream was reset.</exception>
    public static Task<int> ToEndAsync(MuxStream stream) => DataAsync(stream, int.MaxValue);

    /// <summary>Reads until so many bytes of Data have come, or to End.</summary>
    /// <exception cref="InvalidOperationException">The stream was reset.</exception>
    public static async Task<int> DataAsync(MuxStream stream, int bytes)
    {
        int read = 0;
        while (read < bytes)
        {
            InboundFrame frame = await stream.ReadAsync().ConfigureAwait(false);
            if (frame.Kind == FrameKind.Reset)
            {
                throw new InvalidOperationException($"The stream was reset: {frame.Error}.");
            }

            read += frame.Kind == FrameKind.Data ? frame.Payload.Length : 0;
            stream.Advance();
            if (frame.Kind == FrameKind.End)
            {
                break;
            }
        }

        return read;
    }
}
