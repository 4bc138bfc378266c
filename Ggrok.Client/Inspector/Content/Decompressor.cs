using System.Buffers;
using System.IO.Compression;

namespace Ggrok.Client.Inspector.Content;

/// <summary>Undoes one content-encoding (RFC 9110 section 8.4.1), piece by piece.</summary>
internal abstract class Decompressor : IDisposable
{
    private const int BufferBytes = 8 * 1024;

    private readonly byte[] _buffer = new byte[BufferBytes];

    /// <summary>One for an encoding, or null for one that is not known.</summary>
    /// <param name="encoding">Its name in lower case.</param>
    /// <param name="beginning">The first bytes of the data.</param>
    public static Decompressor? For(string encoding, ReadOnlySpan<byte> beginning) => encoding switch
    {
        "gzip" or "x-gzip" => new Gzip(),
        "deflate" => new Deflate(HasZlibHeader(beginning)),
        "br" => new Brotli(),
        _ => null,
    };

    /// <summary>Adds what a piece holds to the output, until that is full.</summary>
    /// <exception cref="InvalidDataException">The data is broken.</exception>
    public void Decode(ReadOnlyMemory<byte> piece, BoundedOutput output)
    {
        Put(piece);
        int count;
        while (!output.Overflowed && (count = Read(_buffer)) > 0)
        {
            output.Add(_buffer.AsSpan(0, count));
        }
    }

    /// <summary>Whether the data was whole, once all its pieces were decoded. Nothing can be decoded after it.</summary>
    public abstract bool IsComplete();

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>The next piece.</summary>
    protected abstract void Put(ReadOnlyMemory<byte> piece);

    /// <summary>Reads what the pieces so far hold; 0 when that is all.</summary>
    protected abstract int Read(Span<byte> buffer);

    // The standard means the zlib format (RFC 1950), but there have always been senders of bare deflate data.
    private static bool HasZlibHeader(ReadOnlySpan<byte> beginning) =>
        beginning.Length < 2 || ((beginning[0] & 0x0F) == 8 && ((beginning[0] << 8) | beginning[1]) % 31 == 0);

    private sealed class Deflate(bool zlib) : Decompressor
    {
        private readonly StreamReading _reading = new(source => zlib
            ? new ZLibStream(source, CompressionMode.Decompress)
            : new DeflateStream(source, CompressionMode.Decompress));

        public override bool IsComplete() => !_reading.WantsMore;

        public override void Dispose() => _reading.Dispose();

        protected override void Put(ReadOnlyMemory<byte> piece) => _reading.Put(piece);

        protected override int Read(Span<byte> buffer) => _reading.Read(buffer);
    }

    private sealed class Gzip : Decompressor
    {
        // "end", compressed.
        private static readonly byte[] Probe = Convert.FromHexString("1F8B08000000000000034BCD4B0100B133FC0003000000");

        private readonly StreamReading _reading = new(source => new GZipStream(source, CompressionMode.Decompress));

        // Members may follow each other (RFC 1952 section 2.2), so the end of one tells nothing to the stream. Where one
        // more can follow, the last one was whole.
        public override bool IsComplete()
        {
            if (!_reading.WantsMore)
            {
                return true;
            }

            try
            {
                var added = new BoundedOutput(16);
                Decode(Probe, added);
                return added.Written.Span.SequenceEqual("end"u8);
            }
            catch (InvalidDataException)
            {
                return false;
            }
        }

        public override void Dispose() => _reading.Dispose();

        protected override void Put(ReadOnlyMemory<byte> piece) => _reading.Put(piece);

        protected override int Read(Span<byte> buffer) => _reading.Read(buffer);
    }

    private sealed class Brotli : Decompressor
    {
        private BrotliDecoder _decoder;
        private ReadOnlyMemory<byte> _rest;
        private OperationStatus _status = OperationStatus.NeedMoreData;

        public override bool IsComplete() => _status == OperationStatus.Done;

        public override void Dispose() => _decoder.Dispose();

        protected override void Put(ReadOnlyMemory<byte> piece) => _rest = piece;

        protected override int Read(Span<byte> buffer)
        {
            if (_status == OperationStatus.Done)
            {
                return 0;
            }

            _status = _decoder.Decompress(_rest.Span, buffer, out int consumed, out int written);
            _rest = _rest[consumed..];
            return _status != OperationStatus.InvalidData || written > 0 ? written : throw new InvalidDataException();
        }
    }
}
