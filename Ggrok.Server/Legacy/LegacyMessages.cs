using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Legacy;

/// <summary>What the server sends to the original Go client: a request in HTTP/1.1 wire format, as a JSON string.</summary>
internal sealed record LegacyRequest([property: JsonPropertyName("Req")] string Req, [property: JsonPropertyName("URL")] string Url)
{
    /// <summary>The message for a request; the body must be valid UTF-8, since it travels in a JSON string.</summary>
    public static byte[] Encode(RequestHead head, byte[] body)
    {
        var text = new StringBuilder();
        text.Append(head.Method).Append(' ').Append(head.Target).Append(" HTTP/1.1\r\nHost: ").Append(head.Host).Append("\r\n");
        foreach (HeaderField field in head.Headers)
        {
            if (!field.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)
                && !field.Name.Equals("Expect", StringComparison.OrdinalIgnoreCase))
            {
                text.Append(field.Name).Append(": ").Append(field.Value).Append("\r\n");
            }
        }

        if (head.HasBody)
        {
            text.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n");
        }

        text.Append("\r\n").Append(Encoding.UTF8.GetString(body));
        return JsonSerializer.SerializeToUtf8Bytes(new LegacyRequest(text.ToString(), head.Target), LegacyJson.Default.LegacyRequest);
    }
}

/// <summary>What the original Go client answers.</summary>
internal sealed record LegacyResponse
{
    public int StatusCode { get; init; }

    public Dictionary<string, string[]?>? Header { get; init; }

    public byte[]? Body { get; init; }

    /// <exception cref="FormatException">The message is no answer of that client.</exception>
    public static LegacyResponse Decode(ReadOnlySequence<byte> message)
    {
        try
        {
            var reader = new Utf8JsonReader(message);
            LegacyResponse? response = JsonSerializer.Deserialize(ref reader, LegacyJson.Default.LegacyResponse);
            bool valid = response is { StatusCode: >= 200 and <= 599 }
                && (response.Header ?? []).All(h => HeaderField.IsName(h.Key) && (h.Value ?? []).All(v => v is not null && HeaderField.IsValue(v)));
            return valid ? response! : throw new FormatException("A status or a field of the answer is not valid.");
        }
        catch (JsonException e)
        {
            throw new FormatException(e.Message, e);
        }
    }
}

/// <summary>Source-generated JSON of the legacy messages.</summary>
[JsonSourceGenerationOptions(MaxDepth = ProtocolLimits.MaxJsonDepth)]
[JsonSerializable(typeof(LegacyRequest))]
[JsonSerializable(typeof(LegacyResponse))]
internal sealed partial class LegacyJson : JsonSerializerContext;
