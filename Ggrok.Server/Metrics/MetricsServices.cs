using Ggrok.Server.Metrics.Prometheus;
using Ggrok.Server.Metrics.Traffic;

namespace Ggrok.Server.Metrics;

/// <summary>What counts and tells.</summary>
internal static class MetricsServices
{
    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<TrafficStatistics>();
        services.AddSingleton<SessionCounts>();
        services.AddSingleton<LiveTail>();
        services.AddSingleton<ExchangeMeter>();
        services.AddSingleton<MetricsReport>();
        services.AddSingleton<MetricsEndpoint>();
        services.AddHostedService<TrafficClock>();
    }
}
