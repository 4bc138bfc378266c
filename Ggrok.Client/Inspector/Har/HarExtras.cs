using System.Text.Json;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Har;

/// <summary>The member <c>_ggrok</c> of an entry: what the format has no place for.</summary>
internal static class HarExtras
{
    /// <summary>Name of the member.</summary>
    public const string Member = "_ggrok";

    /// <summary>Writes it.</summary>
    public static void Write(Utf8JsonWriter json, ExchangeSnapshot exchange)
    {
        RequestHead head = exchange.Request;
        json.WriteStartObject(Member);
        json.WriteString("id", head.Id);
        json.WriteString("tunnel", exchange.Tunnel);
        json.WriteString("target", head.Target);
        json.WriteString("remote", head.Remote);
        json.WriteBoolean("hasBody", head.HasBody);
        WriteIfGiven(json, "upgrade", head.Upgrade);
        WriteIfGiven(json, "reason", exchange.Response?.Reason);
        WriteIfGiven(json, "error", exchange.Error == RelayError.None ? null : exchange.Error.ToString());
        WriteIfGiven(json, "rule", exchange.Rule);
        WriteIfGiven(json, "otherTarget", exchange.OtherTarget);
        if (exchange.WasEdited)
        {
            json.WriteBoolean("edited", true);
        }

        WriteBody(json, "request", exchange, ofRequest: true);
        WriteBody(json, "response", exchange, ofRequest: false);
        if (exchange.ResponseTrailers.Count > 0)
        {
            json.WriteStartArray("trailers");
            foreach (HeaderField field in exchange.ResponseTrailers)
            {
                HarWriter.WriteField(json, field);
            }

            json.WriteEndArray();
        }

        WriteTimings(json, exchange.Timings);
        json.WriteEndObject();
    }

    private static void WriteBody(Utf8JsonWriter json, string member, ExchangeSnapshot exchange, bool ofRequest)
    {
        CapturedBody body = ofRequest ? exchange.RequestBody : exchange.ResponseBody;
        json.WriteStartObject(member);
        if (body.IsTruncated)
        {
            json.WriteNumber("missing", body.Total - body.Bytes.Length);
        }

        var written = HarBody.Of(exchange, ofRequest);
        if (written.IsCoded)
        {
            json.WriteBoolean("coded", true);
        }

        if (written.Text(out ReadOnlyMemory<byte> rest) is not null && !rest.IsEmpty)
        {
            json.WriteBase64String("rest", rest.Span);
        }

        // Behind an upgrade there are no bodies, but bytes.
        if (exchange.Response?.Status == 101 && !body.Bytes.IsEmpty)
        {
            json.WriteBase64String("data", body.Bytes.Span);
        }

        if (body.Marks.Count > 0 && !written.IsDecoded)
        {
            json.WriteStartArray("arrived");
            foreach (ArrivalMark mark in body.Marks)
            {
                json.WriteNumberValue(mark.End);
                json.WriteNumberValue(HarWriter.Ms(mark.At));
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteTimings(Utf8JsonWriter json, in ExchangeTimings timings)
    {
        json.WriteStartObject("timings");
        WriteTime(json, "atServer", timings.AtServer);
        WriteTime(json, "tunnelRoundTrip", timings.TunnelRoundTrip);
        WriteTime(json, "held", timings.Held);
        WriteTime(json, "connectBegan", timings.ConnectBegan);
        WriteTime(json, "connected", timings.Connected);
        WriteTime(json, "requestSent", timings.RequestSent);
        WriteTime(json, "firstByte", timings.FirstByte);
        WriteTime(json, "ended", timings.Ended);
        json.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter json, string member, TimeSpan? time)
    {
        if (time is { } value)
        {
            json.WriteNumber(member, HarWriter.Ms(value));
        }
    }

    private static void WriteIfGiven(Utf8JsonWriter json, string member, string? value)
    {
        if (value is not null)
        {
            json.WriteString(member, value);
        }
    }
}
