using System.Buffers;
using System.Globalization;
using System.Text;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Local.Http1;

/// <summary>Writes request heads (RFC 9112 section 3) and chunks. The target and every field stand as the visitor sent them.</summary>
internal static class RequestWriter
{
    /// <summary>Writes a request head for the local service.</summary>
    public static void WriteHead(IBufferWriter<byte> output, RequestHead head, LocalTunnel tunnel)
    {
        Write(output, head.Method, " ", head.Target, " HTTP/1.1\r\n");
        Write(output, "Host: ", tunnel.HostFor(head.Host), "\r\n");
        if (head.Upgrade is not null)
        {
            Write(output, "Connection: Upgrade\r\nUpgrade: ", head.Upgrade, "\r\n");
        }

        bool hasLength = false;
        foreach (HeaderField field in head.Headers)
        {
            hasLength |= field.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase);
            Write(output, field.Name, ": ", field.Value, "\r\n");
        }

        if (head.HasBody && !hasLength)
        {
            Write(output, "Transfer-Encoding: chunked\r\n");
        }

        Write(output, "\r\n");
    }

    /// <summary>Whether the body of this request travels in the chunked coding.</summary>
    public static bool IsChunked(RequestHead head) =>
        head.HasBody && !head.Headers.Exists(f => f.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase));

    /// <summary>Writes one chunk.</summary>
    public static void WriteChunk(IBufferWriter<byte> output, ReadOnlySpan<byte> data)
    {
        Write(output, data.Length.ToString("x", CultureInfo.InvariantCulture), "\r\n");
        output.Write(data);
        Write(output, "\r\n");
    }

    /// <summary>Writes the last chunk with the trailers.</summary>
    public static void WriteLastChunk(IBufferWriter<byte> output, List<HeaderField>? trailers)
    {
        Write(output, "0\r\n");
        foreach (HeaderField field in trailers ?? [])
        {
            Write(output, field.Name, ": ", field.Value, "\r\n");
        }

        Write(output, "\r\n");
    }

    private static void Write(IBufferWriter<byte> output, params ReadOnlySpan<string> parts)
    {
        foreach (string part in parts)
        {
            Encoding.Latin1.GetBytes(part, output);
        }
    }
}
