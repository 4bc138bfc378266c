using System.Net;
using Ggrok.Shared.Edge;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Edge.Rate;

/// <summary>How often, and how much at once.</summary>
public class RatePolicyTests
{
    [Fact]
    public async Task Each_visitor_has_its_own_limit_and_is_told_how_it_stands()
    {
        await using EdgeScene scene = await EdgeScene.OfClientAsync(("rate-limit", "2/h"));

        HttpResponseMessage first = await scene.FromAsync("203.0.113.1");
        HttpResponseMessage second = await scene.FromAsync("203.0.113.1");
        HttpResponseMessage third = await scene.FromAsync("203.0.113.1");

        (first.StatusCode, second.StatusCode, third.StatusCode).ShouldBe((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests));
        Field(first, "RateLimit-Policy").ShouldBe("\"2/3600s per visitor\";q=2;w=3600");
        Field(first, "RateLimit").ShouldBe("\"2/3600s per visitor\";r=1;t=1800");
        Field(second, "RateLimit").ShouldStartWith("\"2/3600s per visitor\";r=0;t=3");
        Field(third, "X-Ggrok-Error").ShouldBe(nameof(RelayError.RateLimited));
        Field(third, "RateLimit-Policy").ShouldBe("\"2/3600s per visitor\";q=2;w=3600");
        third.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(1700, 1800);
        (await scene.FromAsync("203.0.113.2")).StatusCode.ShouldBe(HttpStatusCode.OK);
        scene.Reached.ShouldBe(3);
    }

    [Fact]
    public async Task A_network_of_ipv6_is_one_visitor()
    {
        await using EdgeScene scene = await EdgeScene.OfClientAsync(("rate-limit", "1/h"));

        (await scene.FromAsync("2001:db8:1:2::1")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await scene.FromAsync("2001:db8:1:2:ffff::9")).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await scene.FromAsync("2001:db8:1:3::1")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await scene.FromAsync("203.0.113.2")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await scene.FromAsync("::ffff:203.0.113.2")).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task A_limit_of_the_tunnel_is_shared_and_what_it_refuses_counts_for_no_other()
    {
        await using EdgeScene scene = await EdgeScene.OfClientAsync(("rate-limit", "3/h"), ("rate-limit", "2/h burst 2 per tunnel"));

        (await scene.FromAsync("203.0.113.1")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await scene.FromAsync("203.0.113.2")).StatusCode.ShouldBe(HttpStatusCode.OK);
        for (int i = 0; i < 5; i++)
        {
            HttpResponseMessage refused = await scene.FromAsync("203.0.113.3");
            refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            Field(refused, "RateLimit").ShouldStartWith("\"2/3600s per tunnel\";r=0;");
        }
    }

    [Fact]
    public async Task What_the_local_service_says_of_its_own_limits_stays()
    {
        await using EdgeScene scene = await EdgeScene.StartAsync([("rate-limit", "5/m")], app: context =>
        {
            context.Response.Headers["RateLimit"] = "\"app\";r=7";
            return Task.CompletedTask;
        });

        (await scene.FromAsync("203.0.113.1")).Headers.GetValues("RateLimit").ShouldBe(["\"app\";r=7", "\"5/60s per visitor\";r=4;t=12"]);
    }

    [Fact]
    public async Task Connections_of_a_raw_port_are_limited()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TCP_PORTS", "0"), ("GGROK_PORTS_ADDRESS", "127.0.0.1")]);
        await using LocalApp app = await LocalApp.StartAsync(context => context.Response.WriteAsync("reached"));
        await using var client = new RunningClient(RunningClient.Options(server.Url, new Uri($"tcp://127.0.0.1:{app.Url.Port}"), t => t with
        {
            Kind = TunnelKind.Tcp,
            Policies = [new("rate-limit", "1/h per tunnel")],
        }));
        Uri url = (await client.Events.NextReadyAsync())[0].Url;

        using RawSocket first = await RawSocket.ConnectAsync(url);
        await first.SendAsync("GET / HTTP/1.0\r\n\r\n");
        (await first.ReadToEndAsync()).ShouldEndWith("reached");
        try
        {
            using RawSocket second = await RawSocket.ConnectAsync(url);
            await second.WaitForCloseAsync();
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Reset before it was looked at.
        }

