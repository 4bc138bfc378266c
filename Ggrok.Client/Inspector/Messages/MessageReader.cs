using System.Text;
using Ggrok.Client.Inspector.Content;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Messages;

/// <summary>Reads the messages of an exchange that has several: WebSocket, server-sent events, gRPC.</summary>
internal static class MessageReader
{
    private const int MostDecoded = MessageBudget.MostOfAll;

    /// <summary>The messages of an exchange, or null when it is an ordinary one. Whatever was sent, it throws nothing.</summary>
    public static MessageList? Read(ExchangeSnapshot exchange)
    {
        if (IsWebSocket(exchange))
        {
            return ReadWebSocket(exchange);
        }

        if (exchange.Response?.Headers.MediaType() == "text/event-stream")
        {
            return ReadEvents(exchange);
        }

        return IsGrpc(exchange.Request.Headers) || (exchange.Response is { } response && IsGrpc(response.Headers)) ? ReadGrpc(exchange) : null;
    }

    private static bool IsWebSocket(ExchangeSnapshot exchange) =>
        exchange.Response is { Status: 101 } response
        && (response.Headers.ListOf("Upgrade").Contains("websocket") || response.Headers.ValueOf("Sec-WebSocket-Accept") is not null);

    private static MessageList ReadWebSocket(ExchangeSnapshot exchange)
    {
        // The first offer of the answer is the one that counts; parameters follow it.
        string[]? deflate = exchange.Response!.Headers.ListOf("Sec-WebSocket-Extensions")
            .Select(e => e.Split(';', StringSplitOptions.TrimEntries)).FirstOrDefault(e => e[0] == "permessage-deflate");
        using WebSocketInflater? client = Inflater(deflate, "client_no_context_takeover");
        using WebSocketInflater? server = Inflater(deflate, "server_no_context_takeover");
        MessageLog sent = LogOf(exchange, MessageDirection.ToService, exchange.RequestBody);
        MessageLog received = LogOf(exchange, MessageDirection.FromService, exchange.ResponseBody);
        new WebSocketReader(exchange.RequestBody, sent, client, mustMask: true).Read();
        new WebSocketReader(exchange.ResponseBody, received, server, mustMask: false).Read();
        return Merge("WebSocket", sent, received);
    }

    private static WebSocketInflater? Inflater(string[]? deflate, string withoutContext) =>
        deflate is null ? null : new WebSocketInflater(!deflate.Contains(withoutContext));

    private static MessageList ReadEvents(ExchangeSnapshot exchange)
    {
        MessageLog log = ReadContent(
            exchange, MessageDirection.FromService, exchange.ResponseBody, exchange.Response!.Headers, (body, log) => new EventStreamReader(body, log).Read());
        return new MessageList("Server-sent events", log.Messages, log.IsCut);
    }

    private static MessageList ReadGrpc(ExchangeSnapshot exchange)
    {
        MessageLog sent = ReadGrpc(exchange, MessageDirection.ToService, exchange.RequestBody, exchange.Request.Headers, out _);
        IReadOnlyList<HeaderField> headers = exchange.Response is { } response ? response.Headers : [];
        MessageLog received = ReadGrpc(exchange, MessageDirection.FromService, exchange.ResponseBody, headers, out bool hasTrailers);
        if (!hasTrailers && !received.IsFull)
        {
            AddTrailers(exchange, headers, received);
        }

        return Merge(IsWeb(exchange.Request.Headers) || IsWeb(headers) ? "gRPC-Web" : "gRPC", sent, received);
    }

    private static MessageLog ReadGrpc(
        ExchangeSnapshot exchange, MessageDirection direction, CapturedBody body, IReadOnlyList<HeaderField> headers, out bool hasTrailers)
    {
        if (!IsGrpc(headers))
        {
            // A page of a proxy, for instance, in place of the service's answer.
            hasTrailers = false;
            return LogOf(exchange, direction, body);
        }

        GrpcReader? reader = null;
        MessageLog log = ReadContent(exchange, direction, body, headers, (decoded, log) =>
        {
            reader = new GrpcReader(decoded, headers.ValueOf("grpc-encoding")?.Trim().ToLowerInvariant(), IsWeb(headers), log);
            reader.Read();
        });
        hasTrailers = reader?.HasTrailers == true;
        return log;
    }

    private static void AddTrailers(ExchangeSnapshot exchange, IReadOnlyList<HeaderField> headers, MessageLog log)
    {
        // A call that failed at once has its status among the header fields.
        IReadOnlyList<HeaderField> trailers = exchange.ResponseTrailers.Count > 0
            ? exchange.ResponseTrailers
            : [.. headers.Where(h => h.Name.StartsWith("grpc-status", StringComparison.OrdinalIgnoreCase) || h.Name.StartsWith("grpc-message", StringComparison.OrdinalIgnoreCase))];
        if (trailers.Count == 0)
        {
            return;
        }

        byte[] text = Encoding.Latin1.GetBytes(string.Concat(trailers.Select(t => $"{t.Name}: {t.Value}\r\n")));
        var notes = new MessageNotes();
        notes.Add(GrpcStatus.Describe(trailers.ValueOf("grpc-status"), trailers.ValueOf("grpc-message")));
        TimeSpan last = log.Messages.Count > 0 ? log.Messages[^1].At : exchange.Timings.FirstByte ?? default;
        log.Add(exchange.Timings.Ended ?? last, "trailers", text.Length, text, notes);
    }

    private static bool IsGrpc(IReadOnlyList<HeaderField> headers) => headers.MediaType() is { } type
        && (type is "application/grpc" || type.StartsWith("application/grpc+", StringComparison.Ordinal) || IsWeb(headers));

    private static bool IsWeb(IReadOnlyList<HeaderField> headers) => headers.MediaType().StartsWith("application/grpc-web", StringComparison.Ordinal);

    private static MessageLog ReadContent(
        ExchangeSnapshot exchange, MessageDirection direction, CapturedBody body, IReadOnlyList<HeaderField> headers, Action<CapturedBody, MessageLog> read)
    {
        DecodedContent content = ContentDecoder.Decode(body, headers, MostDecoded);
        CapturedBody decoded = content.Body;
        string? mistake = content.End >= ContentEnd.Broken ? content.Note : null;
        if (headers.MediaType().StartsWith("application/grpc-web-text", StringComparison.Ordinal))
        {
            decoded = Base64Body.Decode(content.Body, out bool isBroken);
            mistake ??= isBroken ? "not valid: what follows is no base64" : null;
        }

        if (body.IsTruncated || content.End == ContentEnd.Cut)
        {
            // How much there was is not known; any greater total says that there was more.
            decoded = decoded with { Total = decoded.Bytes.Length + 1L };
        }

        MessageLog log = LogOf(exchange, direction, decoded);
        if (content.End != ContentEnd.Encoded)
        {
            read(decoded, log);
        }

        if (mistake is not null)
        {
            var notes = new MessageNotes();
            notes.Add(mistake);
            log.Add(body.ArrivalOf(body.Bytes.Length), "invalid", 0, default, notes);
        }

        return log;
    }

    private static MessageLog LogOf(ExchangeSnapshot exchange, MessageDirection direction, CapturedBody body) =>
        new(direction, body, running: exchange.State != ExchangeState.Done);

    // Each list is in order, and the sort keeps the order of what arrived at once: a request comes before its answer.
    private static MessageList Merge(string protocol, MessageLog sent, MessageLog received) =>
        new(protocol, [.. sent.Messages.Concat(received.Messages).OrderBy(m => m.At)], sent.IsCut || received.IsCut);
}
