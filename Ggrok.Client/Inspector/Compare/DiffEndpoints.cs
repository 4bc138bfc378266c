using Ggrok.Client.Inspector.Http;
using Ggrok.Client.Inspector.Http.Contracts;
using Ggrok.Client.Inspector.Recording;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ggrok.Client.Inspector.Compare;

/// <summary>Compares exchanges.</summary>
internal sealed class DiffEndpoints(InspectorState state) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/exchanges/{number}/diff/{other}", CompareAsync);

    private Task CompareAsync(HttpContext context)
    {
        ExchangeSnapshot first = ExchangeEndpoints.Named(context, state.Recorder);
        ExchangeSnapshot second = ExchangeEndpoints.Named(context, state.Recorder, "other");
        return context.JsonAsync(ResponseDiff.Of(first, second, state.Time.GetUtcNow()), InspectorJson.Relaxed.DiffDetails);
    }
}
