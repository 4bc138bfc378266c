using System.Net.Http.Headers;
using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inspector;

/// <summary>Server, local app and a client with its inspector, all real; visitors come through the tunnel.</summary>
public sealed class InspectorScene : IAsyncDisposable
{
    private readonly LocalApp _app;
    private readonly RunningServer _server;

    private InspectorScene(LocalApp app, RunningServer server, RunningClient client, Uri inspector, Uri publicUrl)
    {
        _app = app;
        _server = server;
        Client = client;
        Address = inspector;
        PublicUrl = publicUrl;
        Visitor = NewHttp(publicUrl);
        Api = NewHttp(inspector);
    }

    public RunningClient Client { get; }

    /// <summary>The local service.</summary>
    public Uri App => _app.Url;

    /// <summary>Address of the inspector's page.</summary>
    public Uri Address { get; }

    public Uri PublicUrl { get; }

    /// <summary>A visitor who follows no redirects.</summary>
    public HttpClient Visitor { get; }

    /// <summary>Somebody at the inspector, with the session's secret once <see cref="StartAsync"/> is over.</summary>
    public HttpClient Api { get; }

    public static async Task<InspectorScene> StartAsync(
        RequestDelegate app, InspectOptions? inspect = null, Func<LocalTunnel, LocalTunnel>? tunnel = null, Func<TunnelClientOptions, TunnelClientOptions>? options = null)
    {
        LocalApp local = await LocalApp.StartAsync(app);
        RunningServer server = await RunningServer.StartAsync();
        TunnelClientOptions plain = RunningClient.Options(server.Url, local.Url, tunnel) with { Inspect = (inspect ?? new InspectOptions()) with { Port = 0 } };
        var client = new RunningClient(options?.Invoke(plain) ?? plain);
        Uri inspector = await client.Events.NextInspectingAsync();
        var scene = new InspectorScene(local, server, client, inspector, (await client.Events.NextReadyAsync())[0].Url);
        using JsonDocument session = await scene.GetAsync("/api/session");
        scene.Api.DefaultRequestHeaders.Add("X-Ggrok-Secret", session.RootElement.GetProperty("secret").GetString());
        return scene;
    }

    /// <summary>What the API says at a path.</summary>
    public async Task<JsonDocument> GetAsync(string path)
    {
        using HttpResponseMessage response = await Api.GetAsync(path);
        string text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue($"{path}: {(int)response.StatusCode} {text}");
        return JsonDocument.Parse(text);
    }

    /// <summary>Sends JSON to the API; the caller looks at the status.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string json = "") => Api.SendAsync(new HttpRequestMessage(method, path)
    {
        Content = json.Length == 0 ? null : new StringContent(json, new MediaTypeHeaderValue("application/json")),
    });

    /// <summary>The newest exchange that is over and fits, once there is one.</summary>
    public async Task<JsonElement> DoneAsync(Func<JsonElement, bool>? fits = null)
    {
        JsonElement? found = null;
        await Eventually.BecomesAsync(
            async () =>
            {
                using JsonDocument page = await GetAsync("/api/exchanges?limit=1000");
                found = page.RootElement.GetProperty("items").EnumerateArray()
                    .Where(e => e.GetProperty("state").GetString() == "done" && (fits is null || fits(e))).Select(e => (JsonElement?)e.Clone()).FirstOrDefault();
                return found is not null;
            },
            true);
        return found!.Value;
    }

    public async ValueTask DisposeAsync()
    {
        Visitor.Dispose();
        Api.Dispose();
        await Client.DisposeAsync();
        await _server.DisposeAsync();
        await _app.DisposeAsync();
    }

    private static HttpClient NewHttp(Uri address) => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
    {
        BaseAddress = address,
        Timeout = Within.Limit,
    };
}
