using Ggrok.Server.Edge.Address;
using Ggrok.Server.Edge.Compression;
using Ggrok.Server.Edge.Cors;
using Ggrok.Server.Edge.ErrorPages;
using Ggrok.Server.Edge.Maintenance;
using Ggrok.Server.Edge.Rewrite;
using Ggrok.Server.Edge.Transport;
using Ggrok.Server.Edge.Bandwidth;
using Ggrok.Server.Edge.Body;
using Ggrok.Server.Edge.Certificate;
using Ggrok.Server.Edge.Rate;
using Ggrok.Server.Edge.Service;
using Ggrok.Server.Edge.Webhook;
using Ggrok.Server.Edge.Credentials;

namespace Ggrok.Server.Edge;

/// <summary>The policies that there are.</summary>
internal static class EdgeServices
{
    /// <summary>Adds them. Their order is <see cref="EdgeStage"/>'s, and within a stage the one here.</summary>
    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<IEdgePolicyFactory, TransportPolicyFactory>();
        services.AddSingleton<IEdgePolicyFactory, AddressPolicyFactory>();
        services.AddSingleton<IEdgePolicyFactory, ErrorPagesPolicyFactory>();
        services.AddSingleton<IEdgePolicyFactory, MaintenancePolicyFactory>();
        services.AddSingleton<IEdgePolicyFactory, CorsPolicyFactory>();
        services.AddSingleton<IEdgePolicyFactory, CompressionPolicyFactory>();
        services.AddSingleton<IEdgePolicyFactory, RewritePolicyFactory>();
        services.AddSingleton<IEdgePolicyFactory, RatePolicyFactory>();
        services.AddSingleton<IEdgePolicyFactory, ConcurrencyPolicyFactory>();
        services.AddSingleton<IEdgePolicyFactory, CertificatePolicyFactory>();
        services.AddSingleton<IEdgePolicyFactory, BodyPolicyFactory>();
        services.AddSingleton<IEdgePolicyFactory, WebhookPolicyFactory>();
        services.AddSingleton<IEdgePolicyFactory, BandwidthPolicyFactory>();
        services.AddSingleton<IEdgePolicyFactory, ResponseTimeoutPolicyFactory>();
        services.AddSingleton<IEdgePolicyFactory, RetryPolicyFactory>();
        services.AddSingleton<IEdgePolicyFactory, CircuitBreakerPolicyFactory>();
        CredentialServices.Add(services);
        services.AddSingleton<EdgeCompiler>();
        services.AddSingleton<PolicyBook>();
        services.AddHostedService<PolicyWatch>();
    }
}
