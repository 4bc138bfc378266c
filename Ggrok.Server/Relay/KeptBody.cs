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

    // Dropped by who reads the response, while the pump may add.
    private volatile ArrayBufferWriter<byte>? _bytes = new(1024);

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
        ArrayBufferWriter<byte>? bytes = _bytes;
        if (bytes is null || bytes.WrittenCount + read.Length > Most)
        {
            _bytes = null;
            return;
        }

        foreach (ReadOnlyMemory<byte> segment in read)
        {
            bytes.Write(segment.Span);
        }

        IsWhole = isEnd;
    }

    /// <summary>There is an answer, and so no other try: nothing is kept any longer, however long the answer takes.</summary>
    public void Drop() => _bytes = null;
}
