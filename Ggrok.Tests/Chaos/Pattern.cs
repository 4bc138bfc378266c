using System.Buffers.Binary;

namespace Ggrok.Tests.Chaos;

/// <summary>
/// Bytes of which each block is another one: block after block is stamped with its number, so that bytes which are lost,
/// doubled or swapped cannot give the same checksum.
/// </summary>
internal sealed class Pattern
{
    public const int BlockBytes = 16 * 1024;

    private readonly byte[] _block = new byte[BlockBytes];
    private long _next;

    public Pattern(int seed)
    {
        new Random(seed).NextBytes(_block);
    }

    /// <summary>The next bytes, valid until the next call.</summary>
    /// <param name="most">At most so many.</param>
    public ReadOnlyMemory<byte> Next(long most)
    {
        BinaryPrimitives.WriteInt64BigEndian(_block, _next++);
        return _block.AsMemory(0, (int)Math.Min(BlockBytes, most));
    }

    /// <summary>The first so many bytes at once.</summary>
    public static byte[] Bytes(int seed, int count)
    {
        var pattern = new Pattern(seed);
        byte[] bytes = new byte[count];
        for (int at = 0; at < count; at += BlockBytes)
        {
            pattern.Next(count - at).CopyTo(bytes.AsMemory(at));
        }

        return bytes;
    }
}
