using Ggrok.Server.Edge.Address;
using Ggrok.Server.Edge.Credentials;

namespace Ggrok.Server.Edge;

/// <summary>The policies that there are.</summary>
internal static class EdgeServices
{
    /// <summary>Adds them. Their order is <see cref="EdgeStage"/>'s, and within a stage the one here.</summary>
    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<IEdgePolicyFactory, AddressPolicyFactory>();
        CredentialServices.Add(services);
        services.AddSingleton<EdgeCompiler>();
        services.AddSingleton<PolicyBook>();
        services.AddHostedService<PolicyWatch>();
    }
}
