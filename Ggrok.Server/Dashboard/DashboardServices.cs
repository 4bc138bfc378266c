using Ggrok.Server.Dashboard.Access;
using Ggrok.Server.Edge.BruteForce;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Ggrok.Server.Dashboard;

/// <summary>The server's own page and API.</summary>
internal static class DashboardServices
{
    public static void Add(IServiceCollection services)
    {
        services.TryAddSingleton<FailureThrottle>(s => new FailureThrottle(s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<OwnHosts>();
        services.AddSingleton<AdminAccess>();
    }
}
