using Ggrok.Server.Hosting;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Ggrok.Server.ClearTextHttp2;

/// <summary>
/// HTTP/2 with prior knowledge (RFC 9113 section 3.3) on the ports that speak HTTP/1.1. Kestrel offers both on one port only
/// where TLS negotiates them; without it the client's preface tells.
/// </summary>
internal static class PriorKnowledge
{
    private const string Listening = "listening";

    /// <summary>Sets up the second server.</summary>
    /// <param name="builder">The application, with its web server.</param>
    /// <param name="limit">Sets limits and encodings, the same as those of the first; adds no endpoints.</param>
    public static void AddTo(WebApplicationBuilder builder, Action<KestrelServerOptions> limit)
    {
        IServiceCollection services = builder.Services;
        ServiceDescriptor kestrel = services.Last(d => d.ServiceType == typeof(IServer));
        services.Remove(kestrel);
        services.Add(ServiceDescriptor.KeyedSingleton(typeof(IServer), Listening, kestrel.ImplementationType!));
        services.AddSingleton<HandOver>();
        services.AddSingleton<IServer>(provider =>
        {
            HandOver handOver = provider.GetRequiredService<HandOver>();
            var options = new KestrelServerOptions { ApplicationServices = provider };
            limit(options);
            options.Listen(handOver.EndPoint, endpoint => endpoint.Protocols = HttpProtocols.Http2);
            var http2 = new KestrelServer(Options.Create(options), handOver, provider.GetRequiredService<ILoggerFactory>());
            return new TwoProtocolServer(provider.GetRequiredKeyedService<IServer>(Listening), http2);
        });
    }

    /// <summary>
    /// Lets every endpoint tell the two apart; one with TLS, where ALPN does, stays as it is. It counts for endpoints that are
    /// added later.
    /// </summary>
    public static void AcceptOnEveryEndpoint(KestrelServerOptions kestrel) => kestrel.ConfigureEndpointDefaults(endpoint =>
    {
        endpoint.Protocols = HttpProtocols.Http1AndHttp2;
        Accept(endpoint);
    });

    private static void Accept(ListenOptions endpoint) => endpoint.Use(next =>
    {
        // Its text begins with the scheme; whether TLS was switched on after this call is known only now.
        if (endpoint.ToString()!.StartsWith("https:", StringComparison.Ordinal))
        {
            return next;
        }

        IServiceProvider services = endpoint.KestrelServerOptions.ApplicationServices;
        var handOver = services.GetRequiredService<HandOver>();
        var time = services.GetRequiredService<TimeProvider>();
        TimeSpan patience = services.GetRequiredService<ServerOptions>().HeaderTimeout;
        return connection => ServeAsync(connection, next, handOver, patience, time);
    });

    private static async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next, HandOver handOver, TimeSpan patience, TimeProvider time)
    {
        switch (await Preface.PeekAsync(connection, patience, time).ConfigureAwait(false))
        {
            case Greeting.Http2:
                await handOver.ServeAsync(connection).ConfigureAwait(false);
                break;
            case Greeting.Other:
                await next(connection).ConfigureAwait(false);
                break;
        }
    }
}
