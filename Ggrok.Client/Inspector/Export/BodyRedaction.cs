using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Net.Http.Headers;

namespace Ggrok.Client.Inspector.Export;

/// <summary>Takes the secrets out of bodies whose members have names: forms and JSON. The rest of them stays as it is.</summary>
internal sealed class BodyRedaction(SecretNames names)
{
    private static readonly JsonReaderOptions Lenient = new()
    {
        AllowMultipleValues = true,
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
        MaxDepth = 1000,
    };

    /// <summary>The body without its secrets. The end of it may be missing.</summary>
    public ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> body, string? contentType)
    {
        if (MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type))
        {
            if (type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase))
            {
                return Encoding.Latin1.GetBytes(Redaction.Pairs(Encoding.Latin1.GetString(body.Span), names.Contain));
            }

            if (type.Type.Equals("multipart", StringComparison.OrdinalIgnoreCase) && HeaderUtilities.RemoveQuotes(type.Boundary) is { Length: > 0 } boundary)
            {
                return Parts(body, Encoding.Latin1.GetBytes("--" + boundary));
            }
        }

        int mark = body.Span.StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        bool isJson = contentType?.Contains("json", StringComparison.OrdinalIgnoreCase) == true || body.Span[mark..].TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[', ..];
        return isJson ? (byte[])[.. body.Span[..mark], .. Json(body[mark..]).Span] : body;
    }

    private ReadOnlyMemory<byte> Json(ReadOnlyMemory<byte> body)
    {
        var output = new ArrayBufferWriter<byte>(body.Length + 64);
        var reader = new Utf8JsonReader(body.Span, isFinalBlock: false, new JsonReaderState(Lenient));
        int copied = 0;
        int secretAt = -1;
        bool isBroken = false;
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    secretAt = names.Contain(reader.GetString()!) ? (int)reader.BytesConsumed : -1;
                }
                else if (secretAt >= 0)
                {
                    int start = (int)reader.TokenStartIndex;
                    if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && !reader.TrySkip())
                    {
                        break;
                    }

                    Replace(output, body.Span[copied..start]);
                    copied = (int)reader.BytesConsumed;
                    secretAt = -1;
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Up to here it was JSON. What follows a secret's name may be the secret.
            isBroken = true;
        }

        if (secretAt >= 0)
        {
            Replace(output, body.Span[copied..secretAt]);
            copied = body.Length;
        }

        output.Write(isBroken ? Loose(Encoding.Latin1.GetString(body.Span[copied..])) : body.Span[copied..]);
        return output.WrittenMemory;
    }

    // Of what is no JSON the names can be seen all the same: strings with a colon behind them.
    private byte[] Loose(string text)
    {
        var clean = new StringBuilder(text.Length);
        int copied = 0;
        int at = text.IndexOf('"', StringComparison.Ordinal);
        while (at >= 0)
        {
            int end = EndOfString(text, at);
            int value = BehindSpace(text, end);
            if (value == text.Length || text[value] != ':')
            {
                // What ends one string may begin another.
                at = end == text.Length ? -1 : end - 1;
                continue;
            }

            value = BehindSpace(text, value + 1);
            if (names.Contain(WithoutEscapes(text[(at + 1)..(end - 1)])))
            {
                clean.Append(text, copied, value - copied).Append('"').Append(Redaction.Placeholder).Append('"');
                value = copied = EndOfValue(text, value);
            }

            at = text.IndexOf('"', value);
        }

        return Encoding.Latin1.GetBytes(clean.Append(text, copied, text.Length - copied).ToString());
    }

    private static int EndOfString(string text, int quote)
    {
        int at = quote + 1;
        while (at < text.Length && text[at] != '"')
        {
            at += text[at] == '\\' ? 2 : 1;
        }

        return Math.Min(at + 1, text.Length);
    }

    // Nothing tells the end of a list or an object.
    private static int EndOfValue(string text, int at)
    {
        if (at == text.Length || text[at] is '[' or '{')
        {
            return text.Length;
        }

        int length = text.AsSpan(at).IndexOfAny(",]}\r\n");
        return text[at] == '"' ? EndOfString(text, at) : length < 0 ? text.Length : at + length;
    }

    private static int BehindSpace(string text, int at) => at + text.AsSpan(at).Length - text.AsSpan(at).TrimStart().Length;

    private static string WithoutEscapes(string name)
    {
        var plain = new StringBuilder(name.Length);
        for (int i = 0; i < name.Length; i++)
        {
            bool isEscape = name[i] == '\\' && i + 5 < name.Length && name[i + 1] == 'u';
            if (isEscape && ushort.TryParse(name.AsSpan(i + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code))
            {
                plain.Append((char)code);
                i += 5;
            }
            else
            {
                plain.Append(name[i]);
            }
        }

        return plain.ToString();
    }

    private static void Replace(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> before)
    {
        output.Write(before);
        output.Write("\""u8);
        output.Write(Encoding.ASCII.GetBytes(Redaction.Placeholder));
        output.Write("\""u8);
    }

    // RFC 7578. A part's content goes from the empty line to the line break before the next boundary.
    private ReadOnlyMemory<byte> Parts(ReadOnlyMemory<byte> body, byte[] boundary)
    {
        var output = new ArrayBufferWriter<byte>(body.Length);
        byte[] delimiter = [.. "\r\n"u8, .. boundary];
        ReadOnlySpan<byte> rest = body.Span;
        while (rest.IndexOf("\r\n\r\n"u8) is var head and >= 0)
        {
            ReadOnlySpan<byte> content = rest[(head + 4)..];
            int end = content.IndexOf(delimiter);
            content = end < 0 ? content : content[..end];
            output.Write(rest[..(head + 4)]);
            output.Write(NameOf(rest[..head]) is { } name && names.Contain(name) ? Encoding.ASCII.GetBytes(Redaction.Placeholder) : content);
            rest = rest[(head + 4 + content.Length)..];
        }

        output.Write(rest);
        return output.WrittenMemory;
    }

    private static string? NameOf(ReadOnlySpan<byte> head)
    {
        foreach (string line in Encoding.UTF8.GetString(head).Split("\r\n"))
        {
            const string Field = "Content-Disposition:";
            if (line.StartsWith(Field, StringComparison.OrdinalIgnoreCase) && ContentDispositionHeaderValue.TryParse(line[Field.Length..], out ContentDispositionHeaderValue? value))
            {
                return HeaderUtilities.RemoveQuotes(value.Name).ToString();
            }
        }

        return null;
    }
}
