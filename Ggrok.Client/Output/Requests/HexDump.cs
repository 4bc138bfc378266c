using System.Globalization;
using System.Text;

namespace Ggrok.Client.Output.Requests;

/// <summary>Bytes as people look at them: offset, sixteen numbers, and what of them are ASCII letters.</summary>
internal static class HexDump
{
    private const int PerLine = 16;

    /// <summary>A line for each sixteen bytes.</summary>
    public static IEnumerable<string> Lines(ReadOnlyMemory<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i += PerLine)
        {
            yield return Line(i, bytes.Span[i..Math.Min(i + PerLine, bytes.Length)]);
        }
    }

    private static string Line(int offset, ReadOnlySpan<byte> bytes)
    {
        var line = new StringBuilder();
        line.Append(CultureInfo.InvariantCulture, $"{offset:x8} ");
        for (int i = 0; i < PerLine; i++)
        {
            line.Append(i == PerLine / 2 ? "  " : " ");
            line.Append(i < bytes.Length ? bytes[i].ToString("x2", CultureInfo.InvariantCulture) : "  ");
        }

        line.Append("  ");
        foreach (byte b in bytes)
        {
            line.Append(b is >= 0x20 and < 0x7F ? (char)b : '.');
        }

        return line.ToString();
    }
}
