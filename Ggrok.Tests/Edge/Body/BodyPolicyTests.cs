using System.Net;
using Ggrok.Shared.Edge;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Edge.Webhook;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Edge.Body;

/// <summary>Size and time of request bodies.</summary>
public class BodyPolicyTests
{
    [Fact]
    public async Task A_length_beyond_the_limit_is_refused_before_anything_is_sent()
    {
        await using EdgeScene scene = await SwallowAsync(("max-body", "1kB"));
        using RawSocket visitor = await RawSocket.ConnectAsync(scene.Environment.PublicUrl);

        await visitor.SendAsync($"POST / HTTP/1.1\r\nHost: {scene.Environment.PublicUrl.Authority}\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n");

        string head = await visitor.ReadUntilAsync("\r\n\r\n");
        head.ShouldStartWith("HTTP/1.1 413 ");
        head.ShouldContain("X-Ggrok-Error: RequestBodyTooLarge");
        scene.Reached.ShouldBe(0);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Bodies_up_to_the_limit_pass_and_larger_ones_of_unknown_length_are_cut_off(string version)
    {
        await using EdgeScene scene = await SwallowAsync(("max-body", "100kB"));

        (await PostAsync(scene, version, new ByteArrayContent(new byte[100_000]))).ShouldBe("100000");
        (await PostAsync(scene, version, new StreamContent(new Unsized(100_000)))).ShouldBe("100000");
        (await PostAsync(scene, version, new StreamContent(new Unsized(100_001)))).ShouldBe(nameof(RelayError.RequestBodyTooLarge));
        (await PostAsync(scene, version, new StreamContent(new Unsized(50_000_000)))).ShouldBe(nameof(RelayError.RequestBodyTooLarge));
        (await scene.Visitor.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_smaller_of_the_servers_and_the_clients_limit_counts()
    {
        foreach ((string servers, string clients) in new[] { ("10kB", "1MB"), ("1MB", "10kB") })
        {
            await using EdgeScene scene = await EdgeScene.StartAsync([("max-body", clients)], [("GGROK_POLICIES", $"all: {{max-body: {servers}}}")], SwallowAsync);

            (await PostAsync(scene, "1.1", new StreamContent(new Unsized(10_000)))).ShouldBe("10000");
            (await PostAsync(scene, "1.1", new StreamContent(new Unsized(10_001)))).ShouldBe(nameof(RelayError.RequestBodyTooLarge));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_that_does_not_come_in_time_is_refused(bool verified)
    {
        await using EdgeScene scene = await SwallowAsync([("body-timeout", "150ms"), .. verified ? [("verify", "github=s")] : Array.Empty<(string, string)>()]);
        using RawSocket visitor = await RawSocket.ConnectAsync(scene.Environment.PublicUrl);

        await visitor.SendAsync($"POST / HTTP/1.1\r\nHost: {scene.Environment.PublicUrl.Authority}\r\nX-Hub-Signature-256: {WebhookScene.Sign("hello", "s")}\r\nContent-Length: 5\r\n\r\nhell");

        string head = await visitor.ReadUntilAsync("\r\n\r\n");
        head.ShouldStartWith("HTTP/1.1 408 ");
        head.ShouldContain("X-Ggrok-Error: RequestBodyTimeout");
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_body_in_time_passes(string version)
    {
        await using EdgeScene scene = await SwallowAsync(("body-timeout", "1h"));

        (await PostAsync(scene, version, new ByteArrayContent(new byte[1_000_000]))).ShouldBe("1000000");
        (await PostAsync(scene, version, new StreamContent(new Unsized(1_000_000)))).ShouldBe("1000000");
        (await scene.Visitor.GetStringAsync("/")).ShouldBe("0");
    }

    [Theory]
    [InlineData("max-body", "-1")]
    [InlineData("max-body", "NaN")]
    [InlineData("max-body", "much")]
    [InlineData("max-body", "99999999999TiB")]
    [InlineData("body-timeout", "0")]
    [InlineData("body-timeout", "NaN")]
    [InlineData("body-timeout", "2d")]
    [InlineData("body-timeout", "1e400s")]
    [InlineData("response-timeout", "0")]
    [InlineData("response-timeout", "-1s")]
    [InlineData("response-timeout", "5s later")]
    [InlineData("circuit-breaker", "")]
    [InlineData("circuit-breaker", "50")]
    [InlineData("circuit-breaker", "0%")]
    [InlineData("circuit-breaker", "101%")]
    [InlineData("circuit-breaker", "NaN%")]
    [InlineData("circuit-breaker", "50% of 1")]
    [InlineData("circuit-breaker", "50% of 10 in 0s")]
    [InlineData("circuit-breaker", "50% in 30s of 10")]
    [InlineData("circuit-breaker", "50% open 10ms")]
    [InlineData("circuit-breaker", "50% with 4xx")]
    [InlineData("bandwidth", "")]
    [InlineData("bandwidth", "1MB")]
    [InlineData("bandwidth", "1Mb/s")]
    [InlineData("bandwidth", "0/s")]
    [InlineData("bandwidth", "999B/s")]
    [InlineData("bandwidth", "NaN/s")]
    [InlineData("bandwidth", "99999TB/s")]
    [InlineData("bandwidth", "-1MB/s")]
    [InlineData("bandwidth", "up")]
    [InlineData("bandwidth", "up 1MB/s up 2MB/s")]
    [InlineData("bandwidth", "1MB/s up 2MB/s")]
    [InlineData("bandwidth", "sideways 1MB/s")]
    public void What_is_no_value_is_refused_with_advice(string key, string value) =>
        Should.Throw<FormatException>(() => PolicyKeys.Find(key)!.Check([value])).Message.ShouldContain("; write ");

    private static Task<EdgeScene> SwallowAsync(params (string, string)[] policies) => EdgeScene.StartAsync(policies, app: SwallowAsync);

    private static async Task SwallowAsync(HttpContext context)
    {
        long count = 0;
        byte[] buffer = new byte[64 * 1024];
        for (int read; (read = await context.Request.Body.ReadAsync(buffer)) > 0; count += read)
        {
        }

        await context.Response.WriteAsync(count.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    // What the app has counted, or the error.
    private static async Task<string> PostAsync(EdgeScene scene, string version, HttpContent body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = body, Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using HttpResponseMessage response = await scene.Visitor.SendAsync(request);
        return response.Headers.TryGetValues("X-Ggrok-Error", out IEnumerable<string>? error) ? error.Single() : await response.Content.ReadAsStringAsync();
    }

    // Of unknown length, so that it is sent in chunks.
    private sealed class Unsized(int length) : MemoryStream(new byte[length])
    {
        public override bool CanSeek => false;
    }
}
