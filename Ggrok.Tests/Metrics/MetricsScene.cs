using System.Globalization;
using Ggrok.Client.Connection;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Metrics;

/// <summary>A server with an admin token, a client and a local service that answers as it is asked to.</summary>
internal sealed class MetricsScene : IAsyncDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false }) { Timeout = Within.Limit };

    public required LocalApp App { get; init; }

    public required RunningServer Server { get; init; }

    public required RunningClient Client { get; init; }

    /// <summary>Name of the tunnel.</summary>
    public required string Host { get; init; }

    public static async Task<MetricsScene> StartAsync(
        RequestDelegate? app = null, IEnumerable<(string Name, string Value)>? settings = null, Func<LocalTunnel, LocalTunnel>? tunnel = null)
    {
        LocalApp local = await LocalApp.StartAsync(app ?? AnswerAsync);
        RunningServer server = await RunningServer.StartAsync([Scraper.Tokens, .. settings ?? []]);
        var client = new RunningClient(RunningClient.Options(server.Url, local.Url, tunnel, token: "client-secret"));
        Uri url = (await client.Events.NextReadyAsync())[0].Url;
        return new MetricsScene { App = local, Server = server, Client = client, Host = url.Host };
    }

    public Task<HttpResponseMessage> GetAsync(string path, string? host = null) => SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri(Server.Url, path)), host);

    public Task<HttpResponseMessage> PostAsync(string path, string body) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, new Uri(Server.Url, path)) { Content = new StringContent(body) }, null);

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, string? host)
    {
        request.Headers.Host = host ?? Host;
        return await _http.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Client.DisposeAsync();
        await Server.DisposeAsync();
        await App.DisposeAsync();
    }

    private static Task AnswerAsync(HttpContext context)
    {
        string[] parts = context.Request.Path.Value!.Split('/');
        if (parts is ["", "status", var status])
        {
            context.Response.StatusCode = int.Parse(status, CultureInfo.InvariantCulture);
            return Task.CompletedTask;
        }

        return parts is ["", "bytes", var count]
            ? context.Response.WriteAsync(new string('x', int.Parse(count, CultureInfo.InvariantCulture)))
            : context.Response.WriteAsync("hello");
    }
}
