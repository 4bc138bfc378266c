using Ggrok.Client.Inspector.Http;
using Ggrok.Client.Inspector.Http.Contracts;
using Ggrok.Client.Inspector.Recording;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ggrok.Client.Inspector.Replay;

/// <summary>Sends recorded requests again.</summary>
internal sealed class ReplayEndpoints(InspectorState state, Replayer replayer) : IEndpoints
{
    // The largest body in Base64, and the rest.
    private const long LargestOrder = (RequestEdit.MaxBodyBytes / 3L * 4) + (1024 * 1024);

    public void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/exchanges/{number}/replay", ReplayAsync);

    private async Task ReplayAsync(HttpContext context)
    {
        ExchangeSnapshot exchange = ExchangeEndpoints.Named(context, state.Recorder);
        ReplayOrder order = await context.ReadAsync(InspectorJson.Relaxed.ReplayOrder, LargestOrder).ConfigureAwait(false);
        IReadOnlyList<long> numbers = await replayer.ReplayAsync(exchange, order, context.RequestAborted).ConfigureAwait(false);

        // One that was too large to be kept is not shown.
        DateTimeOffset now = state.Time.GetUtcNow();
        ExchangeRow[] rows = [.. numbers.Select(state.Recorder.Find).OfType<ExchangeSnapshot>().Select(e => ExchangeRows.Of(e, now))];
        await context.JsonAsync(rows, InspectorJson.Relaxed.IReadOnlyListExchangeRow).ConfigureAwait(false);
    }
}
