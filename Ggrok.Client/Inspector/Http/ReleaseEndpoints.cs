using Ggrok.Client.Inspector.Http.Contracts;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Client.Inspector.Rules;
using Ggrok.Shared.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ggrok.Client.Inspector.Http;

/// <summary>Decides about held requests.</summary>
internal sealed class ReleaseEndpoints(InspectorState state, HeldRequests held) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/exchanges/{number}/release", ReleaseAsync);

    private async Task ReleaseAsync(HttpContext context)
    {
        ReleaseOrder order = await context.ReadAsync(InspectorJson.Relaxed.ReleaseOrder).ConfigureAwait(false);
        ExchangeSnapshot exchange = ExchangeEndpoints.Named(context, state.Recorder);
        HeldRequest request = held.Find(exchange.Number) ?? throw NotHeld(exchange.Number);
        switch (request.Decide(DecisionOf(order, request.Request)))
        {
            case HoldOutcome.NotHeld:
                throw NotHeld(exchange.Number);
            case HoldOutcome.BodyNotWhole:
                throw new ApiException(StatusCodes.Status409Conflict, "The request's body is not here as a whole, so it cannot be replaced.",
                    $"It is still arriving, or larger than the {ByteSizes.Format(HeldRequest.MaxBodyBytes)} that are taken in of a held request. Release it with the body that it has; method, target and headers can be changed.");
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static HoldDecision DecisionOf(ReleaseOrder order, RequestHead request)
    {
        RequestEdit? edit = EditOf(order, request);
        return (order.Action ?? "continue", order.Response, edit) switch
        {
            ("continue", null, _) => new HoldDecision.Continue(edit),
            ("respond", { } response, null) => new HoldDecision.Respond(RuleProjection.ResponseOf(response, "response")),
            ("abort", null, null) => new HoldDecision.Abort(),
            ("respond", null, _) => throw Wrong("respond needs a response.", """Write {"action": "respond", "response": {"status": 200}}."""),
            ("continue" or "abort", not null, _) => throw Wrong($"{order.Action ?? "continue"} takes no response.", "Leave it out, or write respond as the action."),
            ("respond" or "abort", _, not null) => throw Wrong($"{order.Action} sends nothing to the local service, so nothing of the request can be changed.", "Write continue as the action, or leave method, target, headers and body out."),
            _ => throw Wrong("The action is none of continue, respond and abort.", null),
        };
    }

    private static RequestEdit? EditOf(ReleaseOrder order, RequestHead request)
    {
        byte[]? body = RuleProjection.BodyOf(order.Body, order.BodyBase64, "body", check: bytes => bytes);
        var edit = new RequestEdit
        {
            Method = order.Method,
            Target = order.Target,
            Headers = order.Headers is { } headers ? RuleProjection.FieldsOf(headers, "headers") : null,

            // Null itself would become memory without bytes.
            Body = body is null ? default(ReadOnlyMemory<byte>?) : body,
        };
        if (edit.Method is { } method && !HeaderField.IsName(method))
        {
            throw Wrong("method: This is no method.", "Write one word, such as POST.");
        }

        if ((edit.Method == "HEAD" && request.Method != "HEAD") || edit.Method == "CONNECT")
        {
            throw Wrong($"method: The visitor waits for another answer than {edit.Method} has.", "Choose another method.");
        }

        if (edit.Target is { } target && !RequestTarget.IsSafe(target))
        {
            throw Wrong("target: This is no request target.", "Begin with a slash, and write spaces and letters beyond ASCII percent-encoded: /caf%C3%A9?size=2");
        }

        if (request.Upgrade is not null && body is { Length: > 0 })
        {
            throw Wrong("body: A request that asks for an upgrade has no body.", "Leave it out.");
        }

        return edit == new RequestEdit() ? null : edit;
    }

    private static ApiException NotHeld(long number) =>
        new(StatusCodes.Status409Conflict, $"Exchange {number} is not held.", "It may have been released already, or its visitor has left.");

    private static ApiException Wrong(string title, string? detail) => new(StatusCodes.Status400BadRequest, title, detail);
}
