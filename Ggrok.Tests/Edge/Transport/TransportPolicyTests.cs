using System.Net;
using Ggrok.Server.Visitors;
using Ggrok.Shared.Edge.Transport;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Edge.Transport;

public class TransportPolicyTests
{
    [Theory]
    [InlineData("GET", "/a//b?q=%2F", "https://127.0.0.1/a//b?q=%2F")]
    [InlineData("HEAD", "/", "https://127.0.0.1/")]
    [InlineData("GET", "//evil.example/", "https://127.0.0.1//evil.example/")]
    public async Task Who_comes_with_http_is_sent_to_https_of_the_same_host(string method, string target, string location)
    {
        await using EdgeScene scene = await EdgeScene.OfClientAsync(("https-only", "true"), ("hsts", "1h"));

        string answer = await AskAsync(scene, $"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: close\r\n\r\n");

        answer.ShouldStartWith("HTTP/1.1 308 ");
        answer.ShouldContain($"\r\nLocation: {location}\r\n");
        answer.ShouldNotContain("Strict-Transport-Security");
        scene.Reached.ShouldBe(0);
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret")]
    [InlineData("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")]
    public async Task What_cannot_be_sent_on_is_refused(string request)
    {
        await using EdgeScene scene = await EdgeScene.OfClientAsync(("https-only", "true"));
        using RawSocket visitor = await RawSocket.ConnectAsync(scene.Environment.Server.Url);

        await visitor.SendAsync(request);
        string answer = await visitor.ReadUntilAsync("\r\n\r\n");

        answer.ShouldStartWith("HTTP/1.1 403 ");
        answer.ShouldContain("X-Ggrok-Error: HttpsRequired");
        scene.Reached.ShouldBe(0);
    }

    [Fact]
    public async Task Behind_a_trusted_proxy_with_https_everybody_passes_and_browsers_are_told_to_stay()
    {
        await using EdgeScene scene = await EdgeScene.StartAsync(
            [("https-only", "true"), ("hsts", "365d includesubdomains"), ("deny-ip", "203.0.113.66")],
            app: context =>
            {
                context.Response.Headers.StrictTransportSecurity = "max-age=1";
                return context.Response.WriteAsync("hello");
            });

        foreach ((string address, HttpStatusCode status) in new[] { ("203.0.113.9", HttpStatusCode.OK), ("203.0.113.66", HttpStatusCode.Forbidden) })
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent("x") };
            request.Headers.Add("X-Forwarded-For", address);
            request.Headers.Add("X-Forwarded-Proto", "https");
            HttpResponseMessage response = await scene.Visitor.SendAsync(request);

            response.StatusCode.ShouldBe(status);
            response.Headers.GetValues("Strict-Transport-Security").ShouldBe(["max-age=31536000; includeSubDomains"]);
        }
    }

    [Fact]
    public async Task A_claim_of_https_does_not_count_where_no_proxy_is_trusted()
    {
        await using EdgeScene scene = await EdgeScene.StartAsync([("https-only", "true")], [("GGROK_TRUSTED_PROXIES", "192.0.2.1")]);
        var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("X-Forwarded-Proto", "https");

        HttpResponseMessage response = await scene.Visitor.SendAsync(request);

        ((int)response.StatusCode).ShouldBe(308);
        response.Headers.Contains(VisitorHeaders.RequestId).ShouldBeTrue();
    }

    [Theory]
    [InlineData("0", "max-age=0")]
    [InlineData("30d; preload, includeSubDomains", "max-age=2592000; preload; includeSubDomains")]
    [InlineData("2000d", null)]
    [InlineData("1h\r\nX: y", null)]
    [InlineData("1h forever", null)]
    [InlineData("includeSubDomains", null)]
    public void The_time_and_what_follows_is_read(string text, string? field)
    {
        if (field is null)
        {
            Should.Throw<FormatException>(() => TransportOptions.Parse(false, text)).Message.ShouldContain("365d includeSubDomains");
            return;
        }

        TransportOptions.Parse(false, text).Hsts.ShouldBe(field);
    }

    private static async Task<string> AskAsync(EdgeScene scene, string request)
    {
        using RawSocket visitor = await RawSocket.ConnectAsync(scene.Environment.Server.Url);
        await visitor.SendAsync(request);
        return await visitor.ReadToEndAsync();
    }
}
