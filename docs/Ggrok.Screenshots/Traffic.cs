using System.Globalization;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ggrok.Shared.Webhooks;

namespace Ggrok.Screenshots;

/// <summary>Visitors of the shop: people, its own page, senders of webhooks.</summary>
internal sealed class Traffic : IAsyncDisposable
{
    private const string Push = """
        {"ref":"refs/heads/main","before":"6113728f27ae82c7b1a177c8d03f9e96e0adf246","after":"59b20b8d5c6ff8d09518454d4dd8b7b30f095ab5","repository":{"id":186853002,"full_name":"anna/shop","private":true},"pusher":{"name":"anna","email":"anna@example.org"},"commits":[{"id":"59b20b8d","message":"Free shipping above 100 euros","added":["shipping.cs"],"removed":[],"modified":["basket.cs"]}]}
        """;

    private const string Paid = """{"id":"evt_1Nv0FGQ9RKHgCVdK","object":"event","type":"payment_intent.succeeded","data":{"object":{"id":"pi_3OaXyz","amount":14880,"currency":"eur","status":"succeeded"}}}""";

    private readonly Scene _scene;
    private readonly HttpClient _visitor;
    private readonly HttpClient _api;
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _minute = new();
    private Task<HttpResponseMessage>? _events;

    public Traffic(Scene scene)
    {
        _scene = scene;
        _visitor = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = scene.Server };
        _visitor.DefaultRequestHeaders.Host = scene.PublicUrl.Authority;
        _visitor.DefaultRequestHeaders.UserAgent.ParseAdd("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36");
        _api = new HttpClient { BaseAddress = scene.Inspector };
    }

    /// <summary>Over when the charts of a minute are full.</summary>
    public Task Minute => _minute.Task;

    /// <summary>A webhook that is shown.</summary>
    public long Webhook { get; private set; }

    /// <summary>An answer with much JSON that is shown.</summary>
    public long Order { get; private set; }

    /// <summary>A request that stays held.</summary>
    public async Task HoldOneAsync()
    {
        await AskAsync(HttpMethod.Post, "/api/rules", """{"name":"hold-orders","enabled":true,"method":"POST","path":"/api/orders","hold":true}""");
        _ = SendAsync(HttpMethod.Post, "/api/orders", """{"basket":"b-21","express":true}""");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _socket.Dispose();
        _visitor.Dispose();
        _api.Dispose();
        _stop.Dispose();
    }

    /// <summary>A minute of visitors, and some seconds more.</summary>
    public async Task BusyMinuteAsync()
    {
        string[] paths = ["/", "/", "/api/orders/1042", "/api/basket", "/api/basket", "/keyboards?sort=price", "/keyboards?sort=price", "/account", "/api/orders/9999", "/api/orders/1042"];
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        var running = new List<Task>();
        for (int tick = 0; tick < 350; tick++)
        {
            // Waves, and once some errors.
            int count = (int)(1.5 + (3 * (1 + Math.Sin(tick / 24.0))) + (Random.Shared.NextDouble() * 2));
            running.AddRange(Enumerable.Range(0, count).Select(_ => SendAsync(HttpMethod.Get, paths[Random.Shared.Next(paths.Length)])));
            if (tick is > 190 and < 215 && tick % 8 == 0)
            {
                running.Add(SendAsync(HttpMethod.Get, "/api/reports/daily"));
            }

            if (tick == 315)
            {
                _minute.SetResult();
            }

            await pace.WaitForNextTickAsync();
        }

        await Task.WhenAll(running);
    }

    /// <summary>What a developer may see in a minute. The list begins anew.</summary>
    public async Task OneOfEverythingAsync()
    {
        await AskAsync(HttpMethod.Delete, "/api/exchanges");
        await AskAsync(HttpMethod.Post, "/api/rules", """{"name":"no-payments","enabled":true,"method":"POST","path":"/api/payments/*","respond":{"status":402,"headers":[["Content-Type","application/json"]],"body":"{\"error\":\"card_declined\"}"}}""");
        await AskAsync(HttpMethod.Post, "/api/rules", """{"name":"slow-search","enabled":true,"path":"/api/search*","latencyMs":800,"errorRate":0.1}""");
        await _socket.ConnectAsync(new UriBuilder(_scene.Server) { Scheme = "ws", Path = "/live" }.Uri, new HttpMessageInvoker(new HostSetting(_scene.PublicUrl.Authority)), default);
        _events = _visitor.GetAsync("/events/orders", HttpCompletionOption.ResponseHeadersRead, _stop.Token);
        foreach (string path in new[] { "/", "/images/shop.png", "/api/basket", "/account", "/login?next=%2Faccount" })
        {
            await SendAsync(HttpMethod.Get, path);
        }

        await SendAsync(HttpMethod.Post, "/api/login", "user=ada&password=wrong", "application/x-www-form-urlencoded");
        await SendAsync(HttpMethod.Post, "/api/login", "user=ada&password=correct+horse", "application/x-www-form-urlencoded");
        await SendAsync(HttpMethod.Get, "/keyboards?sort=price&layout=iso&page=2");
        await SendAsync(HttpMethod.Get, "/api/orders/9999");
        await SendAsync(HttpMethod.Post, "/api/payments/visa", """{"amount":14880}""");
        await SendAsync(HttpMethod.Get, "/api/reports/daily");
        await GitHubAsync("pull_request", """{"action":"opened","number":12,"repository":{"full_name":"anna/shop"}}""");
        await SendAsync(HttpMethod.Put, "/api/basket", """{"sku":"KB-87","quantity":1}""");
        await SendAsync(HttpMethod.Get, "/api/search?q=quiet+keyboard");
        await SendAsync(HttpMethod.Post, "/api/orders", """{"basket":"b-20","express":false}""");
        await StripeAsync();
        await SendAsync(HttpMethod.Get, "/api/orders/1042?expand=customer");
        Order = await NewestAsync();
        await SendAsync(HttpMethod.Delete, "/api/basket");
        await GitHubAsync("push", Push);
        Webhook = await NewestAsync();
        await AskAsync(HttpMethod.Post, string.Create(CultureInfo.InvariantCulture, $"/api/exchanges/{Webhook}/replay"), "{}");
        foreach (string text in new[] { """{"subscribe":"stock"}""", """{"type":"seen","sku":"KB-87"}""" })
        {
            await _socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, default);
        }
    }

    private Task GitHubAsync(string name, string body) => SendAsync(HttpMethod.Post, "/webhooks/github", body.Trim(), fields:
    [
        ("User-Agent", "GitHub-Hookshot/2b6f1a8"), ("X-GitHub-Event", name), ("X-GitHub-Delivery", Guid.NewGuid().ToString()),
        ("X-Hub-Signature-256", "sha256=" + Sign(WebhookProvider.GitHub, body.Trim())),
    ]);

    private Task StripeAsync()
    {
        string time = DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return SendAsync(HttpMethod.Post, "/webhooks/stripe", Paid, fields: [("User-Agent", "Stripe/1.0"), ("Stripe-Signature", $"t={time},v1={Sign(WebhookProvider.Stripe, $"{time}.{Paid}")}")]);
    }

    private static string Sign(WebhookProvider provider, string text) => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Scene.Secrets[provider]), Encoding.UTF8.GetBytes(text)));

    private async Task SendAsync(HttpMethod method, string path, string? body = null, string type = "application/json", params (string Name, string Value)[] fields)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, type) };
        foreach ((string name, string value) in fields)
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = await _visitor.SendAsync(request, _stop.Token);
        await response.Content.ReadAsByteArrayAsync(_stop.Token);
    }

    private async Task<long> NewestAsync() => (await _api.GetFromJsonAsync<JsonElement>("/api/exchanges/last")).GetProperty("summary").GetProperty("number").GetInt64();

    private async Task AskAsync(HttpMethod method, string path, string? json = null)
    {
        string secret = (await _api.GetFromJsonAsync<JsonElement>("/api/session")).GetProperty("secret").GetString()!;
        using var request = new HttpRequestMessage(method, path) { Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json") };
        request.Headers.Add("X-Ggrok-Secret", secret);
        using HttpResponseMessage response = await _api.SendAsync(request);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>The name that the visitor typed, whatever the address is.</summary>
    private sealed class HostSetting(string host) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Host = host;
            return base.SendAsync(request, cancellationToken);
        }
    }
}
