using Ggrok.Server.Edge;
using Ggrok.Server.Hosting;
using Ggrok.Server.Inbox.Api;
using Ggrok.Server.Inbox.Delivery;
using Ggrok.Server.Inbox.Files;
using Ggrok.Server.Inbox.Intake;
using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Postgres;
using Ggrok.Server.Inbox.Storage;
using Ggrok.Server.Inbox.Tunnels;

namespace Ggrok.Server.Inbox;

/// <summary>Puts inboxes into the server.</summary>
internal static class InboxServices
{
    /// <summary>Where requests are kept that nobody said a place for, below the folder in which the server was started.</summary>
    public const string UsualFolder = "ggrok-inbox";

    public static void Add(IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton<InboxId>();
        services.AddSingleton<InboxCounts>();
        services.AddSingleton(s => MakeStore(s, options));
        services.AddSingleton<InboxBook>();
        services.AddSingleton<InboxIntake>();
        services.AddSingleton<IEdgePolicyFactory, InboxPolicyFactory>();
        services.AddSingleton<InboxTunnels>();
        services.AddSingleton<ItemSender>();
        services.AddSingleton<TunnelDelivery>();
        services.AddSingleton<InboxDesk>();
        services.AddSingleton<InboxApi>();
        services.AddHostedService<InboxStart>();
        services.AddHostedService<InboxCourier>();
    }

    // A folder that somebody has named is meant, also where a platform gives every program a database.
    private static IInboxStore MakeStore(IServiceProvider services, ServerOptions options)
    {
        TimeProvider time = services.GetRequiredService<TimeProvider>();
        return options is { DatabaseConnection: { } database, InboxFolder: null }
            ? new PostgresInboxStore(database, options.InboxMaxBytes, services.GetRequiredService<InboxId>(), time, services.GetRequiredService<ILogger<PostgresInboxStore>>())
            : new FileInboxStore(
                options.InboxFolder ?? UsualFolder, options.InboxMaxBytes, services.GetRequiredService<InboxId>(), time,
                services.GetRequiredService<ILogger<FileInboxStore>>());
    }
}
