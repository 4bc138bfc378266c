using System.Buffers;
using System.Globalization;
using System.Text;
using Ggrok.Shared.Protocol;
using Microsoft.Extensions.Primitives;

namespace Ggrok.Server.Relay;

/// <summary>
/// Writes the chunked coding with trailers (RFC 9112 section 7.1), which Kestrel does not do for HTTP/1.1. Used only
/// for responses that announce trailers.
/// </summary>
internal sealed class ChunkedWriter
{
    /// <summary>What follows the last chunk.</summary>
    public List<HeaderField> Trailers { get; } = [];

    /// <summary>A writer if this response needs one; the response is then marked as chunked already.</summary>
    public static ChunkedWriter? ForTrailers(HttpContext context)
    {
        HttpResponse response = context.Response;
        if (context.Request.Protocol != HttpProtocol.Http11 || response.ContentLength is not null || StringValues.IsNullOrEmpty(response.Headers.Trailer))
        {
            return null;
        }

        response.Headers.TransferEncoding = "chunked";
        return new ChunkedWriter();
    }

    /// <summary>Writes one chunk.</summary>
    public void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> data)
    {
        Encoding.ASCII.GetBytes(data.Length.ToString("x", CultureInfo.InvariantCulture), output);
        output.Write("\r\n"u8);
        output.Write(data);
        output.Write("\r\n"u8);
    }

    /// <summary>Writes the last chunk and the trailers.</summary>
    public void WriteEnd(IBufferWriter<byte> output)
    {
        output.Write("0\r\n"u8);
        foreach (HeaderField field in Trailers)
        {
            Encoding.Latin1.GetBytes($"{field.Name}: {field.Value}\r\n", output);
        }

        output.Write("\r\n"u8);
    }
}
