using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Tests.Metrics;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Dashboard;

/// <summary>A server with an admin token and a token store, a client below its domain, and somebody who uses the API.</summary>
internal sealed class DashboardScene : IAsyncDisposable
{
    public const string Domain = "tunnels.example";
    public const string TunnelHost = "shop.tunnels.example";

    public required LocalApp App { get; init; }

    public required RunningServer Server { get; init; }

    public required RunningClient Client { get; init; }

    /// <summary>Keeps no cookies and follows nothing.</summary>
    public HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false }) { Timeout = Within.Limit };

    /// <summary>Where the token store is.</summary>
    public required string Folder { get; init; }

    public static async Task<DashboardScene> StartAsync(
        RequestDelegate? app = null, IEnumerable<(string Name, string Value)>? settings = null, Func<LocalTunnel, LocalTunnel>? tunnel = null)
    {
        string folder = Directory.CreateTempSubdirectory("ggrok-dashboard").FullName;
        LocalApp local = await LocalApp.StartAsync(app ?? (context => context.Response.WriteAsync("hello")));
        RunningServer server = await RunningServer.StartAsync(
            [Scraper.Tokens, ("GGROK_TOKENS_STORE", Path.Combine(folder, "tokens.json")), ("GGROK_DOMAIN", Domain), .. settings ?? []]);
        var client = new RunningClient(RunningClient.Options(server.Url, local.Url, tunnel ?? (t => t with { Subdomain = "shop" }), token: "client-secret"));
        await client.Events.NextReadyAsync();
        return new DashboardScene { App = local, Server = server, Client = client, Folder = folder };
    }

    /// <summary>A request below <c>/$$ggrok</c>.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, object? body = null, string? token = null, string? host = null, params (string Name, string Value)[] fields)
    {
        using var request = new HttpRequestMessage(method, new Uri(Server.Url, "/$$ggrok" + path));
        request.Headers.Host = host;
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        }

        foreach ((string name, string value) in fields)
        {
            request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
        }

        if (body is not null)
        {
            request.Content = JsonContent.Create(body);
        }

        return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>The same with an admin token.</summary>
    public Task<HttpResponseMessage> AdminAsync(HttpMethod method, string path, object? body = null) => SendAsync(method, path, body, Scraper.AdminToken);

    /// <summary>What an administrator is told.</summary>
    public async Task<JsonElement> GetAsync(string path)
    {
        using HttpResponseMessage answer = await AdminAsync(HttpMethod.Get, path);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, path);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>Signs in; returns the cookie as it is sent back, and what the page has to bring beside it.</summary>
    public async Task<(string Cookie, string Csrf)> SignInAsync(string? host = null)
    {
        using HttpResponseMessage answer = await SendAsync(HttpMethod.Post, "/api/session", new { token = Scraper.AdminToken }, host: host);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        string cookie = answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        return (cookie, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("csrf").GetString()!);
    }

    /// <summary>A visitor's request to the tunnel.</summary>
    public async Task<HttpStatusCode> VisitAsync(string path, string? cookie = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Server.Url, path));
        request.Headers.Host = TunnelHost;
        if (cookie is not null)
        {
            request.Headers.TryAddWithoutValidation("Cookie", cookie);
        }

        using HttpResponseMessage answer = await Http.SendAsync(request);
        return answer.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Client.DisposeAsync();
        await Server.DisposeAsync();
        await App.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
