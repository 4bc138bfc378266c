using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Rules;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Ggrok.Tests.Inspector;

/// <summary>An <see cref="InspectorScene"/> in which rules are made, and held requests released, through the API.</summary>
internal sealed class RulesScene : IAsyncDisposable
{
    private readonly InspectorScene _scene;

    private RulesScene(InspectorScene scene)
    {
        _scene = scene;
    }

    public RecordingEvents Events => _scene.Events;

    public HttpClient Visitor => _scene.Visitor;

    public HttpClient Api => _scene.Api;

    public Uri PublicUrl => _scene.PublicUrl;

    public Task<ClientExit> Exit => _scene.Exit;

    /// <param name="app">The local service.</param>
    /// <param name="rules">Rules as of a file.</param>
    /// <param name="inspect">Whether there is an inspector; without one there is no API.</param>
    /// <param name="localKestrel">Further settings of the local service.</param>
    /// <param name="tunnel">Changes the tunnel.</param>
    public static async Task<RulesScene> StartAsync(
        RequestDelegate app, IReadOnlyList<Rule>? rules = null, bool inspect = true, Action<KestrelServerOptions>? localKestrel = null,
        Func<LocalTunnel, LocalTunnel>? tunnel = null) => new(await InspectorScene.StartAsync(
            app, tunnel: tunnel, options: o => o with { Rules = rules ?? [], Inspect = inspect ? o.Inspect : null }, localKestrel: localKestrel));

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
        await _scene.DoneAsync(number);
        return await GetAsync($"/api/exchanges/{number}");
    }

    /// <summary>What Ctrl-C does.</summary>
    public void Stop() => _scene.Stop();

    public ValueTask DisposeAsync() => _scene.DisposeAsync();
}
