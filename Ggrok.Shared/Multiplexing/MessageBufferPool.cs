using System.Collections.Concurrent;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>
/// Buffers of one message, and one byte that shows that a message is too large: the end of one that is not may come as a
/// piece of its own. The shared array pool would round the size up to 128 KiB, which doubles the memory and puts every
/// buffer on the large object heap.
/// </summary>
internal static class MessageBufferPool
{
    private const int MostKept = 64;

    private static readonly ConcurrentQueue<byte[]> Kept = new();

    public static byte[] Rent() =>
        Kept.TryDequeue(out byte[]? buffer) ? buffer : GC.AllocateUninitializedArray<byte>(ProtocolLimits.MaxMessageBytes + 1);

    public static void Return(byte[] buffer)
    {
        if (Kept.Count < MostKept)
        {
            Kept.Enqueue(buffer);
        }
    }
}
