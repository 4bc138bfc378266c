using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Ggrok.Tests.Testing;

/// <summary>A local service on a real Kestrel, on a free port.</summary>
public sealed class LocalApp : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LocalApp(WebApplication app)
    {
        _app = app;
    }

    public Uri Url => new(_app.Urls.First());

    /// <summary>Where it speaks TLS, if it was configured to.</summary>
    public Uri SecureUrl => new(_app.Urls.First(u => u.StartsWith("https://", StringComparison.Ordinal)));

    public static async Task<LocalApp> StartAsync(RequestDelegate handler, Action<KestrelServerOptions>? configure = null, int port = 0)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            configure?.Invoke(kestrel);
            kestrel.Listen(IPAddress.Loopback, port);
        });
        WebApplication app = builder.Build();
        app.UseWebSockets();
        app.Run(handler);
        await app.StartAsync();
        return new LocalApp(app);
    }

    public async ValueTask DisposeAsync()
    {
        // Requests that a test left open must not hold the test up.
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _app.StopAsync(now.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        await _app.DisposeAsync();
    }
}
