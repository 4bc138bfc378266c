using System.Diagnostics;
using System.Net;
using Ggrok.Client.Connection;
using Ggrok.Server.Hosting;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Reliability;

/// <summary>A server that shuts down, and clients that it asks to connect anew.</summary>
public class DrainTests
{
    [Fact]
    public async Task A_server_that_drains_says_so_at_once_and_serves_visitors_until_what_is_in_front_has_noticed()
    {
        RunningServer server = await RunningServer.StartAsync([("GGROK_DRAIN_DELAY", "8s")]);
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync("ok"));
        await using var client = new RunningClient(RunningClient.Options(server.Url, app.Url));
        await client.Events.NextReadyAsync();
        using var http = new HttpClient { BaseAddress = server.Url };
        using HttpResponseMessage before = await http.GetAsync("/");
        before.Headers.ConnectionClose.ShouldNotBe(true);

        Task stopping = server.App.StopAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(server.Get<SessionDirectory>().IsDraining), true);

        (await http.GetAsync("/$$ggrok/health")).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await http.GetAsync("/$$ggrok/health/live")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await client.Events.NextLostAsync();
        using HttpResponseMessage during = await http.GetAsync("/");
        (await during.Content.ReadAsStringAsync()).ShouldBe("ok");
        during.Headers.ConnectionClose.ShouldBe(true);
        await Within.Bound(stopping, "the stop");
        await Should.ThrowAsync<HttpRequestException>(http.GetAsync("/"));
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_server_without_clients_ends_at_once()
    {
        RunningServer server = await RunningServer.StartAsync([("GGROK_DRAIN_DELAY", "20s")]);
        long started = Stopwatch.GetTimestamp();

        await Within.Bound(server.App.StopAsync(), "the stop");

        Stopwatch.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(15));
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Visitors_who_wait_for_a_client_are_sent_elsewhere()
    {
        RunningServer server = await RunningServer.StartAsync([("GGROK_STARTUP_WAIT", "1h")]);
        using var http = new HttpClient { BaseAddress = server.Url };
        Task<HttpResponseMessage> waiting = http.GetAsync("/");
        await Eventually.BecomesAsync(() => Task.FromResult(server.Get<TunnelRegistry>().Arrivals.Waiting), 1);

        Task stopping = server.App.StopAsync();

        using HttpResponseMessage answer = await Within.Bound(waiting, "the answer");
        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answer.Headers.GetValues("X-Ggrok-Error").ShouldBe(["Draining"]);
        await Within.Bound(stopping, "the stop");
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData(null, "", 0)]
    [InlineData(null, "10.0.0.1", 5)]
    [InlineData(null, "*", 5)]
    [InlineData(0.0, "*", 0)]
    [InlineData(7.0, "", 7)]
    [InlineData(70.0, "*", 25)]
    public void How_long_new_requests_are_taken_depends_on_what_is_in_front(double? setting, string proxies, int seconds)
    {
        var options = new ServerOptions
        {
            DrainDelay = setting is { } given ? TimeSpan.FromSeconds(given) : null,
            TrustedProxies = TrustedProxies.Parse(proxies),
        };
        DrainService.DelayFor(options).ShouldBe(TimeSpan.FromSeconds(seconds));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task What_runs_on_a_session_that_was_asked_to_leave_is_finished_after_the_next_one_is_open(int connections)
    {
        await using RunningServer server = await RunningServer.StartAsync();
        var release = new TaskCompletionSource();
        int entered = 0;
        await using LocalApp app = await LocalApp.StartAsync(async c =>
        {
            Interlocked.Increment(ref entered);
            await release.Task;
            await c.Response.WriteAsync("finished");
        });
        await using var client = new RunningClient(RunningClient.Options(server.Url, app.Url) with { Connections = connections });
        await client.Events.NextReadyAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(Sessions(server).Count), connections);
        using var http = new HttpClient { BaseAddress = server.Url };
        Task<string>[] running = [.. Enumerable.Range(0, 2 * connections).Select(_ => http.GetStringAsync("/"))];
        await Eventually.BecomesAsync(() => Task.FromResult(Volatile.Read(ref entered)), 2 * connections);
        List<TunnelSession> old = Sessions(server);

        old.ForEach(s => s.GoAway(CloseReason.Drained, "Please connect anew."));
        await Eventually.BecomesAsync(() => Task.FromResult(Sessions(server).Except(old).Count()), connections);

        Array.TrueForAll(running, r => !r.IsCompleted).ShouldBeTrue();
        release.SetResult();
        (await Task.WhenAll(running)).ShouldAllBe(a => a == "finished");
        await Eventually.BecomesAsync(() => Task.FromResult(Sessions(server).Intersect(old).Count()), 0);
        (await http.GetStringAsync("/")).ShouldBe("finished");
    }

    private static List<TunnelSession> Sessions(RunningServer server) => [.. server.Get<SessionDirectory>().Sessions];
}
