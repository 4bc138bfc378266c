using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Ggrok.Shared.Protocol;

/// <summary>
/// Writes the JSON envelopes of Head and Trailers frames. By hand, not by a serializer: this is on the path of every
/// request, and a list of pairs would cost an object for each field.
/// </summary>
public static class HeadWriter
{
    private static readonly JsonWriterOptions Options = new()
    {
        // The payload never stands in HTML; the relaxed encoder leaves the quotes of cookies and ETags short.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    [ThreadStatic]
    private static Utf8JsonWriter? s_writer;

    /// <summary>Writes a request envelope.</summary>
    public static void Write(IBufferWriter<byte> output, RequestHead head)
    {
        Utf8JsonWriter json = Begin(output);
        json.WriteString("id"u8, head.Id);
        if (head.Tunnel != 0)
        {
            json.WriteNumber("tunnel"u8, head.Tunnel);
        }

        json.WriteString("method"u8, head.Method);
        json.WriteString("target"u8, head.Target);
        json.WriteString("scheme"u8, head.Scheme);
        json.WriteString("host"u8, head.Host);
        json.WriteString("version"u8, head.Version);
        json.WriteString("remote"u8, head.Remote);
        WriteHeaders(json, head.Headers);
        if (head.HasBody)
        {
            json.WriteBoolean("hasBody"u8, true);
        }

        if (head.Upgrade is not null)
        {
            json.WriteString("upgrade"u8, head.Upgrade);
        }

        if (head.Waited >= TimeSpan.FromMilliseconds(1))
        {
            json.WriteNumber("waited"u8, (int)head.Waited.TotalMilliseconds);
        }

        if (head.IsProbe)
        {
            json.WriteBoolean("probe"u8, true);
        }

        End(json);
    }

    /// <summary>Writes a response envelope.</summary>
    public static void Write(IBufferWriter<byte> output, ResponseHead head)
    {
        Utf8JsonWriter json = Begin(output);
        json.WriteNumber("status"u8, head.Status);
        if (head.Reason is not null)
        {
            json.WriteString("reason"u8, head.Reason);
        }

        WriteHeaders(json, head.Headers);
        End(json);
    }

    /// <summary>Writes trailer fields (RFC 9110 section 6.5).</summary>
    public static void WriteTrailers(IBufferWriter<byte> output, List<HeaderField> trailers)
    {
        Utf8JsonWriter json = Begin(output);
        WriteHeaders(json, trailers);
        End(json);
    }

    private static Utf8JsonWriter Begin(IBufferWriter<byte> output)
    {
        Utf8JsonWriter json = s_writer ??= new Utf8JsonWriter(Stream.Null, Options);
        json.Reset(output);
        json.WriteStartObject();
        return json;
    }

    private static void End(Utf8JsonWriter json)
    {
        json.WriteEndObject();
        json.Flush();
    }

    private static void WriteHeaders(Utf8JsonWriter json, List<HeaderField> headers)
    {
        json.WriteStartArray("headers"u8);
        foreach (HeaderField field in headers)
        {
            json.WriteStartArray();
            json.WriteStringValue(field.Name);
            json.WriteStringValue(field.Value);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }
}
