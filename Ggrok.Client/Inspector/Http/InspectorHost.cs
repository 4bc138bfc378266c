using System.Net;
using System.Net.Sockets;
using Ggrok.Shared.Relay;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Ggrok.Client.Inspector.Http;

/// <summary>
/// Serves page and API on the loopback interface. The port is taken at once, so that its address can be told; the web
/// server itself starts later, so that it does not delay the tunnels, and who connects in between waits a moment.
/// </summary>
internal sealed class InspectorHost : IAsyncDisposable
{
    private const int PortsToTry = 100;

    /// <summary>Size in bytes that a request may have unless its endpoint allows more.</summary>
    public const long LargestRequest = 64 * 1024 * 1024;

    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(1);

    private readonly Socket _socket;
    private WebApplication? _app;

    private InspectorHost(Socket socket)
    {
        _socket = socket;
        Port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        Guard = new LocalGuard(Port);
    }

    /// <summary>The port.</summary>
    public int Port { get; }

    /// <summary>Address of the page.</summary>
    public Uri Address => new UriBuilder(Uri.UriSchemeHttp, IPAddress.Loopback.ToString(), Port).Uri;

    /// <summary>Who is let in.</summary>
    public LocalGuard Guard { get; }

    /// <summary>Takes the port.</summary>
    /// <param name="port">The port, 0 for any, null for the usual one or the next free one.</param>
    /// <exception cref="SocketException">It is in use or not allowed.</exception>
    public static InspectorHost Bind(int? port)
    {
        int first = port ?? InspectOptions.DefaultPort;
        for (int next = first; ; next++)
        {
            try
            {
                return new InspectorHost(ListeningSocket.Bind(ProtocolType.Tcp, IPAddress.Loopback, next));
            }
            catch (SocketException) when (port is null && next < first + PortsToTry)
            {
            }
        }
    }

    /// <summary>Starts to answer.</summary>
    public async Task StartAsync(IEnumerable<IEndpoints> endpoints)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(Configure);
        builder.Services.Configure<SocketTransportOptions>(o => o.CreateBoundListenSocket = _ => _socket);
        builder.Services.AddSingleton<IHostLifetime, ClientLifetime>();
        builder.Services.AddRoutingCore();
        builder.Services.AddLogging(l => l.ClearProviders());
        WebApplication app = builder.Build();
        app.Use(GuardAsync);
        app.UseRouting();
        foreach (IEndpoints group in endpoints)
        {
            group.Map(app);
        }

        app.MapFallback(context => context.ProblemAsync(StatusCodes.Status404NotFound, "There is nothing here.", "The page is at /, and /api/openapi.json describes the API."));
        _app = app;
        await app.StartAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            // Streams of events have no end to wait for.
            using var limit = new CancellationTokenSource(StopWithin);
            await _app.StopAsync(limit.Token).ConfigureAwait(false);
            await _app.DisposeAsync().ConfigureAwait(false);
        }

        _socket.Dispose();
    }

    private void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = LargestRequest;
        kestrel.Listen(IPAddress.Loopback, Port, l => l.Protocols = HttpProtocols.Http1);
    }

    private async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        IHeaderDictionary fields = context.Response.Headers;
        fields.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
            + "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
        fields.XContentTypeOptions = "nosniff";
        fields["Referrer-Policy"] = "no-referrer";
        fields["Cross-Origin-Resource-Policy"] = "same-origin";
        fields["Cross-Origin-Opener-Policy"] = "same-origin";
        fields.CacheControl = "no-store";
        if (Guard.Refusal(context.Request) is { } refusal)
        {
            await context.ProblemAsync(StatusCodes.Status403Forbidden, refusal).ConfigureAwait(false);
            return;
        }

        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (ApiException e) when (!context.Response.HasStarted)
        {
            await context.ProblemAsync(e.Status, e.Message, e.Detail).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Whoever asked is gone.
        }
    }

    // It runs as long as the client does. The usual one would handle the signals of the program as well, break a start off
    // with an exception and swallow Ctrl-\.
    private sealed class ClientLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
