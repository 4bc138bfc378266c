using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Local.Http1;

/// <summary>The local service sent something that is not HTTP/1.x, or more of it than is allowed.</summary>
internal sealed class LocalResponseException(RelayError error) : Exception($"The local service's response is not usable: {error}.")
{
    public RelayError Error { get; } = error;
}

/// <summary>Parses status line and fields (RFC 9112 sections 4 and 5).</summary>
internal static class ResponseHeadParser
{
    /// <summary>Parses a head if all of it is there.</summary>
    /// <param name="bytes">What was read so far.</param>
    /// <param name="head">Receives status, reason and every field line in order, hop-by-hop ones included.</param>
    /// <param name="isHttp10">The service speaks HTTP/1.0, which closes the connection unless it says otherwise.</param>
    /// <param name="length">Size of the head in bytes, the empty line included.</param>
    /// <returns>False when more bytes are needed.</returns>
    /// <exception cref="LocalResponseException">The bytes are no response head.</exception>
    public static bool TryParse(ReadOnlySpan<byte> bytes, ResponseHead head, out bool isHttp10, out int length)
    {
        isHttp10 = bytes.StartsWith("HTTP/1.0"u8);
        length = EndOfHead(bytes);
        if (length < 0)
        {
            if (bytes.Length >= 5 && !bytes.StartsWith("HTTP/"u8))
            {
                throw new LocalResponseException(RelayError.ResponseHeadLocal);
            }

            return false;
        }

        ReadOnlySpan<byte> rest = bytes[..length];
        ParseStatusLine(NextLine(ref rest), head);
        ParseFields(rest, head.Headers);
        return true;
    }

    /// <summary>Parses field lines up to an empty line; also for trailers.</summary>
    /// <exception cref="LocalResponseException">A line is no field.</exception>
    public static void ParseFields(ReadOnlySpan<byte> rest, List<HeaderField> fields)
    {
        while (true)
        {
            ReadOnlySpan<byte> line = NextLine(ref rest);
            if (line.IsEmpty)
            {
                return;
            }

            int colon = line.IndexOf((byte)':');

            // A line that begins with white space would continue the one before (obs-fold, RFC 9112 section 5.2):
            // receivers disagree about it, so it is refused.
            if (colon <= 0)
            {
                throw new LocalResponseException(RelayError.ResponseHeadInvalid);
            }

            string name = RecentStrings.OfLatin1(line[..colon]);
            string value = RecentStrings.OfLatin1(line[(colon + 1)..].Trim(" \t"u8));
            if (!HeaderField.IsName(name) || !HeaderField.IsValue(value))
            {
                throw new LocalResponseException(RelayError.ResponseHeadInvalid);
            }

            fields.Add(new HeaderField(name, value));
        }
    }

    /// <summary>Index behind the empty line that ends a head, or -1.</summary>
    public static int EndOfHead(ReadOnlySpan<byte> bytes)
    {
        int from = 0;
        while (true)
        {
            int lineFeed = bytes[from..].IndexOf((byte)'\n');
            if (lineFeed < 0)
            {
                return -1;
            }

            int next = from + lineFeed + 1;
            ReadOnlySpan<byte> line = bytes[from..(next - 1)];
            if (from > 0 && (line.IsEmpty || line is [(byte)'\r']))
            {
                return next;
            }

            from = next;
        }
    }

    // HTTP-version SP status-code SP [ reason-phrase ]; some servers leave out the last space.
    private static void ParseStatusLine(ReadOnlySpan<byte> line, ResponseHead head)
    {
        bool valid = line.Length >= 12 && (line.StartsWith("HTTP/1.1 "u8) || line.StartsWith("HTTP/1.0 "u8));
        int status = 0;
        for (int i = 9; valid && i < 12; i++)
        {
            valid = line[i] is >= (byte)'0' and <= (byte)'9';
            status = (status * 10) + line[i] - '0';
        }

        if (!valid || status < 100 || (line.Length > 12 && line[12] != ' '))
        {
            throw new LocalResponseException(RelayError.ResponseHeadLocal);
        }

        head.Status = status;
        head.Reason = line.Length > 13 ? ReasonPhrases.Unusual(status, line[13..]) : null;
    }

    private static ReadOnlySpan<byte> NextLine(ref ReadOnlySpan<byte> rest)
    {
        int lineFeed = rest.IndexOf((byte)'\n');
        ReadOnlySpan<byte> line = rest[..lineFeed];
        rest = rest[(lineFeed + 1)..];
        return line.EndsWith("\r"u8) ? line[..^1] : line;
    }
}
