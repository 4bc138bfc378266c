using System.Globalization;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Content;

/// <summary>Undoes content-encodings (RFC 9110 section 8.4) of what was kept of a body.</summary>
internal static class ContentDecoder
{
    // Each may be a thousand times larger than the one before.
    private const int MostEncodings = 4;

    /// <summary>Decodes as much as there is. Broken data yields what comes before the damage.</summary>
    /// <param name="body">The body as it travelled.</param>
    /// <param name="headers">Field lines of its message.</param>
    /// <param name="maxBytes">Largest number of bytes to yield; also bounds the memory that is used.</param>
    public static DecodedContent Decode(CapturedBody body, IReadOnlyList<HeaderField> headers, int maxBytes)
    {
        List<string> encodings = headers.ListOf("Content-Encoding");
        encodings.RemoveAll(e => e == "identity");
        var state = new State(body);
        if (body.IsTruncated)
        {
            state.Miss(ContentEnd.Cut, string.Create(CultureInfo.InvariantCulture, $"cut off: only the first {body.Bytes.Length} of {body.Total} bytes were kept"));
        }

        if (encodings.Count > MostEncodings)
        {
            state.Miss(ContentEnd.Encoded, string.Create(CultureInfo.InvariantCulture, $"not decoded: {encodings.Count} content-encodings"));
            encodings.Clear();
        }

        encodings.Reverse();
        foreach (string encoding in encodings)
        {
            if (state.Body.Bytes.IsEmpty || !Undo(encoding, state, maxBytes))
            {
                break;
            }
        }

        if (state.Body.Bytes.Length > maxBytes)
        {
            state.Miss(ContentEnd.Cut, Overflow(maxBytes));
            state.Body = Cut(state.Body, maxBytes);
        }

        return new DecodedContent(state.Body, state.Undone, state.End, state.Notes);
    }

    private static bool Undo(string encoding, State state, int maxBytes)
    {
        using var decompressor = Decompressor.For(encoding, state.Body.Bytes.Span);
        if (decompressor is null)
        {
            state.Miss(ContentEnd.Encoded, $"not decoded: {Printable.Clean(encoding)} is not supported");
            return false;
        }

        bool wasWhole = state.End == ContentEnd.Whole;
        var output = new BoundedOutput(maxBytes);
        var marks = new List<ArrivalMark>();
        bool valid = TryDecode(decompressor, state.Body, output, marks);
        if (!valid && output.Length == 0)
        {
            state.Miss(ContentEnd.Encoded, $"not valid: no {encoding} data, though Content-Encoding says so");
            return false;
        }

        if (!valid)
        {
            state.Miss(ContentEnd.Broken, string.Create(CultureInfo.InvariantCulture, $"not valid: the {encoding} data is broken behind the first {output.Length} decoded bytes"));
        }
        else if (output.Overflowed)
        {
            state.Miss(ContentEnd.Cut, Overflow(maxBytes));
        }
        else if (wasWhole && !decompressor.IsComplete())
        {
            state.Miss(ContentEnd.Incomplete, $"incomplete: the {encoding} data ends early");
        }

        state.Undone.Add(encoding);
        state.Body = new CapturedBody(output.Written, output.Length, marks);
        return true;
    }

    private static bool TryDecode(Decompressor decompressor, CapturedBody body, BoundedOutput output, List<ArrivalMark> marks)
    {
        int at = 0;
        try
        {
            foreach (ArrivalMark mark in Pieces(body))
            {
                int end = Math.Clamp(mark.End, at, body.Bytes.Length);
                decompressor.Decode(body.Bytes[at..end], output);
                at = end;
                AddMark(marks, output.Length, mark.At);
            }

            return true;
        }
        catch (InvalidDataException)
        {
            AddMark(marks, output.Length, body.ArrivalOf(at));
            return false;
        }
    }

    private static IEnumerable<ArrivalMark> Pieces(CapturedBody body) => body.Marks.Append(new ArrivalMark(body.Bytes.Length, body.ArrivalOf(body.Bytes.Length)));

    private static void AddMark(List<ArrivalMark> marks, int end, TimeSpan at)
    {
        if (end > (marks.Count == 0 ? 0 : marks[^1].End))
        {
            marks.Add(new ArrivalMark(end, at));
        }
    }

    private static CapturedBody Cut(CapturedBody body, int maxBytes) => new(body.Bytes[..maxBytes], maxBytes, body.Marks);

    private static string Overflow(int maxBytes) =>
        string.Create(CultureInfo.InvariantCulture, $"cut off: only the first {maxBytes} decoded bytes are shown");

    private sealed class State(CapturedBody body)
    {
        public CapturedBody Body { get; set; } = body;

        public List<string> Undone { get; } = [];

        public ContentEnd End { get; private set; }

        public string? Notes { get; private set; }

        public void Miss(ContentEnd end, string note)
        {
            End = end > End ? end : End;
            Notes = Notes is null ? note : $"{Notes}; {note}";
        }
    }
}
