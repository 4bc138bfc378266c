using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Ggrok.Client.Inspector.Http;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Client.Local.Http1;
using Ggrok.Shared.Protocol;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Client.Inspector.Har;

/// <summary>Reads the entries of a HAR 1.2, also of those that browsers write.</summary>
/// <param name="limits">How much is kept of a body.</param>
internal sealed class HarReader(RecorderOptions limits)
{
    /// <summary>Tunnel of exchanges that did not come through one.</summary>
    public const string NoTunnel = "import";

    private static readonly string[] Schemes = ["http://", "https://", "ws://", "wss://"];

    /// <summary>The exchanges of a file, in its order. What is not HTTP (data:, blob:, extensions of browsers) is left out.</summary>
    /// <exception cref="ApiException">It is no HAR; the message says where.</exception>
    public List<ExchangeSnapshot> Read(ReadOnlyMemory<byte> file)
    {
        ReadOnlyMemory<byte> json = file.Span.StartsWith(Encoding.UTF8.Preamble) ? file[Encoding.UTF8.Preamble.Length..] : file;
        try
        {
            using var document = JsonDocument.Parse(json);
            HarNode[] entries = [.. new HarNode(document.RootElement, "")["log"].Required()["entries"].Required().Elements()];
            return entries.Length <= limits.MaxExchanges
                ? [.. entries.Where(IsHttp).Select(Entry)]
                : throw new ApiException(
                    StatusCodes.Status413PayloadTooLarge,
                    string.Create(CultureInfo.InvariantCulture, $"The HAR has {entries.Length} entries, and the inspector keeps {limits.MaxExchanges}."), "Keep more with --inspect-keep.");
        }
        catch (JsonException e)
        {
            throw new ApiException(
                StatusCodes.Status400BadRequest, string.Create(CultureInfo.InvariantCulture, $"The HAR is no JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}."), "Nothing was added.");
        }
        catch (InvalidOperationException e)
        {
            // Strings are checked when they are read.
            throw new ApiException(StatusCodes.Status400BadRequest, "The HAR has text that is no Unicode: " + e.Message, "Nothing was added.");
        }
    }

    private static bool IsHttp(HarNode entry) =>
        entry["request"].Required()["url"].Required().Text() is { } url && Schemes.Any(s => url.StartsWith(s, StringComparison.OrdinalIgnoreCase));

    private ExchangeSnapshot Entry(HarNode entry, int index)
    {
        HarNode extras = entry[HarExtras.Member];
        RequestHead request = HarHeads.Request(entry["request"], extras, string.Create(CultureInfo.InvariantCulture, $"import-{index + 1}"));
        ResponseHead? response = HarHeads.Response(entry["response"], extras);
        if (response?.Status == StatusCodes.Status101SwitchingProtocols)
        {
            request.Upgrade ??= "websocket";
        }

        (CapturedBody sent, CapturedBody received) = response?.Status == 101
            ? HarMessages.Of(entry, extras, limits.MaxMessageBytes)
            : (RequestBody(entry, extras, request), ResponseBody(entry, extras, response));
        HarHeads.SetLength(request, sent, entry["request"]);
        var exchange = new ExchangeSnapshot
        {
            Number = 0,
            Tunnel = extras["tunnel"].Text() ?? NoTunnel,
            State = ExchangeState.Done,
            Source = ExchangeSource.Import,
            StartedAt = StartOf(entry["startedDateTime"].Required()),
            Timings = HarTimings.Of(entry, extras["timings"]),
            Request = request,
            RequestBody = sent,
            Response = response,
            ResponseBody = received,
            ResponseTrailers = [.. extras["trailers"].Elements().SelectMany(HarHeads.Field)],
            Error = Enum.TryParse(extras["error"].Text(), out RelayError error) && Enum.IsDefined(error) ? error : RelayError.None,
            Rule = extras["rule"].Text(),
            WasEdited = extras["edited"].Switch(),
            OtherTarget = extras["otherTarget"].Text(),
        };
        RequireRecordable(exchange, entry);
        return exchange;
    }

    private CapturedBody RequestBody(HarNode entry, HarNode extras, RequestHead head)
    {
        HarNode data = entry["request"]["postData"];
        byte[] bytes = data["text"].IsMissing ? HarHeads.Form(data) : Bytes(data);
        head.HasBody = bytes.Length > 0 || extras["hasBody"].Switch();
        return Captured(bytes, extras["request"], head.Headers, limits.MaxBodyBytes);
    }

    private CapturedBody ResponseBody(HarNode entry, HarNode extras, ResponseHead? head) => head is null
        ? CapturedBody.Empty
        : Captured(
            Bytes(entry["response"]["content"]), extras["response"], head.Headers,
            MessageStreams.Of(head) == MessageStream.None ? limits.MaxBodyBytes : limits.MaxMessageBytes);

    private static byte[] Bytes(HarNode content) => string.Equals(content["encoding"].Text(), "base64", StringComparison.OrdinalIgnoreCase)
        ? content["text"].Base64()
        : Encoding.UTF8.GetBytes(content["text"].Text() ?? "");

    // A HAR has bodies without their codings, so the field that names them would be wrong.
    private static CapturedBody Captured(byte[] bytes, HarNode extras, List<HeaderField> fields, int limit)
    {
        bytes = [.. bytes, .. extras["rest"].Base64()];
        if (bytes.Length > 0 && !extras["coded"].Switch())
        {
            fields.RemoveAll(f => f.Name.Equals("Content-Encoding", StringComparison.OrdinalIgnoreCase));
        }

        int kept = Math.Min(bytes.Length, limit);
        return new CapturedBody(bytes.AsMemory(0, kept), bytes.Length + extras["missing"].Count(), HarMessages.Marks(extras["arrived"], kept));
    }

    private static DateTimeOffset StartOf(HarNode node) =>
        DateTimeOffset.TryParse(node.Text(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset start)
            ? start.ToUniversalTime()
            : throw node.Wrong("must be a date such as 2026-01-31T12:00:00.000Z");

    // What the recorder could not give back is not given to it.
    private static void RequireRecordable(ExchangeSnapshot exchange, HarNode entry)
    {
        bool isRecordable = true;
        try
        {
            var output = new ArrayBufferWriter<byte>(1024);
            HeadWriter.Write(output, exchange.Request);
            HeadReader.ReadRequest(output.WrittenSpan);
            if (exchange.Response is not null)
            {
                output.ResetWrittenCount();
                ResponseText.Write(output, exchange.Response);
                isRecordable = ResponseHeadParser.TryParse(output.WrittenSpan, new ResponseHead(), out _, out _);
            }
        }
        catch (Exception e) when (e is ProtocolViolationException or LocalResponseException)
        {
            isRecordable = false;
        }

        if (!isRecordable)
        {
            throw entry.Wrong("is no exchange of HTTP");
        }
    }
}
