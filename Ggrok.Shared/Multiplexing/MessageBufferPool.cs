using System.Collections.Concurrent;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>
/// Buffers of exactly one message. The shared array pool would round the size up to 128 KiB, which doubles the memory
/// and puts every buffer on the large object heap.
/// </summary>
internal static class MessageBufferPool
{
    private const int MostKept = 64;

    private static readonly ConcurrentQueue<byte[]> Kept = new();

    public static byte[] Rent() =>
        Kept.TryDequeue(out byte[]? buffer) ? buffer : GC.AllocateUninitializedArray<byte>(ProtocolLimits.MaxMessageBytes);

    public static void Return(byte[] buffer)
    {
        if (Kept.Count < MostKept)
        {
            Kept.Enqueue(buffer);
        }
    }
}
