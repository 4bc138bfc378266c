using Ggrok.Server.Edge.Credentials.Basic;
using Ggrok.Server.Edge.Credentials.Login;
using Ggrok.Server.Edge.Credentials.Share;

namespace Ggrok.Server.Edge.Credentials;

/// <summary>What credentials need.</summary>
internal static class CredentialServices
{
    /// <summary>Adds it.</summary>
    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<Sealer>();
        services.AddSingleton<PasswordQueue>();
        services.AddSingleton<ShareBook>();
        services.AddHostedService<ShareWatch>();
        services.AddSingleton<EndedLogins>();
        services.AddSingleton<ProviderHttp>();
        services.AddSingleton<ProviderDirectory>();
        services.AddSingleton<LoginServices>();
        services.AddSingleton<IEdgePolicyFactory, CredentialsPolicyFactory>();
        services.AddSingleton<ShareEndpoint>();
        services.AddSingleton<ShareApi>();
        services.AddSingleton<LoginEndpoint>();
        services.AddSingleton<CredentialEndpoints>();
    }
}
