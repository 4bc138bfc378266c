using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ggrok.Client.Inspector.Http;
using Ggrok.Client.Inspector.Http.Contracts;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Compare;

/// <summary>What differs between the responses of two exchanges.</summary>
internal static class ResponseDiff
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Compares the second with the first.</summary>
    public static DiffDetails Of(ExchangeSnapshot first, ExchangeSnapshot second, DateTimeOffset now)
    {
        ExchangeRow firstRow = ExchangeRows.Of(first, now);
        ExchangeRow secondRow = ExchangeRows.Of(second, now);
        return new DiffDetails
        {
            Status = new(firstRow.Status, secondRow.Status),
            DurationMs = new(firstRow.DurationMs, secondRow.DurationMs),
            Headers = FieldsOf(first.Response?.Headers ?? [], second.Response?.Headers ?? []),
            BodySame = first.ResponseBody.Total == second.ResponseBody.Total && first.ResponseBody.Bytes.Span.SequenceEqual(second.ResponseBody.Bytes.Span),
            Body = TextOf(first) is { } a && TextOf(second) is { } b ? LineDiff.Of(a, b) : null,
        };
    }

    // A name may stand there several times: the first with the first, the second with the second.
    private static List<FieldChange> FieldsOf(List<HeaderField> first, List<HeaderField> second)
    {
        var changes = new List<FieldChange>();
        var left = new List<HeaderField>(second);
        foreach (HeaderField field in first)
        {
            int index = left.FindIndex(f => f.Name.Equals(field.Name, StringComparison.OrdinalIgnoreCase));
            string? other = index < 0 ? null : left[index].Value;
            changes.Add(new FieldChange(field.Name, other is null ? "removed" : other == field.Value ? "same" : "changed", field.Value, other));
            if (index >= 0)
            {
                left.RemoveAt(index);
            }
        }

        changes.AddRange(left.Select(f => new FieldChange(f.Name, "added", null, f.Value)));
        return changes;
    }

    private static string? TextOf(ExchangeSnapshot exchange)
    {
        string? text = BodyProjection.TextOf(BodyProjection.Bytes(exchange, ofRequest: false, decoded: true).Span, exchange.ResponseBody.IsTruncated);
        if (text is null || text.AsSpan().TrimStart() is not ['{' or '[', ..])
        {
            return text;
        }

        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            var pretty = new ArrayBufferWriter<byte>(text.Length * 2);
            using (var writer = new Utf8JsonWriter(pretty, Indented))
            {
                json.RootElement.WriteTo(writer);
            }

            return Encoding.UTF8.GetString(pretty.WrittenSpan);
        }
        catch (JsonException)
        {
            return text;
        }
    }
}
