using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Messages;

/// <summary>Reads the messages of one direction of a WebSocket (RFC 6455).</summary>
/// <param name="body">What was kept of the direction.</param>
/// <param name="log">Takes the messages.</param>
/// <param name="inflater">Decompresses; null when that was not agreed on.</param>
/// <param name="mustMask">The sender is a client, which has to mask (section 5.3).</param>
internal sealed class WebSocketReader(CapturedBody body, MessageLog log, WebSocketInflater? inflater, bool mustMask)
{
    private int _at;

    // The message whose frames are being read.
    private readonly ArrayBufferWriter<byte> _parts = new();
    private WebSocketFrame? _first;
    private long _size;

    /// <summary>Reads all that is there.</summary>
    public void Read()
    {
        while (_at < body.Bytes.Length && !log.IsFull)
        {
            if (!WebSocketFrame.TryRead(body.Bytes.Span[_at..], out WebSocketFrame frame))
            {
                break;
            }

            if (frame.Mistake(_first is not null, inflater is not null) is { } mistake)
            {
                EndOpen();
                log.AddInvalid(_at, mistake);
                return;
            }

            Take(frame);
        }

        EndOpen();
    }

    private void Take(WebSocketFrame frame)
    {
        int begin = _at + frame.HeaderBytes;
        int have = (int)Math.Min(frame.Length, (ulong)(body.Bytes.Length - begin));
        bool isWhole = (ulong)have == frame.Length;
        ReadOnlyMemory<byte> payload = frame.Unmask(body.Bytes.Slice(begin, have));
        _at = begin + have;
        if (frame.IsControl)
        {
            AddControl(frame, payload, isWhole);
            return;
        }

        _first ??= frame;
        _size += (long)frame.Length;
        if (frame.IsFinal && isWhole && _parts.WrittenCount == 0)
        {
            AddMessage(payload, isWhole: true);
            return;
        }

        _parts.Write(payload.Span);
        if (frame.IsFinal && isWhole)
        {
            AddMessage(_parts.WrittenSpan.ToArray(), isWhole: true);
        }
    }

    private void EndOpen()
    {
        if (_first is not null)
        {
            AddMessage(_parts.WrittenSpan.ToArray(), isWhole: false);
        }
    }

    private void AddMessage(ReadOnlyMemory<byte> payload, bool isWhole)
    {
        WebSocketFrame first = _first!.Value;
        MessageNotes notes = NotesOf(first);
        int have = payload.Length;
        if (first.IsCompressed)
        {
            payload = inflater!.Inflate(payload, isWhole, log.Budget.ForNext, notes);
        }

        if (!isWhole)
        {
            log.TellEnd(have, notes);
        }
        else if (first.Opcode == WebSocketOpcode.Text && notes.Text is null or "compressed" && !Utf8.IsValid(payload.Span))
        {
            notes.Add("not valid: the text is not UTF-8");
        }

        log.Add(_at - 1, first.Opcode == WebSocketOpcode.Text ? "text" : "binary", _size, payload, notes);
        _first = null;
        _size = 0;
        _parts.ResetWrittenCount();
    }

    private void AddControl(WebSocketFrame frame, ReadOnlyMemory<byte> payload, bool isWhole)
    {
        MessageNotes notes = NotesOf(frame);
        if (frame.Opcode == WebSocketOpcode.Close && isWhole)
        {
            notes.Add(DescribeClose(payload.Span));
        }

        if (!isWhole)
        {
            log.TellEnd(payload.Length, notes);
        }

        log.Add(_at - 1, frame.Opcode.ToString().ToLowerInvariant(), (long)frame.Length, payload, notes);
    }

    private MessageNotes NotesOf(WebSocketFrame frame)
    {
        var notes = new MessageNotes();
        if (frame.IsMasked != mustMask)
        {
            notes.Add(mustMask ? "not valid: a client has to mask" : "not valid: a server must not mask");
        }

        return notes;
    }

    // RFC 6455 section 7.4.1.
    private static string DescribeClose(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 2)
        {
            return payload.IsEmpty ? "no code" : "not valid: half a code";
        }

        int code = BinaryPrimitives.ReadUInt16BigEndian(payload);
        string? meaning = code switch
        {
            1000 => "normal",
            1001 => "going away",
            1002 => "protocol error",
            1003 => "cannot accept such data",
            1007 => "data not as its type says",
            1008 => "against a policy",
            1009 => "message too big",
            1010 => "extension missing",
            1011 => "unexpected condition",
            1012 => "restart",
            1013 => "try again later",
            _ => null,
        };
        string reason = Printable.Clean(Encoding.UTF8.GetString(payload[2..]));
        string text = code.ToString(CultureInfo.InvariantCulture) + (meaning is null ? "" : $" ({meaning})");
        return reason.Length == 0 ? text : $"{text}: {reason}";
    }
}
