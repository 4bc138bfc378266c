using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Edge.Webhook;

/// <summary>What a local app has received.</summary>
internal sealed record Received(string Method, string Target, byte[] Body, string? ContentLength, string? TransferEncoding, string? Trailer);

/// <summary>An app behind a tunnel that lets only signed requests pass; it keeps what it receives.</summary>
internal sealed class WebhookScene : IAsyncDisposable
{
    public const string Secret = "It's a Secret = to Everybody";

    public required EdgeScene Edge { get; init; }

    public ConcurrentQueue<Received> Received { get; } = new();

    public static async Task<WebhookScene> StartAsync(params (string Name, string Value)[] policies)
    {
        WebhookScene? scene = null;
        EdgeScene edge = await EdgeScene.StartAsync(policies, app: async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            string? trailer = context.Request.SupportsTrailers() && context.Request.CheckTrailersAvailable() ? context.Request.GetTrailer("Checksum").ToString() : null;
            scene!.Received.Enqueue(new Received(context.Request.Method, context.Request.Path + context.Request.QueryString, body.ToArray(),
                context.Request.Headers.ContentLength?.ToString(System.Globalization.CultureInfo.InvariantCulture), context.Request.Headers.TransferEncoding, trailer));
            await context.Response.WriteAsync("taken");
        });
        return scene = new WebhookScene { Edge = edge };
    }

    public static string Sign(string body, string secret = Secret) => Sign(Encoding.UTF8.GetBytes(body), secret);

    public static string Sign(byte[] body, string secret = Secret) =>
        "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body));

    /// <summary>A request as GitHub signs it.</summary>
    public static HttpRequestMessage Signed(string path, HttpContent? body, string signature, HttpMethod? method = null)
    {
        var request = new HttpRequestMessage(method ?? HttpMethod.Post, path) { Content = body };
        request.Headers.Add("X-Hub-Signature-256", signature);
        return request;
    }

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => Edge.Visitor.SendAsync(request);

    public Task<HttpResponseMessage> PostAsync(string path, string body, string signature) =>
        SendAsync(Signed(path, new StringContent(body), signature));

    public async Task<RawSocket> ConnectAsync() => await RawSocket.ConnectAsync(Edge.Environment.PublicUrl);

    public string Host => Edge.Environment.PublicUrl.Authority;

    public ValueTask DisposeAsync() => Edge.DisposeAsync();

    /// <summary>Checks that a request was refused with a reason.</summary>
    public static async Task RefusedAsync(HttpResponseMessage response, string reason, RelayError error = RelayError.SignatureInvalid)
    {
        response.Headers.GetValues("X-Ggrok-Error").ShouldBe([error.ToString()], reason);
        (await response.Content.ReadAsStringAsync()).ShouldContain(reason);
        if (error == RelayError.SignatureInvalid)
        {
            response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            response.Headers.WwwAuthenticate.ShouldNotBeEmpty();
        }
    }
}
