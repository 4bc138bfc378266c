using System.Buffers;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>A frame that waits for its reader.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Owner">What its payload lies in: the message it came with, a pooled array of its own, or nothing.</param>
/// <param name="Offset">Where the payload begins.</param>
/// <param name="Length">Size of the payload.</param>
internal readonly record struct QueuedFrame(FrameKind Kind, object? Owner, int Offset, int Length)
{
    private const int SmallestArray = 512;

    public ReadOnlyMemory<byte> Payload => Owner switch
    {
        MessageBuffer message => message.Bytes.AsMemory(Offset, Length),
        byte[] array => array.AsMemory(Offset, Length),
        _ => default,
    };

    /// <summary>The payload stays where it is, and keeps its message in memory.</summary>
    public static QueuedFrame Hold(FrameKind kind, ReceivedPayload payload)
    {
        if (payload.Length == 0)
        {
            return new QueuedFrame(kind, null, 0, 0);
        }

        payload.Buffer.Hold();
        return new QueuedFrame(kind, payload.Buffer, payload.Offset, payload.Length);
    }

    /// <summary>The payload is copied, with room for more behind it when it is small.</summary>
    public static QueuedFrame Copy(FrameKind kind, ReceivedPayload payload)
    {
        if (payload.Length == 0)
        {
            return new QueuedFrame(kind, null, 0, 0);
        }

        byte[] array = ArrayPool<byte>.Shared.Rent(Math.Max(payload.Length, SmallestArray));
        payload.Span.CopyTo(array);
        return new QueuedFrame(kind, array, 0, payload.Length);
    }

    /// <summary>Nobody may use the payload after this.</summary>
    public void Release()
    {
        if (Owner is MessageBuffer message)
        {
            message.Release();
        }
        else if (Owner is byte[] array)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}
