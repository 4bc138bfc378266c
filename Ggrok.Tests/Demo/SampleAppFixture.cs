using Ggrok.Demo.SampleApp;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Demo;

/// <summary>The demo's sample app behind a real server and client.</summary>
public sealed class SampleAppFixture : IAsyncLifetime
{
    private SampleApp _app = null!;
    private RunningServer _server = null!;
    private RunningClient _client = null!;

    /// <summary>The app itself.</summary>
    public Uri Local => _app.Url;

    /// <summary>The app through the tunnel.</summary>
    public Uri Public { get; private set; } = null!;

    /// <summary>Follows no redirects, keeps no cookies, unpacks nothing.</summary>
    public HttpClient Visitor { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false }) { Timeout = Within.Limit };

    public async Task InitializeAsync()
    {
        _app = await SampleApp.StartAsync();
        _server = await RunningServer.StartAsync();
        _client = new RunningClient(RunningClient.Options(_server.Url, _app.Url));
        Public = (await _client.Events.NextReadyAsync())[0].Url;
    }

    public async Task DisposeAsync()
    {
        Visitor.Dispose();
        await _client.DisposeAsync();
        await _server.DisposeAsync();
        await _app.DisposeAsync();
    }

    /// <summary>The same address, with and without the tunnel.</summary>
    public Uri At(bool tunnel, string path) => new(tunnel ? Public : Local, path);
}
