using Ggrok.Client.Inspector.Content;
using Ggrok.Client.Inspector.Http.Contracts;
using Ggrok.Client.Inspector.Inbox;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Webhooks;

namespace Ggrok.Client.Inspector.Http;

/// <summary>Makes rows of the list of recorded exchanges.</summary>
internal static class ExchangeRows
{
    /// <summary>The row of an exchange.</summary>
    /// <param name="exchange">The exchange; its bodies are not needed.</param>
    /// <param name="now">The end of one that is running.</param>
    public static ExchangeRow Of(ExchangeSnapshot exchange, DateTimeOffset now)
    {
        RequestHead request = exchange.Request;
        return new ExchangeRow
        {
            Number = exchange.Number,
            Id = request.Id,
            Tunnel = exchange.Tunnel,
            Source = Name(exchange.Source),
            State = Name(exchange.State),
            Kind = KindOf(exchange),
            StartedAt = exchange.StartedAt,
            Method = request.Method,
            Target = request.Target,
            Host = request.Host,
            Remote = request.Remote,
            Status = exchange.Response?.Status ?? 0,
            Error = exchange.Error == RelayError.None ? null : exchange.Error.ToString(),
            DurationMs = Math.Round((exchange.Timings.Ended ?? now - exchange.StartedAt).TotalMilliseconds, 3),
            RequestBytes = exchange.RequestBody.Total,
            ResponseBytes = exchange.ResponseBody.Total,
            RequestType = MediaType(request.Headers),
            ResponseType = exchange.Response is { } response ? MediaType(response.Headers) : null,
            ReplayOf = exchange.ReplayOf,
            Rule = exchange.Rule,
            Edited = exchange.WasEdited,
            Webhook = exchange.Webhook is { } webhook ? $"{webhook.Provider.DisplayName()} {webhook.EventName}".TrimEnd() : null,
            Delivery = DeliveryMark.Of(request.Headers),
        };
    }

    // A field that says nothing is left out of the answer.
    private static string? MediaType(IReadOnlyList<HeaderField> fields) => fields.MediaType() is { Length: > 0 } type ? type : null;

    private static string KindOf(ExchangeSnapshot exchange) => exchange.Response is { } response && MessageStreams.Of(response) is var stream and not MessageStream.None
        ? stream switch
        {
            MessageStream.WebSocket => "websocket",
            MessageStream.Upgrade => "upgrade",
            MessageStream.ServerSentEvents => "sse",
            _ => "grpc",
        }
        : exchange.Request.Headers.MediaType().StartsWith("application/grpc", StringComparison.Ordinal) ? "grpc" : "http";

    private static string Name<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
