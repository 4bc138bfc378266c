using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Ggrok.Client.Inspector.Messages;

/// <summary>
/// Shows Protocol Buffers without their schema: the wire format has numbers for names, and says of a value how long it is, not
/// what it means. What has a length is shown as text where it is text, else as a message where it is one, else as bytes.
/// </summary>
internal static class ProtobufText
{
    private const int MostDepth = 32;
    private const int LongestText = 256 * 1024;
    private const int LongestBytes = 64;

    private enum WireType
    {
        Varint = 0,
        Fixed64 = 1,
        Length = 2,
        Fixed32 = 5,
    }

    /// <summary>One line for each field, nested messages indented; null when the bytes are no such message.</summary>
    public static string? Format(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        if (!TryWrite(bytes, 0, text))
        {
            return null;
        }

        return text.Length < LongestText ? text.ToString() : text.Append("…\n").ToString();
    }

    private static bool TryWrite(ReadOnlySpan<byte> bytes, int depth, StringBuilder text)
    {
        while (!bytes.IsEmpty && text.Length < LongestText)
        {
            if (!TryReadVarint(ref bytes, out ulong key) || key >> 3 is 0 or > 0x1FFF_FFFF || !TryWriteField(ref bytes, (int)(key >> 3), (WireType)(key & 7), depth, text))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryWriteField(ref ReadOnlySpan<byte> bytes, int number, WireType type, int depth, StringBuilder text)
    {
        text.Append(' ', depth * 2).Append(CultureInfo.InvariantCulture, $"{number}");
        switch (type)
        {
            case WireType.Varint when TryReadVarint(ref bytes, out ulong value):
                text.Append(CultureInfo.InvariantCulture, $": {value}\n");
                return true;
            case WireType.Fixed64 when bytes.Length >= sizeof(ulong):
                text.Append(CultureInfo.InvariantCulture, $": 0x{BinaryPrimitives.ReadUInt64LittleEndian(bytes):x16} ({BinaryPrimitives.ReadDoubleLittleEndian(bytes)})\n");
                bytes = bytes[sizeof(ulong)..];
                return true;
            case WireType.Fixed32 when bytes.Length >= sizeof(uint):
                text.Append(CultureInfo.InvariantCulture, $": 0x{BinaryPrimitives.ReadUInt32LittleEndian(bytes):x8} ({BinaryPrimitives.ReadSingleLittleEndian(bytes)})\n");
                bytes = bytes[sizeof(uint)..];
                return true;
            case WireType.Length when TryReadVarint(ref bytes, out ulong length) && length <= (ulong)bytes.Length:
                WriteValue(bytes[..(int)length], depth, text);
                bytes = bytes[(int)length..];
                return true;
            default:
                return false;
        }
    }

    private static void WriteValue(ReadOnlySpan<byte> value, int depth, StringBuilder text)
    {
        if (IsText(value))
        {
            text.Append(": \"").Append(Escape(Encoding.UTF8.GetString(value))).Append("\"\n");
            return;
        }

        int begin = text.Length;
        text.Append(" {\n");
        if (depth < MostDepth && TryWrite(value, depth + 1, text))
        {
            text.Append(' ', depth * 2).Append("}\n");
            return;
        }

        text.Length = begin;
        ReadOnlySpan<byte> shown = value[..Math.Min(value.Length, LongestBytes)];
        text.Append(CultureInfo.InvariantCulture, $": {value.Length} bytes {Convert.ToHexStringLower(shown)}{(shown.Length < value.Length ? "…" : "")}\n");
    }

    private static string Escape(string value) => value
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("\t", "\\t", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    // A message often begins with 0x0A, its first field: text does not begin with the line feed that this would be.
    private static bool IsText(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return true;
        }

        foreach (byte b in value)
        {
            if (b is 0x7F or (< 0x20 and not ((byte)'\t' or (byte)'\n' or (byte)'\r')))
            {
                return false;
            }
        }

        return value[0] >= 0x20 && System.Text.Unicode.Utf8.IsValid(value);
    }

    private static bool TryReadVarint(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        const int MostBytes = 10;
        value = 0;
        for (int i = 0; i < Math.Min(MostBytes, bytes.Length); i++)
        {
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] < 0x80)
            {
                bytes = bytes[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
