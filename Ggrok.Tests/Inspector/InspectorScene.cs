using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Ggrok.Tests.Inspector;

/// <summary>Server, local app and a client with its inspector, all real and on free ports; the client is ready.</summary>
internal sealed class InspectorScene : IAsyncDisposable
{
    private const string InspectingLine = "inspecting ";

    private readonly CancellationTokenSource _stop = new();
    private readonly Task<ClientExit> _running;

    private InspectorScene(LocalApp app, RunningServer server, TunnelClientOptions options)
    {
        App = app;
        Server = server;
        _running = InspectedClient.RunAsync(options, Events, TimeProvider.System, _stop.Token);
    }

    public LocalApp App { get; }

    public RunningServer Server { get; }

    public RecordingEvents Events { get; } = new();

    public Uri PublicUrl { get; private set; } = null!;

    /// <summary>Visits the public address; follows no redirects and keeps no cookies.</summary>
    public HttpClient Visitor { get; private set; } = null!;

    /// <summary>Talks to the inspector, the secret included.</summary>
    public HttpClient Api { get; private set; } = null!;

    /// <summary>How the client ended.</summary>
    public Task<ClientExit> Exit => Within.Bound(_running, "the client to end", Events.Log);

    public static async Task<InspectorScene> StartAsync(
        RequestDelegate app, Func<InspectOptions, InspectOptions>? inspect = null, Func<LocalTunnel, LocalTunnel>? tunnel = null,
        Func<TunnelClientOptions, TunnelClientOptions>? options = null, Action<KestrelServerOptions>? localKestrel = null)
    {
        LocalApp local = await LocalApp.StartAsync(app, localKestrel);
        RunningServer server = await RunningServer.StartAsync();
        var wanted = new InspectOptions { Port = 0 };
        TunnelClientOptions all = RunningClient.Options(server.Url, local.Url, tunnel) with { Inspect = inspect?.Invoke(wanted) ?? wanted };
        var scene = new InspectorScene(local, server, options?.Invoke(all) ?? all);
        scene.PublicUrl = (await scene.Events.NextReadyAsync())[0].Url;
        scene.Visitor = NewClient(scene.PublicUrl);
        await scene.ConnectAsync();
        return scene;
    }

    /// <summary>What a GET answers, as JSON.</summary>
    public async Task<JsonElement> GetAsync(string path)
    {
        using HttpResponseMessage response = await Api.GetAsync(path);
        return await JsonOf(response);
    }

    /// <summary>Address of the inspector.</summary>
    public Uri Address => Api.BaseAddress!;

    /// <summary>Sends JSON to the API; the caller looks at the status.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string json = "") => Api.SendAsync(new HttpRequestMessage(method, path)
    {
        Content = json.Length == 0 ? null : new StringContent(json, new MediaTypeHeaderValue("application/json")),
    });

    /// <summary>The newest exchange that is over and fits, once there is one.</summary>
    public async Task<JsonElement> NewestDoneAsync(Func<JsonElement, bool>? fits = null)
    {
        JsonElement? found = null;
        await Eventually.BecomesAsync(
            async () =>
            {
                found = (await GetAsync("/api/exchanges?limit=1000")).GetProperty("items").EnumerateArray()
                    .Where(e => e.GetProperty("state").GetString() == "done" && (fits is null || fits(e))).Select(e => (JsonElement?)e).FirstOrDefault();
                return found is not null;
            },
            true);
        return found!.Value;
    }

    /// <summary>What a GET answers, as text.</summary>
    public async Task<string> TextAsync(string path)
    {
        using HttpResponseMessage response = await Api.GetAsync(path);
        string text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue(text);
        return text;
    }

    /// <summary>What a POST of JSON answers, as JSON.</summary>
    public async Task<JsonElement> PostAsync(string path, object body)
    {
        using HttpResponseMessage response = await Api.PostAsJsonAsync(path, body);
        return await JsonOf(response);
    }

    /// <summary>The problem with which a POST of JSON is refused; title and detail in one text.</summary>
    public async Task<(int Status, string Text)> RefusalAsync(string path, object body)
    {
        using HttpResponseMessage response = await Api.PostAsJsonAsync(path, body);
        return await ProblemOf(response);
    }

    /// <summary>The problem of a refusal; title and detail in one text.</summary>
    public static async Task<(int Status, string Text)> ProblemOf(HttpResponseMessage response)
    {
        string text = await response.Content.ReadAsStringAsync();
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json", text);
        JsonElement problem = JsonDocument.Parse(text).RootElement;
        return ((int)response.StatusCode, $"{problem.GetProperty("title").GetString()} {problem.GetProperty("detail").GetString()}");
    }

    /// <summary>Waits until an exchange is over and recorded: the visitor may have its response a moment earlier.</summary>
    public Task DoneAsync(long number) => Eventually.BecomesAsync(
        async () =>
        {
            using HttpResponseMessage response = await Api.GetAsync($"/api/exchanges/{number}");
            return response.IsSuccessStatusCode ? (await JsonOf(response)).GetProperty("summary").GetProperty("state").GetString() : null;
        },
        "done");

    /// <summary>Ends the client as Ctrl-C does.</summary>
    public void Stop() => _stop.Cancel();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Exit;
        _stop.Dispose();
        Visitor.Dispose();
        Api.Dispose();
        await Server.DisposeAsync();
        await App.DisposeAsync();
    }

    private static HttpClient NewClient(Uri address) =>
        new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false }) { BaseAddress = address, Timeout = Within.Limit };

    private static async Task<JsonElement> JsonOf(HttpResponseMessage response)
    {
        string text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue(text);
        return JsonDocument.Parse(text).RootElement;
    }

    private async Task ConnectAsync()
    {
        string line = Events.Log.FirstOrDefault(l => l.StartsWith(InspectingLine, StringComparison.Ordinal)) ?? InspectingLine + "http://127.0.0.1:1/";
        Api = NewClient(new Uri(line[InspectingLine.Length..]));
        if (!line.EndsWith(":1/", StringComparison.Ordinal))
        {
            Api.DefaultRequestHeaders.Add("X-Ggrok-Secret", (await GetAsync("/api/session")).GetProperty("secret").GetString());
        }
    }
}
