using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Inbox;

/// <summary>A server with an inbox whose client and local app come and go.</summary>
public sealed class InboxScene : IAsyncDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "ggrok-inbox-" + Guid.NewGuid().ToString("N"));
    private readonly (string Name, string Value)[] _policies;
    private readonly (string Name, string Value)[] _settings;
    private readonly string _clientId = Guid.NewGuid().ToString("N");
    private readonly int _localPort = FreePorts.One();
    private readonly int _port = FreePorts.One();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1 }) { Timeout = Within.Limit };
    private LocalApp? _app;
    private RunningClient? _client;

    private InboxScene((string Name, string Value)[] policies, (string Name, string Value)[] settings, TimeProvider? time)
    {
        _policies = policies;
        _settings = settings;
        Time = time;
    }

    /// <summary>What the local app got, in order.</summary>
    public ConcurrentQueue<Received> Received { get; } = [];

    /// <summary>How the local app answers; 200 unless changed.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = _ => Task.CompletedTask;

    public RunningServer Server { get; private set; } = null!;

    public Uri Url => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}/"));

    public string Folder => _folder;

    public string ClientId => _clientId;

    public TimeProvider? Time { get; }

    public RunningClient Client => _client!;

    /// <summary>A server, and nothing else yet.</summary>
    public static async Task<InboxScene> StartAsync((string Name, string Value)[]? policies = null, (string Name, string Value)[]? settings = null, TimeProvider? time = null)
    {
        var scene = new InboxScene(policies ?? [("inbox", "/*")], settings ?? [], time);
        await scene.StartServerAsync();
        return scene;
    }

    public async Task StartServerAsync() => Server = await RunningServer.StartAsync(
        _settings.Any(s => s.Name == "DATABASE_URL") ? _settings : [("GGROK_INBOX_DIR", _folder), .. _settings], port: _port, time: Time);

    public Task StopServerAsync() => Server.DisposeAsync().AsTask();

    public async Task StartAppAsync() => _app = await LocalApp.StartAsync(ServeAsync, port: _localPort);

    public async Task StopAppAsync()
    {
        await _app!.DisposeAsync();
        _app = null;
    }

    public async Task StartClientAsync((string Name, string Value)[]? policies = null, string? id = null, string? token = null)
    {
        var target = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_localPort}"));
        TunnelClientOptions options = RunningClient.Options(
            Url, target, t => t with { Policies = [.. (policies ?? _policies).Select(p => new PolicyDirective(p.Name, p.Value))] }, token, id ?? _clientId);
        _client = new RunningClient(options);
        await _client.Events.NextReadyAsync();
    }

    public async Task StopClientAsync()
    {
        await _client!.DisposeAsync();
        _client = null;
    }

    /// <summary>A client that was there, so that the name is its own, and is away.</summary>
    public async Task BeAwayAsync()
    {
        await StartClientAsync();
        await StopClientAsync();

        // The client ends before the server has put that down.
        await Eventually.BecomesAsync(
            () => Task.FromResult(Server.Get<TunnelRegistry>().Snapshot().Where(r => r.Owner.ClientId == _clientId).All(r => r.IsAway)), true);
    }

    public Task<HttpResponseMessage> PostAsync(string path, string body, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, Encoding.UTF8.GetBytes(body), headers);

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, byte[]? body, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, new Uri(Url, path)) { Content = body is null ? null : new ByteArrayContent(body) };
        foreach ((string name, string value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content!.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return await _http.SendAsync(request);
    }

    /// <summary>Posts what must be stored, and returns its id.</summary>
    public async Task<string> StoreAsync(string path, string body, params (string Name, string Value)[] headers)
    {
        using HttpResponseMessage answer = await PostAsync(path, body, headers);
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
        return answer.Headers.GetValues("Ggrok-Delivery-Id").Single();
    }

    /// <summary>A request of the API, as the owner's.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Body)> ApiAsync(HttpMethod method, string path, string? clientId = null, string? token = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(Url, "/$$ggrok/inbox/" + path));
        request.Headers.Add("X-Ggrok-Client", clientId ?? _clientId);
        if (token is not null)
        {
            request.Headers.Add("Authorization", "Bearer " + token);
        }

        using HttpResponseMessage answer = await _http.SendAsync(request);
        string text = await answer.Content.ReadAsStringAsync();
        return (answer.StatusCode, text.Length > 0 && text[0] == '{' ? JsonDocument.Parse(text).RootElement : default);
    }

    public async Task<JsonElement[]> ItemsAsync(string query = "")
    {
        (HttpStatusCode status, JsonElement body) = await ApiAsync(HttpMethod.Get, "items" + query);
        status.ShouldBe(HttpStatusCode.OK);
        return [.. body.GetProperty("items").EnumerateArray()];
    }

    public Task ReceivesAsync(int count) => Eventually.BecomesAsync(() => Task.FromResult(Received.Count >= count), true);

    public Task EmptiesAsync() => Eventually.BecomesAsync(async () => (await ItemsAsync()).Length, 0);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_client is not null)
        {
            await _client.DisposeAsync();
        }

        await Server.DisposeAsync();
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private async Task ServeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        await Answer(context);
        Received.Enqueue(new Received(
            context.Request.Method, context.Request.Path + context.Request.QueryString, Encoding.UTF8.GetString(body.ToArray()),
            Convert.ToHexStringLower(SHA256.HashData(body.ToArray())),
            context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            context.Response.StatusCode));
    }
}

/// <summary>A request that reached the local app.</summary>
public sealed record Received(string Method, string Target, string Body, string Hash, IReadOnlyDictionary<string, string> Headers, int Status);
