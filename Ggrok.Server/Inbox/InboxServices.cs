using Ggrok.Server.Edge;
using Ggrok.Server.Hosting;
using Ggrok.Server.Inbox.Api;
using Ggrok.Server.Inbox.Delivery;
using Ggrok.Server.Inbox.Files;
using Ggrok.Server.Inbox.Intake;
using Ggrok.Server.Inbox.Items;
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
        services.AddSingleton<IInboxStore>(s => new FileInboxStore(
            options.InboxFolder ?? UsualFolder, options.InboxMaxBytes, s.GetRequiredService<InboxId>(), s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<FileInboxStore>>()));
        services.AddSingleton<InboxBook>();
        services.AddSingleton<InboxIntake>();
        services.AddSingleton<IEdgePolicyFactory, InboxPolicyFactory>();
        services.AddSingleton<InboxTunnels>();
        services.AddSingleton<TunnelDelivery>();
        services.AddSingleton<InboxDesk>();
        services.AddSingleton<InboxApi>();
        services.AddHostedService<InboxStart>();
        services.AddHostedService<InboxCourier>();
    }
}
