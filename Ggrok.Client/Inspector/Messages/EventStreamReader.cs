using System.Text;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Messages;

/// <summary>Reads server-sent events (HTML standard, section 9.2.6).</summary>
/// <param name="body">What was kept of the stream, without its content-encoding.</param>
/// <param name="log">Takes the events.</param>
internal sealed class EventStreamReader(CapturedBody body, MessageLog log)
{
    private readonly MemoryStream _data = new();
    private bool _hasData;
    private string? _name;
    private string? _id;
    private string? _retry;
    private int _fieldBytes;

    /// <summary>Reads all that is there.</summary>
    public void Read()
    {
        ReadOnlySpan<byte> bytes = body.Bytes.Span;
        int at = bytes.StartsWith("\uFEFF"u8) ? 3 : 0;
        while (at < bytes.Length && !log.IsFull)
        {
            int length = bytes[at..].IndexOfAny((byte)'\r', (byte)'\n');
            if (length < 0)
            {
                // A line without its end is not one yet, but its field can be shown.
                TakeLine(body.Bytes[at..], bytes.Length - 1);
                break;
            }

            int end = at + length;
            if (length == 0)
            {
                Dispatch(end);
            }
            else
            {
                TakeLine(body.Bytes.Slice(at, length), end);
            }

            at = end + (bytes[end] == '\r' && end + 1 < bytes.Length && bytes[end + 1] == '\n' ? 2 : 1);
        }

        if (_fieldBytes > 0 && !log.IsFull)
        {
            AddEvent(bytes.Length - 1, isWhole: false);
        }
    }

    private void TakeLine(ReadOnlyMemory<byte> line, int last)
    {
        int colon = line.Span.IndexOf((byte)':');
        ReadOnlyMemory<byte> value = colon < 0 ? default : line[(colon + 1)..];
        if (!value.IsEmpty && value.Span[0] == ' ')
        {
            value = value[1..];
        }

        if (colon == 0)
        {
            log.Add(last, "comment", value.Length, value, new MessageNotes());
            return;
        }

        TakeField(colon < 0 ? line.Span : line.Span[..colon], value.Span, line.Length);
    }

    private void TakeField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, int size)
    {
        _fieldBytes += size;
        if (name.SequenceEqual("data"u8))
        {
            if (_hasData)
            {
                _data.WriteByte((byte)'\n');
            }

            _hasData = true;
            _data.Write(value);
        }
        else if (name.SequenceEqual("event"u8))
        {
            _name = Text(value);
        }
        else if (name.SequenceEqual("id"u8) && !value.Contains((byte)0))
        {
            _id = Text(value);
        }
        else if (name.SequenceEqual("retry"u8) && !value.IsEmpty && !value.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            _retry = Text(value);
        }
    }

    private void Dispatch(int end)
    {
        if (_fieldBytes > 0)
        {
            AddEvent(end, isWhole: true);
        }
    }

    private void AddEvent(int last, bool isWhole)
    {
        var notes = new MessageNotes();
        Tell(notes, "event", _name);
        Tell(notes, "id", _id);
        Tell(notes, "retry", _retry is null ? null : _retry + " ms");
        if (!isWhole)
        {
            log.TellEnd(_data.Length, notes);
        }
        else if (!_hasData)
        {
            notes.Add("no data: browsers do not pass it on");
        }

        log.Add(last, "event", _data.Length, _data.ToArray(), notes);
        _data.SetLength(0);
        _hasData = false;
        _name = _id = _retry = null;
        _fieldBytes = 0;
    }

    private static void Tell(MessageNotes notes, string name, string? value)
    {
        if (value is not null)
        {
            notes.Add($"{name}: {value}");
        }
    }

    private static string Text(ReadOnlySpan<byte> value) => Printable.Clean(Encoding.UTF8.GetString(value));
}
