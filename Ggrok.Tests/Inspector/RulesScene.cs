using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector;
using Ggrok.Client.Inspector.Rules;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Ggrok.Tests.Inspector;

/// <summary>Server, inspected client and local app, all real; rules are made and requests released through the API.</summary>
public sealed class RulesScene : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task<ClientExit> _running;
    private readonly LocalApp _app;
    private readonly RunningServer _server;

    private RulesScene(LocalApp app, RunningServer server, TunnelClientOptions options, TimeProvider? time)
    {
        _app = app;
        _server = server;
        _running = InspectedClient.RunAsync(options, Events, time ?? TimeProvider.System, _stop.Token);
        Visitor = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false, MaxConnectionsPerServer = 200 })
        {
            BaseAddress = server.Url,
            Timeout = Within.Limit,
        };
    }

    public RecordingEvents Events { get; } = new();

    public HttpClient Visitor { get; }

    public HttpClient Api { get; } = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Within.Limit };

    public Uri PublicUrl => _server.Url;

    /// <param name="app">The local service.</param>
    /// <param name="rules">Rules as of a file.</param>
    /// <param name="inspect">Whether there is an inspector; without one there is no API.</param>
    /// <param name="localKestrel">Further settings of the local service.</param>
    /// <param name="tunnel">Changes the tunnel.</param>
    /// <param name="time">Clock of the client.</param>
    internal static async Task<RulesScene> StartAsync(
        RequestDelegate app, IReadOnlyList<Rule>? rules = null, bool inspect = true, Action<KestrelServerOptions>? localKestrel = null,
        Func<LocalTunnel, LocalTunnel>? tunnel = null, TimeProvider? time = null)
    {
        LocalApp local = await LocalApp.StartAsync(app, localKestrel);
        RunningServer server = await RunningServer.StartAsync();
        TunnelClientOptions options = RunningClient.Options(server.Url, local.Url, tunnel) with
        {
            Inspect = inspect ? new InspectOptions { Port = 0 } : null,
            Rules = rules ?? [],
        };
        var scene = new RulesScene(local, server, options, time);
        await scene.Events.NextReadyAsync();
        if (inspect)
        {
            string address = scene.Events.Log.First(l => l.StartsWith("inspecting ", StringComparison.Ordinal))["inspecting ".Length..];
            scene.Api.BaseAddress = new Uri(address);
            JsonNode session = (await scene.GetAsync("/api/session"))!;
            scene.Api.DefaultRequestHeaders.Add("X-Ggrok-Secret", (string)session["secret"]!);
        }

        return scene;
    }

    public async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await Api.GetStringAsync(path))!;

    public async Task<(HttpStatusCode Status, JsonNode? Body)> SendAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body switch
        {
            null => null,
            string json => new StringContent(json, Encoding.UTF8, "application/json"),
            _ => JsonContent.Create(body),
        };
        using HttpResponseMessage response = await Api.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
    }

    public async Task AddRuleAsync(object rule)
    {
        (HttpStatusCode status, JsonNode? body) = await SendAsync(HttpMethod.Post, "/api/rules", rule);
        status.ShouldBe(HttpStatusCode.Created, body?.ToJsonString());
    }

    public async Task ReleaseAsync(long number, object? order = null)
    {
        (HttpStatusCode status, JsonNode? body) = await SendAsync(HttpMethod.Post, $"/api/exchanges/{number}/release", order ?? new { });
        status.ShouldBe(HttpStatusCode.NoContent, body?.ToJsonString());
    }

    /// <summary>Numbers of the exchanges that are held now.</summary>
    public async Task<long[]> HeldAsync()
    {
        JsonArray rows = (await GetAsync("/api/exchanges?limit=1000"))["items"]!.AsArray();
        return [.. rows.Where(r => (string?)r!["state"] == "held").Select(r => (long)r!["number"]!)];
    }

    /// <summary>The one exchange that is held, as soon as it is.</summary>
    public async Task<long> NextHeldAsync()
    {
        await Eventually.BecomesAsync(async () => (await HeldAsync()).Length, 1);
        return (await HeldAsync())[0];
    }

    /// <summary>Waits until an exchange is over; returns everything about it.</summary>
    public async Task<JsonNode> DoneAsync(long number)
    {
        await Eventually.BecomesAsync(async () => (string?)(await GetAsync($"/api/exchanges/{number}"))["summary"]!["state"], "done");
        return await GetAsync($"/api/exchanges/{number}");
    }

    /// <summary>What Ctrl-C does.</summary>
    public Task StopAsync() => _stop.CancelAsync();

    public Task<ClientExit> Exit => Within.Bound(_running, "the client to end", Events.Log);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Exit;
        Visitor.Dispose();
        Api.Dispose();
        await _server.DisposeAsync();
        await _app.DisposeAsync();
        _stop.Dispose();
    }
}
