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
        switch (request.Decide(order.DecisionOn(request.Request)))
        {
            case HoldOutcome.NotHeld:
                throw NotHeld(exchange.Number);
            case HoldOutcome.BodyNotWhole:
                throw new ApiException(StatusCodes.Status409Conflict, "The request's body is not here as a whole, so it cannot be replaced.",
                    $"It is still arriving, or larger than the {ByteSizes.Format(HeldRequest.MaxBodyBytes)} that are taken in of a held request. Release it with the body that it has; method, target and headers can be changed.");
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static ApiException NotHeld(long number) =>
        new(StatusCodes.Status409Conflict, $"Exchange {number} is not held.", "It may have been released already, or its visitor has left.");
}
