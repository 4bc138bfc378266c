using Ggrok.Server.Edge.Address;

namespace Ggrok.Server.Edge;

/// <summary>The policies that there are.</summary>
internal static class EdgeServices
{
    /// <summary>Adds them. Their order is <see cref="EdgeStage"/>'s, and within a stage the one here.</summary>
    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<IEdgePolicyFactory, AddressPolicyFactory>();
        services.AddSingleton<EdgeCompiler>();
        services.AddSingleton<PolicyBook>();
        services.AddHostedService<PolicyWatch>();
    }
}
