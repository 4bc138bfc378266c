using System.Buffers;

namespace Ggrok.Server.Relay;

/// <summary>
/// The beginning of a request body, kept while the request might still be sent to somebody else. Small bodies, as webhooks have
/// them, are kept whole; of one that is larger nothing is.
/// </summary>
internal sealed class KeptBody
{
    /// <summary>Most that is kept, in bytes.</summary>
    public const int Most = 64 * 1024;

    private ArrayBufferWriter<byte>? _bytes = new(1024);

    /// <summary>All that was read of the body is here: it can be sent again.</summary>
    public bool IsComplete => _bytes is not null;

    /// <summary>The body was read to its end, too.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Nothing was read yet.</summary>
    public bool IsEmpty => Bytes.IsEmpty;

    /// <summary>What was read.</summary>
    public ReadOnlySequence<byte> Bytes => new(_bytes?.WrittenMemory ?? default);

    /// <summary>Keeps what was read from the visitor. One pump at a time.</summary>
    public void Add(ReadOnlySequence<byte> read, bool isEnd)
    {
        if (_bytes is null || _bytes.WrittenCount + read.Length > Most)
        {
            _bytes = null;
            return;
        }

        foreach (ReadOnlyMemory<byte> segment in read)
        {
            _bytes.Write(segment.Span);
        }

        IsWhole = isEnd;
    }
}
