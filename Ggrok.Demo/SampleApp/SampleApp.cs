using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Ggrok.Demo.SampleApp;

/// <summary>The local service of the demo: a page that uses what a tunnel must carry.</summary>
public sealed class SampleApp : IAsyncDisposable
{
    private readonly WebApplication _app;

    private SampleApp(WebApplication app)
    {
        _app = app;
    }

    /// <summary>Where it listens, on this machine only.</summary>
    public Uri Url => new(_app.Urls.First());

    /// <summary>Starts it; port 0 takes a free one.</summary>
    public static async Task<SampleApp> StartAsync(int port)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port);
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
        });
        WebApplication app = builder.Build();
        app.UseWebSockets();
        app.Run(SampleEndpoints.ServeAsync);
        await app.StartAsync().ConfigureAwait(false);
        return new SampleApp(app);
    }

    /// <summary>Stops it; what is still open is cut.</summary>
    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        await _app.StopAsync(soon.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _app.DisposeAsync().ConfigureAwait(false);
    }
}
