using System.Collections.Concurrent;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>
/// A pooled buffer of one message that goes back when its last holder lets go: the payloads of a received message stay
/// where they are until their readers are done, instead of being copied. One byte larger than a message may be, which
/// shows that one is too large: the end of one that is not may come as a piece of its own. The shared array pool would
/// round the size up to 128 KiB, which doubles the memory and puts every buffer on the large object heap.
/// </summary>
internal sealed class MessageBuffer
{
    // Twice what one stream may have in flight when its window is the largest: 8 MiB.
    private const int MostKept = 2 * ProtocolLimits.MaxWindowBytes / ProtocolLimits.MaxMessageBytes;

    private static readonly ConcurrentQueue<MessageBuffer> Kept = new();

    private int _holders;

    private MessageBuffer()
    {
    }

    /// <summary>The memory.</summary>
    public byte[] Bytes { get; } = GC.AllocateUninitializedArray<byte>(ProtocolLimits.MaxMessageBytes + 1);

    /// <summary>A buffer with one holder.</summary>
    public static MessageBuffer Rent()
    {
        MessageBuffer buffer = Kept.TryDequeue(out MessageBuffer? kept) ? kept : new MessageBuffer();
        buffer._holders = 1;
        return buffer;
    }

    /// <summary>Whether somebody else holds it too, for all that its only other holder knows.</summary>
    public bool IsShared => Volatile.Read(ref _holders) > 1;

    /// <summary>One more holder.</summary>
    public void Hold() => Interlocked.Increment(ref _holders);

    /// <summary>One holder less; nobody may use what it held after this.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0 && Kept.Count < MostKept)
        {
            Kept.Enqueue(this);
        }
    }
}

/// <summary>The payload of a received frame within its message.</summary>
/// <param name="Buffer">The message.</param>
/// <param name="Offset">Where the payload begins.</param>
/// <param name="Length">Its size in bytes.</param>
internal readonly record struct ReceivedPayload(MessageBuffer Buffer, int Offset, int Length)
{
    public ReadOnlySpan<byte> Span => Buffer.Bytes.AsSpan(Offset, Length);
}
