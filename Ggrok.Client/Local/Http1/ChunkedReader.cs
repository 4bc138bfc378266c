using System.Buffers.Text;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Local.Http1;

/// <summary>Takes the chunked coding apart (RFC 9112 section 7.1), whatever the pieces in which it arrives.</summary>
internal sealed class ChunkedReader
{
    private const int LongestSizeLine = 4096;
    private const int LongestTrailers = 32 * 1024;

    private State _state = State.Size;
    private long _left;

    private enum State
    {
        Size,
        Data,
        DataEnd,
        Trailers,
        Done,
    }

    /// <summary>The last chunk and its trailers were read.</summary>
    public bool IsDone => _state == State.Done;

    /// <summary>Trailer fields; null without any.</summary>
    public List<HeaderField>? Trailers { get; private set; }

    /// <summary>Takes the next step in <paramref name="bytes"/>.</summary>
    /// <param name="bytes">What is buffered.</param>
    /// <param name="consumed">Bytes that are done with after <paramref name="data"/> was used.</param>
    /// <param name="data">Body bytes found in this step, a part of <paramref name="bytes"/>; may be empty.</param>
    /// <returns>False when more bytes are needed.</returns>
    /// <exception cref="LocalResponseException">The coding is broken.</exception>
    public bool TryStep(ReadOnlyMemory<byte> bytes, out int consumed, out ReadOnlyMemory<byte> data)
    {
        data = default;
        consumed = 0;
        switch (_state)
        {
            case State.Size:
                return TrySize(bytes.Span, out consumed);
            case State.Data when bytes.Length > 0:
                data = bytes[..(int)Math.Min(bytes.Length, _left)];
                consumed = data.Length;
                _left -= consumed;
                _state = _left == 0 ? State.DataEnd : State.Data;
                return true;
            case State.DataEnd:
                return TryDataEnd(bytes.Span, out consumed);
            case State.Trailers:
                return TryTrailers(bytes.Span, out consumed);
            default:
                return false;
        }
    }

    private bool TrySize(ReadOnlySpan<byte> bytes, out int consumed)
    {
        consumed = 0;
        int lineFeed = bytes.IndexOf((byte)'\n');
        if (lineFeed < 0)
        {
            Require(bytes.Length <= LongestSizeLine);
            return false;
        }

        ReadOnlySpan<byte> line = bytes[..lineFeed].TrimEnd((byte)'\r');
        int extension = line.IndexOf((byte)';');
        ReadOnlySpan<byte> size = (extension < 0 ? line : line[..extension]).Trim(" \t"u8);
        Require(size.Length is > 0 and <= 15 && Utf8Parser.TryParse(size, out _left, out int parsed, 'X') && parsed == size.Length && _left >= 0);
        consumed = lineFeed + 1;
        _state = _left == 0 ? State.Trailers : State.Data;
        return true;
    }

    private bool TryDataEnd(ReadOnlySpan<byte> bytes, out int consumed)
    {
        consumed = bytes.StartsWith("\r\n"u8) ? 2 : bytes.StartsWith("\n"u8) ? 1 : 0;
        if (consumed == 0)
        {
            Require(bytes.IsEmpty || bytes is [(byte)'\r']);
            return false;
        }

        _state = State.Size;
        return true;
    }

    private bool TryTrailers(ReadOnlySpan<byte> bytes, out int consumed)
    {
        consumed = bytes.StartsWith("\r\n"u8) ? 2 : bytes.StartsWith("\n"u8) ? 1 : 0;
        if (consumed > 0)
        {
            _state = State.Done;
            return true;
        }

        int end = ResponseHeadParser.EndOfHead(bytes);
        if (end < 0)
        {
            Require(bytes.Length <= LongestTrailers);
            return false;
        }

        Trailers = [];
        ResponseHeadParser.ParseFields(bytes[..end], Trailers);
        consumed = end;
        _state = State.Done;
        return true;
    }

    private static void Require(bool condition)
    {
        if (!condition)
        {
            throw new LocalResponseException(RelayError.ResponseBodyLocal);
        }
    }
}
