using Ggrok.Server.Audit;
using Ggrok.Server.Edge.BruteForce;
using Ggrok.Server.Hosting;
using Ggrok.Server.Tokens.Store;
using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Tokens;

/// <summary>Puts tokens, their watch and the audit log into the server.</summary>
internal static class TokenServices
{
    /// <summary>Registers what registrations and administration need.</summary>
    public static void Add(IServiceCollection services, ServerOptions options)
    {
        AddAudit(services, options);
        services.AddSingleton<TokenSources>();
        services.AddSingleton(s => new TokenAuthenticator(s.GetRequiredService<TokenSources>(), options, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new TokenGate(
            s.GetRequiredService<TokenAuthenticator>(), s.GetRequiredService<TokenWatch>(), s.GetRequiredService<AuditLog>(), new FailureThrottle(s.GetRequiredService<TimeProvider>())));
        services.AddSingleton<RoutePermission>();
        services.AddSingleton(s => new TokenSessions(
            s.GetRequiredService<TokenAuthenticator>(), s.GetRequiredService<RoutePermission>(), s.GetRequiredService<SessionDirectory>(),
            s.GetRequiredService<TunnelRegistry>(), options, s.GetRequiredService<ILogger<TokenSessions>>()));
        services.AddSingleton(s => new TokenStore(options.TokenStore, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<AuditLog>()));
        services.AddSingleton<TokenWatch>();
        services.AddHostedService(s => s.GetRequiredService<TokenWatch>());
    }

    private static void AddAudit(IServiceCollection services, ServerOptions options)
    {
        switch (options.AuditLog)
        {
            case null:
                break;
            case "-":
                services.AddSingleton<IAuditTarget, AuditToLog>();
                break;
            case { } path:
                // The container disposes of it, which writes what is waiting.
                services.AddSingleton<IAuditTarget>(s => new AuditFile(path, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<AuditFile>>()));
                break;
        }

        services.AddSingleton(s => new AuditLog(s.GetService<IAuditTarget>(), s.GetRequiredService<TimeProvider>()));
    }
}
