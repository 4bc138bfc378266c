using Ggrok.Client.Connection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Ggrok.Tests.Testing;

/// <summary>Server, client and local app, all real and on free ports; the client is ready.</summary>
public sealed class GgrokEnvironment : IAsyncDisposable
{
    private GgrokEnvironment(LocalApp app, RunningServer server, RunningClient client, Uri url)
    {
        App = app;
        Server = server;
        Client = client;
        PublicUrl = url;
        Visitor = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
        {
            BaseAddress = url,
            Timeout = Within.Limit,
        };
    }

    public LocalApp App { get; }

    public RunningServer Server { get; }

    public RunningClient Client { get; }

    public Uri PublicUrl { get; }

    /// <summary>An HTTP client that follows no redirects and keeps no cookies.</summary>
    public HttpClient Visitor { get; }

    public static async Task<GgrokEnvironment> StartAsync(
        RequestDelegate app,
        IEnumerable<(string Name, string Value)>? settings = null,
        Func<LocalTunnel, LocalTunnel>? tunnel = null,
        Action<KestrelServerOptions>? kestrel = null,
        Action<KestrelServerOptions>? localKestrel = null)
    {
        LocalApp local = await LocalApp.StartAsync(app, localKestrel);
        RunningServer server = await RunningServer.StartAsync(settings, kestrel);
        var client = new RunningClient(RunningClient.Options(server.Url, local.Url, tunnel));
        Uri url = (await client.Events.NextReadyAsync())[0].Url;
        return new GgrokEnvironment(local, server, client, url);
    }

    public async ValueTask DisposeAsync()
    {
        Visitor.Dispose();
        await Client.DisposeAsync();
        await Server.DisposeAsync();
        await App.DisposeAsync();
    }
}
