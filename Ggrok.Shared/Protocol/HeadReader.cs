using System.Text.Json;

namespace Ggrok.Shared.Protocol;

/// <summary>Reads the JSON envelopes of Head and Trailers frames, straight from UTF-8, and checks what they say.</summary>
public static class HeadReader
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = ProtocolLimits.MaxJsonDepth };

    /// <summary>Reads a request envelope.</summary>
    /// <exception cref="ProtocolViolationException">The payload is no valid request envelope.</exception>
    public static RequestHead ReadRequest(ReadOnlySpan<byte> payload)
    {
        var head = new RequestHead();
        ReadRequest(payload, head);
        return head;
    }

    /// <summary>Reads a request envelope into an empty one.</summary>
    /// <exception cref="ProtocolViolationException">The payload is no valid request envelope.</exception>
    public static void ReadRequest(ReadOnlySpan<byte> payload, RequestHead head)
    {
        try
        {
            Utf8JsonReader json = Open(payload);
            while (NextProperty(ref json))
            {
                ReadRequestProperty(ref json, head);
            }
        }
        catch (Exception e) when (IsMalformed(e))
        {
            throw new ProtocolViolationException(CloseReason.FrameMalformed);
        }

        Require(HeaderField.IsName(head.Method));
        Require(head.Id.Length > 0 && HeaderField.IsValue(head.Id) && HeaderField.IsValue(head.Host));
        Require(head.Scheme is "http" or "https");
        Require(RequestTarget.IsSafe(head.Target) && head.Tunnel >= 0);
        Require(head.Upgrade is null || HeaderField.IsValue(head.Upgrade));
        RequireFields(head.Headers);
    }

    /// <summary>Reads a response envelope.</summary>
    /// <exception cref="ProtocolViolationException">The payload is no valid response envelope.</exception>
    public static ResponseHead ReadResponse(ReadOnlySpan<byte> payload)
    {
        var head = new ResponseHead();
        ReadResponse(payload, head);
        return head;
    }

    /// <summary>Reads a response envelope into an empty one.</summary>
    /// <exception cref="ProtocolViolationException">The payload is no valid response envelope.</exception>
    public static void ReadResponse(ReadOnlySpan<byte> payload, ResponseHead head)
    {
        try
        {
            Utf8JsonReader json = Open(payload);
            while (NextProperty(ref json))
            {
                if (json.ValueTextEquals("status"u8))
                {
                    json.Read();
                    head.Status = json.GetInt32();
                }
                else if (json.ValueTextEquals("reason"u8))
                {
                    head.Reason = NextString(ref json);
                }
                else if (!TryReadHeaders(ref json, head.Headers))
                {
                    json.Skip();
                }
            }
        }
        catch (Exception e) when (IsMalformed(e))
        {
            throw new ProtocolViolationException(CloseReason.FrameMalformed);
        }

        Require(head.Status is >= 100 and <= 999);
        Require(head.Reason is null || HeaderField.IsValue(head.Reason));
        RequireFields(head.Headers);
    }

    /// <summary>Reads trailer fields.</summary>
    /// <exception cref="ProtocolViolationException">The payload is no valid trailer envelope.</exception>
    public static List<HeaderField> ReadTrailers(ReadOnlySpan<byte> payload)
    {
        var trailers = new List<HeaderField>();
        try
        {
            Utf8JsonReader json = Open(payload);
            while (NextProperty(ref json))
            {
                if (!TryReadHeaders(ref json, trailers))
                {
                    json.Skip();
                }
            }
        }
        catch (Exception e) when (IsMalformed(e))
        {
            throw new ProtocolViolationException(CloseReason.FrameMalformed);
        }

        RequireFields(trailers);
        return trailers;
    }

    private static void ReadRequestProperty(ref Utf8JsonReader json, RequestHead head)
    {
        if (json.ValueTextEquals("id"u8))
        {
            head.Id = NextString(ref json);
        }
        else if (json.ValueTextEquals("tunnel"u8))
        {
            json.Read();
            head.Tunnel = json.GetInt32();
        }
        else if (json.ValueTextEquals("method"u8))
        {
            head.Method = NextString(ref json);
        }
        else if (json.ValueTextEquals("target"u8))
        {
            head.Target = NextString(ref json);
        }
        else if (json.ValueTextEquals("scheme"u8))
        {
            head.Scheme = NextString(ref json);
        }
        else if (json.ValueTextEquals("host"u8))
        {
            head.Host = NextString(ref json);
        }
        else if (json.ValueTextEquals("version"u8))
        {
            head.Version = NextString(ref json);
        }
        else if (json.ValueTextEquals("remote"u8))
        {
            head.Remote = NextString(ref json);
        }
        else if (json.ValueTextEquals("hasBody"u8))
        {
            json.Read();
            head.HasBody = json.GetBoolean();
        }
        else if (json.ValueTextEquals("upgrade"u8))
        {
            head.Upgrade = NextString(ref json);
        }
        else if (json.ValueTextEquals("waited"u8))
        {
            json.Read();
            head.Waited = TimeSpan.FromMilliseconds(Math.Max(json.GetInt32(), 0));
        }
        else if (json.ValueTextEquals("probe"u8))
        {
            json.Read();
            head.IsProbe = json.GetBoolean();
        }
        else if (!TryReadHeaders(ref json, head.Headers))
        {
            json.Skip();
        }
    }

    private static Utf8JsonReader Open(ReadOnlySpan<byte> payload)
    {
        var json = new Utf8JsonReader(payload, Options);
        Require(json.Read() && json.TokenType == JsonTokenType.StartObject);
        return json;
    }

    private static bool NextProperty(ref Utf8JsonReader json)
    {
        Require(json.Read());
        if (json.TokenType == JsonTokenType.PropertyName)
        {
            return true;
        }

        // Reading on makes the reader refuse anything behind the object.
        Require(!json.Read());
        return false;
    }

    private static string NextString(ref Utf8JsonReader json)
    {
        json.Read();
        Require(json.TokenType == JsonTokenType.String);
        return json.ValueIsEscaped ? json.GetString()! : RecentStrings.OfUtf8(json.ValueSpan);
    }

    private static bool TryReadHeaders(ref Utf8JsonReader json, List<HeaderField> headers)
    {
        if (!json.ValueTextEquals("headers"u8))
        {
            return false;
        }

        json.Read();
        Require(json.TokenType == JsonTokenType.StartArray);
        while (json.Read() && json.TokenType == JsonTokenType.StartArray)
        {
            headers.Add(new HeaderField(NextString(ref json), NextString(ref json)));
            Require(json.Read() && json.TokenType == JsonTokenType.EndArray);
        }

        Require(json.TokenType == JsonTokenType.EndArray);
        return true;
    }

    private static void RequireFields(List<HeaderField> fields)
    {
        foreach (HeaderField field in fields)
        {
            Require(HeaderField.IsName(field.Name) && HeaderField.IsValue(field.Value));
        }
    }

    private static void Require(bool condition)
    {
        if (!condition)
        {
            throw new ProtocolViolationException(CloseReason.FrameMalformed);
        }
    }

    // Utf8JsonReader answers broken JSON, wrong token kinds and invalid UTF-8 with different exceptions.
    private static bool IsMalformed(Exception e) =>
        e is JsonException or InvalidOperationException or FormatException or ArgumentException;
}
