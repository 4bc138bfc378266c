using Ggrok.Server.Dashboard.Access;
using Ggrok.Server.Dashboard.Http;

namespace Ggrok.Server.Dashboard;

/// <summary>The server's own page and API.</summary>
internal static class DashboardServices
{
    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<OwnHosts>();
        services.AddSingleton<AdminAccess>();
        services.AddSingleton<AdminSessions>();
        services.AddSingleton<AdminGuard>();
        services.AddSingleton<Figures>();
        services.AddSingleton<PageFiles>();
        services.AddSingleton<SignInEndpoints>();
        services.AddSingleton<StateEndpoints>();
        services.AddSingleton<TokenEndpoints>();
        services.AddSingleton<TailEndpoint>();
        services.AddSingleton<InboxEndpoints>();
        services.AddSingleton<DashboardEndpoint>();
    }
}
