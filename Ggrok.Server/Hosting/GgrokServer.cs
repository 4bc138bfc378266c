using System.Text;
using Ggrok.Server.Balancing;
using Ggrok.Server.ClearTextHttp2;
using Ggrok.Server.Edge.Credentials;
using Ggrok.Server.Ports;
using Ggrok.Server.Raw;
using Ggrok.Server.Relay;
using Ggrok.Server.Rendezvous;
using Ggrok.Server.TlsPassthrough;
using Ggrok.Server.Tokens;
using Ggrok.Server.Tunnels;
using Ggrok.Server.Tunnels.Resume;
using Ggrok.Server.Visitors;
using Ggrok.Shared.Protocol;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Ggrok.Server.Hosting;

/// <summary>Builds the server: one HTTP port for clients, visitors and health checks.</summary>
public static class GgrokServer
{
    // Of a response, the relay hands over so much before it waits for the visitor.
    private const double PieceBytes = 64 * 1024;

    /// <summary>Builds the application from command line, environment and appsettings.</summary>
    /// <exception cref="SettingsException">A setting is not valid.</exception>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
        builder.WebHost.ConfigureKestrel(PriorKnowledge.AcceptOnEveryEndpoint);
        configure?.Invoke(builder);
        ServerOptions options = ServerSettings.Read(builder.Configuration);
        builder.Services.AddSingleton(options);
        AddServices(builder.Services, options);
        ServerLogging.Configure(builder, options);
        Metrics.Otlp.Telemetry.Add(builder);
        ConfigureKestrel(builder, options);
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = options.ShutdownGrace + TimeSpan.FromSeconds(3));

        WebApplication app = builder.Build();

        // Its time begins with the server, not with the first visitor.
        app.Services.GetRequiredService<TunnelWaiting>();

        // Policies that are not valid stop the server now, not at the first registration.
        app.Services.GetRequiredService<Edge.PolicyBook>();
        Map(app);
        return app;
    }

    private static void AddServices(IServiceCollection services, ServerOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<Microsoft.AspNetCore.Connections.IMemoryPoolFactory<byte>, TransferMemory>();
        services.AddSingleton<TunnelRegistry>();
        services.AddSingleton<SessionDirectory>();
        services.AddSingleton<ResumeBook>();
        services.AddSingleton<HostAssigner>();
        services.AddSingleton<PortAssigner>();
        services.AddSingleton<PublicPorts>();
        services.AddSingleton<RawRelay>();
        services.AddSingleton<ConnectRelay>();
        services.AddSingleton<RouteAssigner>();
        Edge.EdgeServices.Add(services);
        Inbox.InboxServices.Add(services, options);
        services.AddSingleton<Registrar>();
        services.AddSingleton<TunnelEndpoint>();
        services.AddSingleton<ILegacyEndpoint, Legacy.LegacyEndpoint>();
        TokenServices.Add(services, options);
        services.AddSingleton<RequestHeadBuilder>();
        services.AddSingleton<HttpRelay>();
        services.AddSingleton<UpgradeRelay>();
        services.AddSingleton<MemberRelay>();
        services.AddSingleton<TunnelWaiting>();
        services.AddSingleton<HealthChecks>();
        services.AddSingleton<RequestLog>();
        services.AddSingleton<VisitorEndpoint>();
        services.AddSingleton<HealthEndpoint>();
        services.AddSingleton<CertificateQuestion>();
        services.AddSingleton<OwnPaths>();
        services.AddSingleton<PassthroughPort>();
        services.AddHostedService(s => s.GetRequiredService<PassthroughPort>());
        services.AddHostedService<SessionClock>();
        services.AddHostedService<DrainService>();
        services.AddHostedService<StartupNotice>();
        Metrics.MetricsServices.Add(services);
        Dashboard.DashboardServices.Add(services);
        Tls.TlsServices.Add(services, options.Tls);
    }

    private static void ConfigureKestrel(WebApplicationBuilder builder, ServerOptions options)
    {
        // Not part of the slim builder: https among the addresses, with Kestrel's own settings for certificates.
        builder.WebHost.UseKestrelHttpsConfiguration();
        string addresses = ListenAddresses.Of(builder.Configuration);
        if (options.Tls is null && ListenAddresses.Given(builder.Configuration) is null)
        {
            builder.WebHost.UseUrls(addresses);
        }

        // A request is served on the thread that read it: nothing here blocks (docs/performance.md).
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        void SetLimits(KestrelServerOptions kestrel)
        {
            kestrel.AddServerHeader = false;
            // Bytes of a header field are kept as they are: each is one char, both ways.
            kestrel.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
            kestrel.Limits.MaxRequestBodySize = null;
            // A minimum rate would break quiet request streams (gRPC, long polls); the idle timeout of the stream bounds them.
            // Of responses only the time counts in which the visitor takes none of what waits for it.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = options.SendTimeout > TimeSpan.FromSeconds(1) ? new MinDataRate(PieceBytes / options.SendTimeout.TotalSeconds, options.SendTimeout) : null;
            kestrel.Limits.RequestHeadersTimeout = options.HeaderTimeout;
            // Kestrel's own refusals carry no name, so its limits lie above those of the relay.
            kestrel.Limits.MaxRequestHeadersTotalSize = 2 * options.MaxHeadBytes;
            kestrel.Limits.MaxRequestLineSize = 2 * options.MaxHeadBytes;
            kestrel.Limits.MaxRequestBufferSize = 4 * options.MaxHeadBytes + 64 * 1024;
            kestrel.Limits.MaxRequestHeaderCount = 1000;
            kestrel.Limits.Http2.MaxRequestHeaderFieldSize = 2 * options.MaxHeadBytes;
            kestrel.Limits.Http2.InitialStreamWindowSize = 1024 * 1024;
            kestrel.Limits.Http2.InitialConnectionWindowSize = 4 * 1024 * 1024;
        }

        builder.WebHost.ConfigureKestrel(SetLimits);
        PriorKnowledge.AddTo(builder, SetLimits);
        if (options.Tls is not null)
        {
            Tls.TlsServices.Listen(builder, options.Tls, addresses);
        }
    }

    private static void Map(WebApplication app)
    {
        OwnPaths paths = app.Services.GetRequiredService<OwnPaths>();
        VisitorEndpoint visitors = app.Services.GetRequiredService<VisitorEndpoint>();

        // Not routing: the paths of visitors are data, and decoding or matching them would cost and could only go wrong.
        app.Map(ProtocolLimits.Path, own =>
        {
            own.UseWebSockets();
            own.Run(paths.ServeAsync);
        });
        app.Run(visitors.ServeAsync);
    }
}
