using Ggrok.Client.Connection;
using Ggrok.Server.Tunnels;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Reliability;

/// <summary>Connections of a client to a server of several processes.</summary>
public class SpreadTests
{
    [Fact]
    public async Task A_process_that_comes_back_gets_a_connection_again_and_what_runs_is_not_disturbed()
    {
        int port = FreePorts.One();
        await using RunningServer one = await RunningServer.StartAsync();
        RunningServer two = await RunningServer.StartAsync(port: port);
        await using var proxy = new TurnProxy(one.Url.Port, port);
        var release = new TaskCompletionSource();
        int entered = 0;
        await using LocalApp app = await LocalApp.StartAsync(async c =>
        {
            Interlocked.Increment(ref entered);
            await release.Task;
            await c.Response.WriteAsync("ok");
        });
        await using var client = new RunningClient(RunningClient.Options(proxy.Url, app.Url) with { Connections = 2 });
        await client.Events.NextReadyAsync();
        await Eventually.BecomesAsync(() => Task.FromResult((SessionsAt(one), SessionsAt(two))), (1, 1));

        await two.DisposeAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(SessionsAt(one)), 2);
        using var http = new HttpClient { BaseAddress = one.Url, Timeout = Within.Limit };
        http.DefaultRequestHeaders.Host = proxy.Url.Authority;
        Task<string>[] running = [.. Enumerable.Range(0, 6).Select(_ => http.GetStringAsync("/"))];
        await Eventually.BecomesAsync(() => Task.FromResult(Volatile.Read(ref entered)), 6);
        two = await RunningServer.StartAsync(port: port);
        await Eventually.BecomesAsync(() => Task.FromResult(SessionsAt(two)), 1);

        release.SetResult();
        (await Task.WhenAll(running)).ShouldAllBe(a => a == "ok");
        await Eventually.BecomesAsync(() => Task.FromResult((SessionsAt(one), SessionsAt(two))), (1, 1));
        (await http.GetStringAsync("/")).ShouldBe("ok");
        client.Events.Log.Count(l => l.StartsWith("ready", StringComparison.Ordinal)).ShouldBe(1);
        await two.DisposeAsync();
    }

    [Theory]
    [InlineData("a a a a", 3)]
    [InlineData("a b a b", 2)]
    [InlineData("a b b b", 3)]
    [InlineData("a b", null)]
    [InlineData("a", null)]
    [InlineData("a - b c", null)]
    [InlineData("- -", null)]
    public void The_connection_that_should_move_is_at_the_process_that_has_most(string nodes, int? candidate)
    {
        int? chosen = NodeSpread.Candidate(Nodes(nodes));
        (chosen is null).ShouldBe(candidate is null);
        if (candidate is not null)
        {
            Nodes(nodes)[chosen!.Value].ShouldBe(Nodes(nodes)[candidate.Value]);
        }
    }

    [Theory]
    [InlineData("a a", "b", true)]
    [InlineData("a a", "a", false)]
    [InlineData("a a", null, false)]
    [InlineData("a a b", "b", false)]
    [InlineData("a a a b", "b", true)]
    [InlineData("a a b b", "b", false)]
    [InlineData("a a b b", "c", true)]
    [InlineData("a b", "c", false)]
    public void A_move_is_worth_it_where_there_are_two_fewer(string nodes, string? to, bool isBetter) =>
        NodeSpread.IsBetter(Nodes(nodes), 0, to).ShouldBe(isBetter);

    [Fact]
    public void A_server_of_one_process_is_asked_ever_more_seldom_and_a_missing_one_each_second()
    {
        var time = new ManualTimeProvider();
        var pauses = new SpreadPause(time, new Random(1));
        var seen = new List<double>();
        for (int look = 0; look < 5; look++)
        {
            seen.Add(pauses.Next(1).TotalSeconds);
            pauses.Looked(moved: false);
        }

        double[] usual = [15, 30, 60, 60, 60];
        seen.Zip(usual).ShouldAllBe(p => p.First >= 0.8 * p.Second && p.First <= 1.2 * p.Second);

        pauses.Next(2);
        pauses.Next(1).TotalSeconds.ShouldBeInRange(0.8, 1.2);
        time.Advance(TimeSpan.FromMinutes(3));
        pauses.Next(1).TotalSeconds.ShouldBeGreaterThan(10);
        pauses.Looked(moved: true);
        pauses.Next(1).TotalSeconds.ShouldBeInRange(0.8, 1.2);
        pauses.Looked(moved: false);
        pauses.Next(1).TotalSeconds.ShouldBeInRange(12, 18);
    }

    private static string?[] Nodes(string text) => [.. text.Split(' ').Select(n => n == "-" ? null : n)];

    private static int SessionsAt(RunningServer server) => server.Get<SessionDirectory>().Sessions.Count(s => !s.IsLeaving);
}
