using Ggrok.Client.Inspector.Http.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ggrok.Client.Inspector.Http;

/// <summary>What concerns the client as a whole: its session, its figures.</summary>
internal sealed class SessionEndpoints(InspectorState state, LocalGuard guard) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/session", SessionAsync);
        routes.MapGet("/api/status", context => context.JsonAsync(state.Status(), InspectorJson.Relaxed.StatusDetails));
        routes.MapGet("/api/stats", StatsAsync);
    }

    private Task SessionAsync(HttpContext context) =>
        context.JsonAsync(new SessionDetails(guard.Secret, Shared.Protocol.ProgramVersion.Current), InspectorJson.Relaxed.SessionDetails);

    private Task StatsAsync(HttpContext context)
    {
        int seconds = (int)context.Request.NumberOf("seconds", 300, 1, Recording.TrafficStats.KeptSeconds);
        return context.JsonAsync(state.Stats(seconds), InspectorJson.Relaxed.IReadOnlyListStatsPoint);
    }
}
