using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Chaos;

/// <summary>A local service that webhooks are delivered to: it keeps all that came, in order, and now and then it fails.</summary>
internal sealed class HookReceiver : IAsyncDisposable
{
    private readonly Chance _chance;
    private readonly ConcurrentDictionary<string, byte> _failed = new();
    private readonly ConcurrentQueue<Delivery> _deliveries = new();
    private LocalApp _app = null!;

    private HookReceiver(Chance chance)
    {
        _chance = chance;
    }

    public Uri Url => _app.Url;

    /// <summary>All that was answered with 200, in order.</summary>
    public IReadOnlyCollection<Delivery> Deliveries => _deliveries;

    /// <summary>Ids of the webhooks that came.</summary>
    public ConcurrentDictionary<string, byte> Ids { get; } = new();

    public static async Task<HookReceiver> StartAsync(Chance chance)
    {
        var receiver = new HookReceiver(chance);
        receiver._app = await LocalApp.StartAsync(receiver.ServeAsync);
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ServeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        string id = context.Request.Headers[Webhook.IdField].ToString();

        // Each webhook once at most, so that none becomes a dead letter.
        if (_chance.OneIn(50) && _failed.TryAdd(id, 0))
        {
            context.Response.StatusCode = 500;
            return;
        }

        var delivery = new Delivery(
            id,
            context.Request.Method + " " + context.Request.Path + context.Request.QueryString,
            Convert.ToHexStringLower(SHA256.HashData(body.GetBuffer().AsSpan(0, (int)body.Length))),
            context.Request.Headers["X-Repeated"].ToString(),
            context.Request.Headers["Ggrok-Delivery-Id"].ToString());
        lock (_deliveries)
        {
            _deliveries.Enqueue(delivery);
        }

        Ids.TryAdd(id, 0);
    }
}

/// <summary>A webhook as it came to the local service.</summary>
/// <param name="Id">The id that its sender gave it.</param>
/// <param name="Target">Method and target.</param>
/// <param name="Checksum">SHA-256 of its body.</param>
/// <param name="Repeated">A field with two values.</param>
/// <param name="DeliveryId">The inbox's id; empty for one that passed live.</param>
internal sealed record Delivery(string Id, string Target, string Checksum, string Repeated, string DeliveryId);

/// <summary>A webhook and how a provider sends it.</summary>
internal sealed class Webhook(int sender, int number, int bytes, bool isKnown)
{
    public const string IdField = "X-Hook";

    private readonly byte[] _body = Pattern.Bytes(number, bytes);
    private readonly string _providerId = Guid.NewGuid().ToString();

    public int Sender => sender;

    public int Number => number;

    public string Id { get; } = string.Create(CultureInfo.InvariantCulture, $"{sender}-{number}");

    /// <summary>Its provider gives deliveries an id.</summary>
    public bool IsKnown => isKnown;

    public string Target => string.Create(CultureInfo.InvariantCulture, $"/hooks/{sender}?n={number}&raw=%2F+");

    public string Checksum => Convert.ToHexStringLower(SHA256.HashData(_body));

    /// <summary>How often it was sent before it was taken.</summary>
    public int Attempts { get; private set; }

    /// <summary>Status and named error of the last answer; null when that was a good one.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Sends it once; whether it was taken.</summary>
    public async Task<bool> TrySendAsync(HttpClient http, Uri server)
    {
        Attempts++;
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, Target)) { Content = new ByteArrayContent(_body) };
        request.Headers.Add(IdField, Id);
        request.Headers.Add("X-Repeated", ["one", "two"]);
        request.Content.Headers.Add("Content-Type", "application/json");
        if (isKnown)
        {
            request.Headers.Add("X-Shopify-Topic", "orders/create");
            request.Headers.Add("X-Shopify-Webhook-Id", _providerId);
        }

        try
        {
            using HttpResponseMessage response = await http.SendAsync(request).WaitAsync(Testing.Within.Limit);
            Refusal = response.IsSuccessStatusCode ? null : $"{(int)response.StatusCode} {string.Join(',', response.Headers.Where(h => h.Key == "X-Ggrok-Error").SelectMany(h => h.Value))}";
            return Refusal is null;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
