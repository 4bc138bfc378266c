using Ggrok.Client.Connection;
using Ggrok.Server.Tunnels;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Reliability;

/// <summary>One run of a client takes over from another.</summary>
public class HandoverTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    [InlineData(1, 4)]
    [InlineData(4, 1)]
    public async Task Another_run_of_a_client_takes_over_under_load_without_a_lost_request(int before, int after)
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TOKENS", "secret name=a max-tunnels=1")]);
        await using CountingApp app = await CountingApp.StartAsync(TimeSpan.FromMilliseconds(20));
        RunningClient old = await StartAsync(server, app.Url, "me", before);
        await using var visitors = new Visitors(server.Url, 8);
        await visitors.MoreAsync(100);

        for (int round = 0; round < 3; round++)
        {
            RunningClient next = await StartAsync(server, app.Url, "me", round % 2 == 0 ? after : before);
            ClientExit exit = await old.Exit;
            exit.Code.ShouldBe(ExitCode.Replaced);
            exit.Message!.ShouldContain("took over");
            await old.DisposeAsync();
            await visitors.MoreAsync(100);
            old = next;
        }

        await visitors.EndAsync();
        visitors.Problems.ShouldBeEmpty();
        app.Duplicates.ShouldBe(0);
        await old.DisposeAsync();
    }

    [Fact]
    public async Task What_runs_at_the_old_run_is_finished_there()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        var entered = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        await using LocalApp first = await LocalApp.StartAsync(async c =>
        {
            entered.TrySetResult();
            await release.Task;
            await c.Response.WriteAsync("old");
        });
        await using LocalApp second = await LocalApp.StartAsync(c => c.Response.WriteAsync("new"));
        await using RunningClient old = await StartAsync(server, first.Url, "me", 1);
        using var http = new HttpClient { BaseAddress = server.Url };
        Task<string> running = http.GetStringAsync("/");
        await Within.Bound(entered.Task, "the request");

        await using RunningClient next = await StartAsync(server, second.Url, "me", 1);

        (await http.GetStringAsync("/")).ShouldBe("new");
        running.IsCompleted.ShouldBeFalse();
        release.SetResult();
        (await running).ShouldBe("old");
        (await old.Exit).Code.ShouldBe(ExitCode.Replaced);
    }

    [Fact]
    public async Task What_does_not_end_at_the_old_run_is_ended_after_the_time_for_it()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_SHUTDOWN_GRACE", "1s")]);
        var entered = new TaskCompletionSource();
        await using LocalApp app = await LocalApp.StartAsync(async c =>
        {
            entered.TrySetResult();
            await Task.Delay(Timeout.Infinite, c.RequestAborted);
        });
        await using RunningClient old = await StartAsync(server, app.Url, "me", 1);
        using var http = new HttpClient { BaseAddress = server.Url };
        Task<HttpResponseMessage> running = http.GetAsync("/");
        await Within.Bound(entered.Task, "the request");

        await using RunningClient next = await StartAsync(server, app.Url, "me", 1);

        (await old.Exit).Code.ShouldBe(ExitCode.Replaced);
        using HttpResponseMessage ended = await running;
        ended.Headers.GetValues("X-Ggrok-Error").ShouldBe(["TunnelLost"]);
    }

    private static async Task<RunningClient> StartAsync(RunningServer server, Uri target, string id, int connections)
    {
        var client = new RunningClient(RunningClient.Options(server.Url, target, token: "secret", id: id) with { Connections = connections });
        await client.Events.NextReadyAsync();
        return client;
    }
}
