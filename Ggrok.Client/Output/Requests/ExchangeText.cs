using System.Globalization;
using Ggrok.Client.Inspector.Http.Contracts;

namespace Ggrok.Client.Output.Requests;

/// <summary>One exchange with everything, as people read it.</summary>
internal sealed class ExchangeText(Palette palette)
{
    /// <summary>Bytes of a binary body that are shown.</summary>
    public const int MostHexBytes = 256;

    /// <summary>What it was, who sent it, what came of it, and how long each phase took.</summary>
    public IEnumerable<string> Summary(ExchangeDetails exchange)
    {
        ExchangeRow row = exchange.Summary;
        string status = row.Status > 0 ? $"{row.Status} {SafeText.Line(exchange.Response?.Reason ?? "")}".TrimEnd() : row.State == "done" ? "no response" : row.State;
        string result = row.Error is { } error ? $"{status}, {error}" : status;
        yield return Line("Request", palette.Strong(string.Create(CultureInfo.InvariantCulture, $"{row.Number}")) + $"  {SafeText.Line(row.Method)} {SafeText.Line(row.Target)}");
        yield return Line("From", $"{SafeText.Line(row.Remote)} to {SafeText.Line(row.Host)}, tunnel {SafeText.Line(row.Tunnel)}");
        yield return Line("At", string.Create(CultureInfo.InvariantCulture, $"{row.StartedAt.ToLocalTime():yyyy-MM-dd HH:mm:ss.fff}, id {SafeText.Line(row.Id)}"));
        yield return Line("Result", $"{palette.Status(result, row.Status, row.Error is not null)} in {Readable.Milliseconds(row.DurationMs)}");
        yield return Line("Phases", Phases(exchange.Timings));
        if (exchange.Webhook is { } webhook)
        {
            string reason = webhook.Reason is null ? "" : $" ({SafeText.Line(webhook.Reason)})";
            yield return Line("Webhook", $"{SafeText.Line($"{webhook.Provider} {webhook.Event}")}, signature: {webhook.Signature}{reason}");
        }

        if (row.Delivery is { } delivery)
        {
            string came = delivery.Received is { } received ? string.Create(CultureInfo.InvariantCulture, $", received {received.ToLocalTime():yyyy-MM-dd HH:mm:ss.fff}") : "";
            yield return Line("Inbox", SafeText.Line(delivery.Id) + came + (delivery.Attempt is { } attempt ? string.Create(CultureInfo.InvariantCulture, $", attempt {attempt}") : ""));
        }

        if (row.ReplayOf is { } original)
        {
            yield return Line("Replay", string.Create(CultureInfo.InvariantCulture, $"of {original}{(exchange.OtherTarget is { } other ? " to " + SafeText.Line(other) : "")}"));
        }

        if (exchange.Replays.Count > 0)
        {
            yield return Line("Replays", string.Join(", ", exchange.Replays));
        }

        if (row.Rule is { } rule)
        {
            yield return Line("Rule", SafeText.Line(rule) + (row.Edited ? ", edited" : ""));
        }
    }

    /// <summary>Request line and fields.</summary>
    public IEnumerable<string> Head(RequestDetails request) => Head(request.Method, request.Target, request.Version, request.Headers);

    /// <summary>Request line and fields.</summary>
    public IEnumerable<string> Head(string method, string target, string version, IReadOnlyList<string[]> headers) => Fields($"{method} {target} HTTP/{version}", headers);

    /// <summary>Status line and fields.</summary>
    public IEnumerable<string> Head(ResponseDetails response) => Fields($"HTTP {response.Status} {response.Reason}".TrimEnd(), response.Headers);

    /// <summary>Fields behind a body.</summary>
    public IEnumerable<string> Trailers(ResponseDetails response) => response.Trailers.Count == 0 ? [] : Fields("Trailers", response.Trailers);

    /// <summary>A body: JSON with a line for each value, other text as it is, bytes as numbers.</summary>
    /// <param name="body">The body.</param>
    /// <param name="bytes">Its first bytes when it is no text.</param>
    /// <param name="all">The option that gives all of it.</param>
    public IEnumerable<string> Body(BodyDetails body, ReadOnlyMemory<byte> bytes, string all = "--body request|response")
    {
        if (body.Bytes == 0)
        {
            return [];
        }

        bool isJson = body.Type?.Contains("json", StringComparison.OrdinalIgnoreCase) == true;
        string? text = isJson && body.Text is { } json ? PrettyJson.Of(json) ?? json : body.Text;
        IEnumerable<string> lines = text is not null ? SafeText.Lines(text).TrimEnd('\n').Split('\n') : HexDump.Lines(bytes[..Math.Min(bytes.Length, MostHexBytes)]);
        return lines.Concat(Notes(body, bytes, all).Select(n => palette.Quiet($"({n})")));
    }

    private static IEnumerable<string> Notes(BodyDetails body, ReadOnlyMemory<byte> bytes, string all)
    {
        if (body.Text is null && bytes.Length > MostHexBytes)
        {
            yield return $"the first {MostHexBytes} of {Readable.Count(bytes.Length)} bytes; all: {all}";
        }

        if (body is { Truncated: true, Note: null })
        {
            yield return $"{Readable.Bytes(body.KeptBytes)} of {Readable.Bytes(body.Bytes)} were kept";
        }

        if (body.Encodings.Count > 0)
        {
            yield return $"{string.Join(", ", body.Encodings)}, {Readable.Bytes(body.Bytes)} as it travelled";
        }

        if (body.Note is { } note)
        {
            yield return SafeText.Line(note);
        }
    }

    private static string Phases(TimingDetails timings)
    {
        var phases = new List<string>();
        Add("at the server", timings.AtServerMs > 0 ? timings.AtServerMs : null);
        Add("tunnel", timings.TunnelMs);
        Add("held", timings.HeldMs > 0 ? timings.HeldMs : null);
        Add("connect", timings is { ConnectBeganMs: { } began, ConnectedMs: { } connected } ? connected - began : null);
        Add("request sent after", timings.RequestSentMs);
        Add("first byte after", timings.FirstByteMs);
        Add("end after", timings.EndedMs);
        return string.Join(", ", phases);

        void Add(string name, double? milliseconds)
        {
            if (milliseconds is { } value)
            {
                phases.Add($"{name} {Readable.Milliseconds(value)}");
            }
        }
    }

    private IEnumerable<string> Fields(string first, IReadOnlyList<string[]> fields) =>
        fields.Select(f => $"{palette.Name(SafeText.Line(f[0]))}: {SafeText.Line(f[1])}").Prepend(palette.Strong(SafeText.Line(first)));

    private static string Line(string label, string text) => $"{label,-9}{text}";
}
