using System.Net;
using Ggrok.Client.Connection;
using Ggrok.Server.Tunnels;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Reliability;

/// <summary>Visitors who come before the client is there wait for it, where it is expected.</summary>
public class WaitingTests
{
    [Fact]
    public async Task A_server_that_was_just_started_waits_for_its_clients()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_STARTUP_WAIT", "1h")]);
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync("served"));
        using var http = new HttpClient { BaseAddress = server.Url };
        Task<string>[] early = [.. Enumerable.Range(0, 5).Select(_ => http.GetStringAsync("/"))];
        await WaitingAsync(server, 5);

        await using var client = new RunningClient(RunningClient.Options(server.Url, app.Url));

        (await Within.Bound(Task.WhenAll(early), "the answers")).ShouldAllBe(a => a == "served");
        await WaitingAsync(server, 0);
    }

    [Fact]
    public async Task After_that_time_a_name_without_a_tunnel_has_none()
    {
        var time = new ManualTimeProvider();
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_STARTUP_WAIT", "10s")], time: time);
        using var http = new HttpClient { BaseAddress = server.Url };
        Task<HttpResponseMessage> early = http.GetAsync("/");
        await WaitingAsync(server, 1);

        // The place is taken before its timer is set.
        await Eventually.BecomesAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(10));
                return Task.FromResult(early.IsCompleted);
            },
            true);

        using HttpResponseMessage answer = await early;
        await IsAsync(answer, HttpStatusCode.NotFound, "NoTunnel");
        using HttpResponseMessage later = await http.GetAsync("/");
        await IsAsync(later, HttpStatusCode.NotFound, "NoTunnel");
    }

    [Fact]
    public async Task Only_so_many_may_wait_at_once()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_STARTUP_WAIT", "1h")]);
        Arrivals arrivals = server.Get<TunnelRegistry>().Arrivals;
        List<Arrivals.Place> places = [.. Enumerable.Range(0, Arrivals.Most).Select(_ => arrivals.Take(RouteSpace.Http, "x").ShouldNotBeNull())];
        using var http = new HttpClient { BaseAddress = server.Url };

        using HttpResponseMessage refused = await http.GetAsync("/");

        await IsAsync(refused, HttpStatusCode.ServiceUnavailable, "TooManyWaiting");
        refused.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(5));
        places.ForEach(p => p.Dispose());
        arrivals.Waiting.ShouldBe(0);
    }

    [Fact]
    public async Task A_visitor_who_does_not_want_to_wait_any_longer_leaves_no_trace()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_STARTUP_WAIT", "1h")]);
        using var http = new HttpClient { BaseAddress = server.Url };
        using var leave = new CancellationTokenSource();
        Task<HttpResponseMessage> waiting = http.GetAsync("/", leave.Token);
        await WaitingAsync(server, 1);

        await leave.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(waiting);
        await WaitingAsync(server, 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_client_that_is_stopped_and_started_again_is_waited_for(int connections)
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using CountingApp app = await CountingApp.StartAsync(TimeSpan.FromMilliseconds(10));
        RunningClient client = await StartAsync(server, app.Url, connections);
        await using var visitors = new Visitors(server.Url, 6);
        await visitors.MoreAsync(50);

        for (int round = 0; round < 3; round++)
        {
            client.Stop();
            (await client.Exit).Code.ShouldBe(ExitCode.Ok);
            await client.DisposeAsync();
            await WaitingAsync(server, 6);
            client = await StartAsync(server, app.Url, connections);
            await visitors.MoreAsync(50);
        }

        await visitors.EndAsync();
        visitors.Problems.ShouldBeEmpty();
        app.Duplicates.ShouldBe(0);
        await client.DisposeAsync();
    }

    [Fact]
    public async Task A_client_that_does_not_come_back_is_not_waited_for_any_longer()
    {
        var time = new ManualTimeProvider();
        await using RunningServer server = await RunningServer.StartAsync(time: time);
        RunningClient client = await StartAsync(server, server.Url, 1);
        client.Stop();
        await client.Exit;
        await Eventually.BecomesAsync(() => Task.FromResult(server.Get<TunnelRegistry>().Snapshot().Single().IsAway), true);
        using var http = new HttpClient { BaseAddress = server.Url };
        Task<HttpResponseMessage> waiting = http.GetAsync("/");
        await WaitingAsync(server, 1);

        // The name is kept for it meanwhile.
        await using var stranger = new RunningClient(RunningClient.Options(server.Url, server.Url));
        (await stranger.Exit).Code.ShouldBe(ExitCode.NameTaken);
        time.Advance(TimeSpan.FromSeconds(30));

        using HttpResponseMessage refused = await Within.Bound(waiting, "the refusal");
        await IsAsync(refused, HttpStatusCode.ServiceUnavailable, "AwayWaitOver");
        using HttpResponseMessage later = await http.GetAsync("/");
        await IsAsync(later, HttpStatusCode.NotFound, "NoTunnel");
    }

    private static async Task<RunningClient> StartAsync(RunningServer server, Uri target, int connections)
    {
        var client = new RunningClient(RunningClient.Options(server.Url, target, t => t with { AwayWait = TimeSpan.FromSeconds(30) }, id: "me") with { Connections = connections });
        await client.Events.NextReadyAsync();
        return client;
    }

    private static Task WaitingAsync(RunningServer server, int waiting) =>
        Eventually.BecomesAsync(() => Task.FromResult(server.Get<TunnelRegistry>().Arrivals.Waiting), waiting);

    private static Task IsAsync(HttpResponseMessage answer, HttpStatusCode status, string error)
    {
        answer.StatusCode.ShouldBe(status);
        answer.Headers.GetValues("X-Ggrok-Error").ShouldBe([error]);
        return Task.CompletedTask;
    }
}
