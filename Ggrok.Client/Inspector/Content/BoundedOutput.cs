namespace Ggrok.Client.Inspector.Content;

/// <summary>Collects bytes up to a limit, and takes no more memory than that.</summary>
/// <param name="limit">In bytes.</param>
internal sealed class BoundedOutput(int limit)
{
    private const int FirstBytes = 1024;

    private byte[] _bytes = [];

    /// <summary>How many bytes there are.</summary>
    public int Length { get; private set; }

    /// <summary>There was more than the limit.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>What was collected.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    /// <summary>Adds as many of the bytes as fit.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        int count = Math.Min(bytes.Length, limit - Length);
        Overflowed |= count < bytes.Length;
        if (Length + count > _bytes.Length)
        {
            long doubled = Math.Max(FirstBytes, 2L * _bytes.Length);
            Array.Resize(ref _bytes, (int)Math.Min(limit, Math.Max(doubled, Length + count)));
        }

        bytes[..count].CopyTo(_bytes.AsSpan(Length));
        Length += count;
    }
}
