using System.Globalization;
using System.Text;
using Ggrok.Client.Cli;
using Ggrok.Client.Inspector.Content;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inbox.Files;

/// <summary>Reads the head of a request file, also of one that a person wrote: lines may end with LF alone, version and length may be missing.</summary>
/// <param name="path">The file.</param>
internal sealed class RequestFileReader(string path)
{
    private const string Length = "Content-Length";

    // RFC 9110 section 7.6.1; the local connection gets its own. Nor waits anybody to be told to go on (Expect): the body is here.
    private static readonly string[] OfConnection = ["Connection", "Keep-Alive", "Proxy-Connection", "Upgrade", "Expect"];

    private ReadOnlyMemory<byte> _rest;
    private bool _isCut;
    private int _line;

    /// <summary>Reads it.</summary>
    /// <param name="edits">Fields in place of the file's own, before anything is checked that depends on them.</param>
    /// <exception cref="RequestFileException">It cannot be read, or holds no request.</exception>
    public RequestFile Read(HeaderEdits edits)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            byte[] beginning = new byte[Math.Min(file.Length, RequestFile.MaxHeadBytes)];
            file.ReadExactly(beginning);
            return Read(beginning, file.Length, edits);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RequestFileException($"{path} cannot be read: {e.Message}");
        }
    }

    private RequestFile Read(ReadOnlyMemory<byte> beginning, long size, HeaderEdits edits)
    {
        _rest = beginning.Span.StartsWith(Encoding.UTF8.Preamble) ? beginning[Encoding.UTF8.Preamble.Length..] : beginning;
        _isCut = size > beginning.Length;
        string first = "";
        while (!_rest.IsEmpty && first.Length == 0)
        {
            first = NextLine();
        }

        (string method, string target) = RequestLine(first);
        var fields = new List<HeaderField>();
        var lines = new List<int>();
        while ((!_rest.IsEmpty || _isCut) && NextLine() is { Length: > 0 } line)
        {
            fields.Add(Field(line));
            lines.Add(_line);
        }

        long start = beginning.Length - _rest.Length;
        RefuseCoding(fields, lines);
        List<HeaderField> edited = edits.Apply(fields);
        CheckLength(edited, fields, lines, size - start);
        return new RequestFile(path, method, target, edited.ValueOf("Host") ?? "", [.. edited.Where(f => !IsOfConnection(f, edited))], start, size - start);
    }

    private string NextLine()
    {
        _line++;
        int end = _rest.Span.IndexOf((byte)'\n');
        if (end < 0 && _isCut)
        {
            throw TooLong();
        }

        ReadOnlySpan<byte> line = end < 0 ? _rest.Span : _rest.Span[..end];
        _rest = end < 0 ? default : _rest[(end + 1)..];
        return Encoding.Latin1.GetString(line.EndsWith("\r"u8) ? line[..^1] : line);
    }

    private (string Method, string Target) RequestLine(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length is < 2 or > 3 || !HeaderField.IsName(words[0]) || (words.Length == 3 && !words[2].StartsWith("HTTP/", StringComparison.Ordinal)))
        {
            throw Wrong(line.Length == 0 ? "There is no request; begin with a line such as POST /webhooks HTTP/1.1"
                : $"{line.Quoted()} is no request line; write it like POST /webhooks HTTP/1.1, without spaces in the path.");
        }

        string target = RequestTarget.ToOriginForm(words[1]);
        return words[0] == "CONNECT" ? throw Wrong("CONNECT opens a connection and is no request that can be sent; write another method.")
            : RequestTarget.IsSafe(target) ? (words[0], target)
            : throw Wrong($"{words[1].Quoted()} is no path; begin it with a slash, and percent-encode spaces, # and everything outside ASCII.");
    }

    private HeaderField Field(string line)
    {
        int colon = line.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? line : line[..colon];
        string value = colon < 0 ? "" : line[(colon + 1)..].Trim(' ', '\t');
        return line[0] is ' ' or '\t' ? throw Wrong("The line begins with a space; write each field in one line, and an empty line in front of the body.")
            : colon < 0 || !HeaderField.IsName(name) ? throw Wrong($"{line.Quoted()} is no header field; write it like Content-Type: application/json, and an empty line in front of the body.")
            : HeaderField.IsValue(value) ? new HeaderField(name, value)
            : throw Wrong($"The value of {name} has a control character that no field may have.");
    }

    // Whether the body that follows is in that coding cannot be told: files are written without it.
    private void RefuseCoding(List<HeaderField> fields, List<int> lines)
    {
        int coding = fields.FindIndex(f => Is(f, "Transfer-Encoding"));
        if (coding >= 0)
        {
            throw WrongAt(lines[coding], "Transfer-Encoding belongs to a connection; leave the line out, and write the body as it is.");
        }
    }

    private void CheckLength(List<HeaderField> edited, List<HeaderField> fields, List<int> lines, long actual)
    {
        HeaderField[] lengths = [.. edited.Where(f => Is(f, Length))];
        if (lengths.Length == 0)
        {
            if (actual > 0)
            {
                edited.Add(new HeaderField(Length, actual.ToString(CultureInfo.InvariantCulture)));
            }

            return;
        }

        int at = lines[fields.FindIndex(f => Is(f, Length))];
        if (lengths.Length > 1)
        {
            throw WrongAt(at, "There are several Content-Length fields; leave one, or none.");
        }

        if (!long.TryParse(lengths[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out long length) || length != actual)
        {
            throw WrongAt(at, string.Create(CultureInfo.InvariantCulture,
                $"Content-Length is {lengths[0].Value.Quoted()}, and {actual} bytes follow the head; write {actual} or leave the line out, unless a part of the file is missing."));
        }
    }

    private static bool IsOfConnection(HeaderField field, List<HeaderField> all) =>
        Is(field, "Host") || Array.Exists(OfConnection, n => Is(field, n)) || all.ListOf("Connection").Contains(field.Name.ToLowerInvariant());

    private static bool Is(HeaderField field, string name) => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase);

    private RequestFileException TooLong() =>
        Wrong($"The request line and the fields are larger than the {ByteSizes.Format(RequestFile.MaxHeadBytes)} that they may have; is an empty line missing in front of the body?");

    private RequestFileException Wrong(string sentence) => WrongAt(Math.Max(1, _line), sentence);

    private RequestFileException WrongAt(int line, string sentence) => new(string.Create(CultureInfo.InvariantCulture, $"{path}:{line}: {sentence}"));
}
