using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ggrok.Client.Inspector.Content;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Har;

/// <summary>
/// Writes exchanges as HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/). What the format has no place for stands in
/// a member <c>_ggrok</c>, so that an import gives the same exchange again.
/// </summary>
internal static class HarWriter
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What stands before the first entry. Entries are separated by commas.</summary>
    public static byte[] Begin { get; } =
        Encoding.UTF8.GetBytes($$"""{"log":{"version":"1.2","creator":{"name":"Ggrok","version":"{{JsonEncodedText.Encode(ProgramVersion.Current)}}"},"entries":[""" + "\n");

    /// <summary>What stands behind the last entry.</summary>
    public static byte[] End { get; } = "\n]}}\n"u8.ToArray();

    /// <summary>Writes an entry.</summary>
    public static void Write(IBufferWriter<byte> output, ExchangeSnapshot exchange)
    {
        using var json = new Utf8JsonWriter(output, Relaxed);
        json.WriteStartObject();
        json.WriteString("startedDateTime", exchange.StartedAt.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture));
        json.WriteNumber("time", Ms(exchange.Timings.Ended ?? TimeSpan.Zero));
        WriteRequest(json, exchange);
        WriteResponse(json, exchange);
        json.WriteStartObject("cache");
        json.WriteEndObject();
        WriteTimings(json, exchange.Timings);
        HarExtras.Write(json, exchange);
        json.WriteEndObject();
    }

    internal static decimal Ms(TimeSpan span) => span.Ticks / (decimal)TimeSpan.TicksPerMillisecond;

    private static void WriteRequest(Utf8JsonWriter json, ExchangeSnapshot exchange)
    {
        RequestHead head = exchange.Request;
        json.WriteStartObject("request");
        json.WriteString("method", head.Method);
        json.WriteString("url", UrlOf(head));
        json.WriteString("httpVersion", "HTTP/" + head.Version);
        WritePairs(json, "cookies", head.Headers.Where(f => Is(f, "Cookie")).SelectMany(f => f.Value.Split(';', StringSplitOptions.TrimEntries)).Select(Pair));
        json.WriteStartArray("headers");
        WriteField(json, new HeaderField("Host", head.Host));
        head.Headers.ForEach(f => WriteField(json, f));
        json.WriteEndArray();
        int question = head.Target.IndexOf('?', StringComparison.Ordinal);
        WritePairs(json, "queryString", question < 0 ? [] : head.Target[(question + 1)..].Split('&').Select(Pair).Select(p => (WebUtility.UrlDecode(p.Name), WebUtility.UrlDecode(p.Value))));
        if (!exchange.RequestBody.Bytes.IsEmpty && head.Upgrade is null)
        {
            json.WriteStartObject("postData");
            json.WriteString("mimeType", head.Headers.ValueOf("Content-Type") ?? "application/octet-stream");
            WriteText(json, HarBody.Of(exchange, ofRequest: true));
            json.WriteEndObject();
        }

        json.WriteNumber("headersSize", -1);
        json.WriteNumber("bodySize", exchange.RequestBody.Total);
        json.WriteEndObject();
    }

    private static void WriteResponse(Utf8JsonWriter json, ExchangeSnapshot exchange)
    {
        ResponseHead? head = exchange.Response;
        List<HeaderField> fields = head?.Headers ?? [];
        var body = HarBody.Of(exchange, ofRequest: false);
        json.WriteStartObject("response");
        json.WriteNumber("status", head?.Status ?? 0);
        json.WriteString("statusText", head is null ? "" : head.Reason ?? Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(head.Status));
        json.WriteString("httpVersion", "HTTP/1.1");
        WritePairs(json, "cookies", fields.Where(f => Is(f, "Set-Cookie")).Select(f => Pair(f.Value.Split(';')[0])));
        json.WriteStartArray("headers");
        fields.ForEach(f => WriteField(json, f));
        json.WriteEndArray();
        json.WriteStartObject("content");
        json.WriteNumber("size", head?.Status == 101 ? 0 : body.IsDecoded ? body.Bytes.Length : exchange.ResponseBody.Total);
        json.WriteString("mimeType", fields.ValueOf("Content-Type") ?? "x-unknown");
        if (!body.Bytes.IsEmpty && head?.Status != 101)
        {
            WriteText(json, body);
        }

        json.WriteEndObject();
        json.WriteString("redirectURL", fields.ValueOf("Location") ?? "");
        json.WriteNumber("headersSize", -1);
        json.WriteNumber("bodySize", exchange.ResponseBody.Total);
        json.WriteEndObject();
    }

    // Each phase ends where the next begins, so that their sum is the whole.
    private static void WriteTimings(Utf8JsonWriter json, in ExchangeTimings timings)
    {
        TimeSpan at = timings.Connected ?? TimeSpan.Zero;
        json.WriteStartObject("timings");
        json.WriteNumber("blocked", timings.ConnectBegan is { } began ? Ms(began) : -1);
        json.WriteNumber("dns", -1);
        json.WriteNumber("connect", timings is { ConnectBegan: { } from, Connected: { } to } ? Ms(to - from) : -1);
        json.WriteNumber("send", Ms(Step(timings.RequestSent, ref at)));
        json.WriteNumber("wait", Ms(Step(timings.FirstByte, ref at)));
        json.WriteNumber("receive", Ms(Step(timings.Ended, ref at)));
        json.WriteNumber("ssl", -1);
        json.WriteEndObject();
    }

    private static TimeSpan Step(TimeSpan? reached, ref TimeSpan at)
    {
        TimeSpan step = reached > at ? reached.Value - at : TimeSpan.Zero;
        at += step;
        return step;
    }

    private static void WriteText(Utf8JsonWriter json, HarBody body)
    {
        if (body.Text(out _) is { } text)
        {
            json.WriteString("text", text);
            return;
        }

        json.WriteBase64String("text", body.Bytes.Span);
        json.WriteString("encoding", "base64");
    }

    private static void WritePairs(Utf8JsonWriter json, string member, IEnumerable<(string Name, string Value)> pairs)
    {
        json.WriteStartArray(member);
        foreach ((string name, string value) in pairs.Where(p => p.Name.Length > 0))
        {
            WriteField(json, new HeaderField(name, value));
        }

        json.WriteEndArray();
    }

    internal static void WriteField(Utf8JsonWriter json, HeaderField field)
    {
        json.WriteStartObject();
        json.WriteString("name", field.Name);
        json.WriteString("value", field.Value);
        json.WriteEndObject();
    }

    // The raw target may have characters that no address has; it stands in _ggrok as well.
    private static string UrlOf(RequestHead head)
    {
        const string NotInAddresses = "\"<>\\^`{|}#[]";
        string target = head.Target == "*" ? "/" : head.Target;
        return $"{head.Scheme}://{head.Host}" + (target.AsSpan().IndexOfAny(NotInAddresses) < 0 ? target
            : string.Concat(target.Select(c => NotInAddresses.Contains(c, StringComparison.Ordinal) ? Uri.HexEscape(c) : c.ToString())));
    }

    private static (string Name, string Value) Pair(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (text, "") : (text[..equals], text[(equals + 1)..]);
    }

    private static bool Is(HeaderField field, string name) => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase);
}