        await Eventually.BecomesAsync(() => Task.FromResult(server.Logs.Lines.Any(l => l.Message.Contains("error=RateLimited", StringComparison.Ordinal))), true);
    }

    [Fact]
    public async Task So_many_requests_run_at_once_and_the_next_is_let_in_when_one_is_over()
    {
        var release = new TaskCompletionSource();
        await using EdgeScene scene = await EdgeScene.StartAsync([("concurrency", "2"), ("concurrency", "3 per tunnel")], app: _ => release.Task);
        Task<HttpResponseMessage> one = scene.FromAsync("203.0.113.1");
        Task<HttpResponseMessage> two = scene.FromAsync("203.0.113.1");
        await Eventually.BecomesAsync(() => Task.FromResult(scene.Reached), 2);

        HttpResponseMessage third = await scene.FromAsync("203.0.113.1");
        third.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (Field(third, "X-Ggrok-Error"), Field(third, "Retry-After")).ShouldBe((nameof(RelayError.ConcurrencyLimited), "1"));
        Task<HttpResponseMessage> other = scene.FromAsync("203.0.113.2");
        await Eventually.BecomesAsync(() => Task.FromResult(scene.Reached), 3);
        (await (await scene.FromAsync("203.0.113.3")).Content.ReadAsStringAsync()).ShouldContain("lets 3 requests run at once");
        release.SetResult();
        (await Task.WhenAll(one, two, other)).ShouldAllBe(r => r.StatusCode == HttpStatusCode.OK);
        await Eventually.BecomesAsync(async () => (await scene.FromAsync("203.0.113.1")).StatusCode, HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_websocket_counts_for_as_long_as_it_is_open()
    {
        await using EdgeScene scene = await EdgeScene.StartAsync([("concurrency", "1 per tunnel")], app: async context =>
        {
            if (context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade)
            {
                context.Response.Headers.Upgrade = "echo";
                await using Stream stream = await upgrade.UpgradeAsync();
                await stream.CopyToAsync(stream);
            }
        });
        using (RawSocket open = await RawSocket.ConnectAsync(scene.Environment.PublicUrl))
        {
            await open.SendAsync($"GET / HTTP/1.1\r\nHost: {scene.Environment.PublicUrl.Authority}\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
            (await open.ReadUntilAsync("\r\n\r\n")).ShouldStartWith("HTTP/1.1 101");
            (await scene.FromAsync("203.0.113.1")).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            await open.SendAsync("ping");
            await open.ReadUntilAsync("ping");
        }

        await Eventually.BecomesAsync(async () => (await scene.FromAsync("203.0.113.1")).StatusCode, HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("rate-limit", "10")]
    [InlineData("rate-limit", "10/")]
    [InlineData("rate-limit", "/s")]
    [InlineData("rate-limit", "0/s")]
    [InlineData("rate-limit", "-1/s")]
    [InlineData("rate-limit", "NaN/s")]
    [InlineData("rate-limit", "1e3/s")]
    [InlineData("rate-limit", "1.5/s")]
    [InlineData("rate-limit", "99999999999999999999/s")]
    [InlineData("rate-limit", "100001/s")]
    [InlineData("rate-limit", "10/NaN")]
    [InlineData("rate-limit", "10/0s")]
    [InlineData("rate-limit", "10/500ms")]
    [InlineData("rate-limit", "10/1.5s")]
    [InlineData("rate-limit", "10/2d")]
    [InlineData("rate-limit", "10/year")]
    [InlineData("rate-limit", "10/s burst")]
    [InlineData("rate-limit", "10/s burst 0")]
    [InlineData("rate-limit", "10/s burst 9999999999")]
    [InlineData("rate-limit", "10/s per")]
    [InlineData("rate-limit", "10/s per planet")]
    [InlineData("rate-limit", "10/s per visitor per tunnel")]
    [InlineData("rate-limit", "10/s/m")]
    [InlineData("rate-limit", "")]
    [InlineData("concurrency", "0")]
    [InlineData("concurrency", "-1")]
    [InlineData("concurrency", "NaN")]
    [InlineData("concurrency", "2147483648")]
    [InlineData("concurrency", "1 per")]
    [InlineData("concurrency", "1 2")]
    public void What_is_no_limit_is_refused_with_advice(string key, string value) =>
        Should.Throw<FormatException>(() => PolicyKeys.Find(key)!.Check([value])).Message.ShouldContain("; write ");

    private static string Field(HttpResponseMessage response, string name) => response.Headers.GetValues(name).ShouldHaveSingleItem();
}
