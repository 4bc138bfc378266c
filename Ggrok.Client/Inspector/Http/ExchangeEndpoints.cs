using System.Globalization;
using Ggrok.Client.Inspector.Http.Contracts;
using Ggrok.Client.Inspector.Messages;
using Ggrok.Client.Inspector.Recording;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ggrok.Client.Inspector.Http;

/// <summary>The list of exchanges and everything about one of them.</summary>
internal sealed class ExchangeEndpoints(InspectorState state) : IEndpoints
{
    private const int MostRows = 10_000;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/exchanges", ListAsync);
        routes.MapDelete("/api/exchanges", ClearAsync);
        routes.MapGet("/api/exchanges/{number}", ShowAsync);
        routes.MapGet("/api/exchanges/{number}/messages", MessagesAsync);
        routes.MapGet("/api/exchanges/{number}/request/body", context => BodyAsync(context, ofRequest: true));
        routes.MapGet("/api/exchanges/{number}/response/body", context => BodyAsync(context, ofRequest: false));
    }

    /// <summary>The exchange that a request's path names.</summary>
    /// <exception cref="ApiException">There is none, or it is not kept any more.</exception>
    public static ExchangeSnapshot Named(HttpContext context, Recorder recorder, string parameter = "number")
    {
        string text = (string)context.GetRouteValue(parameter)!;
        long number = text == "last" ? recorder.LastNumber
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long given) ? given : 0;
        return recorder.Find(number) ?? throw ApiException.NoExchange(text);
    }

    private Task ListAsync(HttpContext context)
    {
        var filter = new ExchangeFilter(context.Request);
        int limit = (int)context.Request.NumberOf("limit", 100, 1, MostRows);
        DateTimeOffset now = state.Time.GetUtcNow();
        ExchangeRow[] rows = [.. state.Recorder.Summaries(0, int.MaxValue, out _).Select(e => ExchangeRows.Of(e, now)).Where(filter.Matches).Take(limit + 1)];
        return context.JsonAsync(new ExchangePage(rows[..Math.Min(limit, rows.Length)], rows.Length > limit), InspectorJson.Relaxed.ExchangePage);
    }

    private Task ClearAsync(HttpContext context)
    {
        state.Recorder.Clear();
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private Task ShowAsync(HttpContext context)
    {
        ExchangeSnapshot exchange = Named(context, state.Recorder);
        return context.JsonAsync(ExchangeProjection.Of(exchange, state), InspectorJson.Relaxed.ExchangeDetails);
    }

    private Task MessagesAsync(HttpContext context)
    {
        ExchangeSnapshot exchange = Named(context, state.Recorder);
        MessageList list = MessageReader.Read(exchange)
            ?? throw new ApiException(StatusCodes.Status404NotFound, $"Exchange {exchange.Number} has no messages.", "WebSockets, server-sent events and gRPC have.");
        return context.JsonAsync(new MessagePage(list.Protocol, list.IsCut, [.. list.Messages.Select(m => Message(m, isGrpc: list.Protocol.StartsWith("gRPC", StringComparison.Ordinal)))]), InspectorJson.Relaxed.MessagePage);
    }

    private static MessageDetails Message(ExchangeMessage message, bool isGrpc)
    {
        string? text = message.Kind is "binary" or "ping" or "pong" ? null
            : isGrpc && message.Kind == "message" && ProtobufText.Format(message.Payload.Span) is { } fields ? fields
            : BodyProjection.TextOf(message.Payload.Span, isCut: message.Payload.Length < message.Size);
        return new MessageDetails
        {
            Direction = message.Direction == MessageDirection.ToService ? "in" : "out",
            AtMs = Math.Round(message.At.TotalMilliseconds, 3),
            Kind = message.Kind,
            Bytes = message.Size,
            Text = text,
            Base64 = text is null ? Convert.ToBase64String(message.Payload.Span) : null,
            Note = message.Note,
        };
    }

    private async Task BodyAsync(HttpContext context, bool ofRequest)
    {
        ExchangeSnapshot exchange = Named(context, state.Recorder);
        await BodyAnswer.SendAsync(context, exchange, ofRequest, context.Request.SwitchOf("decoded")).ConfigureAwait(false);
    }
}
