namespace Ggrok.Client.Inspector.Content;

/// <summary>A decompressing stream of the platform that is given its input in pieces.</summary>
internal sealed class StreamReading : IDisposable
{
    private readonly EncodedSource _source = new();
    private readonly Stream _stream;

    /// <summary>Begins.</summary>
    /// <param name="over">Makes the stream over its source.</param>
    public StreamReading(Func<Stream, Stream> over) => _stream = over(_source);

    /// <summary>The compressed data does not end within what was put in.</summary>
    public bool WantsMore => _source.WantsMore;

    /// <summary>The next piece.</summary>
    public void Put(ReadOnlyMemory<byte> piece) => _source.Put(piece);

    /// <summary>Reads what the pieces so far hold; 0 when that is all.</summary>
    /// <exception cref="InvalidDataException">The data is broken.</exception>
    public int Read(Span<byte> buffer)
    {
        try
        {
            return _stream.Read(buffer);
        }
        catch (IOException e)
        {
            // How zlib's rarer failures are told.
            throw new InvalidDataException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        _source.Dispose();
    }
}
