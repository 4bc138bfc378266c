using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Ggrok.Demo.SampleApp;

/// <summary>
/// The local service of the demo: a page that uses everything that a tunnel must carry, on a real Kestrel (HTTP/1.1).
/// Its endpoints are exact and documented in <see cref="SampleEndpoints"/>, so that tests use them too.
/// </summary>
public sealed class SampleApp : IAsyncDisposable
{
    private readonly WebApplication _app;

    private SampleApp(WebApplication app)
    {
        _app = app;
    }

    /// <summary>Where it listens: on this machine only.</summary>
    public Uri Url => new(_app.Urls.First());

    /// <summary>Starts it.</summary>
    /// <param name="port">Port on the loopback interface; 0 takes a free one.</param>
    /// <exception cref="IOException">The port is in use.</exception>
    public static async Task<SampleApp> StartAsync(int port = 0)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();

        // What the surroundings say of ports and logs is meant for other programs.
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.RequestHeaderEncodingSelector = static _ => System.Text.Encoding.Latin1;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, port, endpoint =>
            {
                endpoint.Protocols = HttpProtocols.Http1;
                endpoint.Use(RequestHeadTap.Attach);
            });
        });
        WebApplication app = builder.Build();
        app.UseWebSockets();
        app.Run(SampleEndpoints.ServeAsync);
        try
        {
            await app.StartAsync().ConfigureAwait(false);
        }
        catch
        {
            await app.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return new SampleApp(app);
    }

    /// <summary>Stops it; what is still open after half a second is cut.</summary>
    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        await _app.StopAsync(soon.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _app.DisposeAsync().ConfigureAwait(false);
    }
}
