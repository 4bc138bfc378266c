using System.Buffers;
using System.Globalization;
using System.Text;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Recording;

/// <summary>Writes a response head as HTTP/1.1 has it (RFC 9112 section 4), for those that came in another form.</summary>
internal static class ResponseText
{
    /// <summary>Writes status line, field lines and the empty line.</summary>
    public static void Write(IBufferWriter<byte> output, ResponseHead head)
    {
        Add(output, "HTTP/1.1 ");
        Add(output, head.Status.ToString("000", CultureInfo.InvariantCulture));
        Add(output, " ");
        Add(output, head.Reason ?? "");
        Add(output, "\r\n");
        foreach (HeaderField field in head.Headers)
        {
            Add(output, field.Name);
            Add(output, ": ");
            Add(output, field.Value);
            Add(output, "\r\n");
        }

        Add(output, "\r\n");
    }

    private static void Add(IBufferWriter<byte> output, string text) => Encoding.Latin1.GetBytes(text, output);
}
