namespace Ggrok.Client.Inspector.Content;

/// <summary>
/// What a decompressing stream reads from: pieces that are put in one after the other. Where a piece ends the stream has
/// nothing more to read, and goes on with the next one.
/// </summary>
internal sealed class EncodedSource : Stream
{
    private ReadOnlyMemory<byte> _rest;

    /// <summary>More was asked for than the last piece had: the compressed data does not end within it.</summary>
    public bool WantsMore { get; private set; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The next piece.</summary>
    public void Put(ReadOnlyMemory<byte> piece)
    {
        _rest = piece;
        WantsMore = false;
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int count = Math.Min(buffer.Length, _rest.Length);
        WantsMore |= count == 0 && buffer.Length > 0;
        _rest.Span[..count].CopyTo(buffer);
        _rest = _rest[count..];
        return count;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
