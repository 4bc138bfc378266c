using Ggrok.Client.Connection;
using Ggrok.Server.Tunnels;
using Ggrok.Tests.Inbox;
using Ggrok.Tests.Testing;
using Xunit.Abstractions;

namespace Ggrok.Tests.Chaos;

/// <summary>The wall clock is put forward and back while visitors come: sessions and graces are measured, not read off it.</summary>
[Collection(ChaosCollection.Name)]
public class ClockTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public Task Visitors_notice_no_jump_of_the_wall_clock(int days) => Chance.RunAsync(output, async chance =>
    {
        var clock = new JumpingClock();
        await using ChaosScene scene = await ChaosScene.HereAsync(chance, tenants: 2, clock);

        Task visits = scene.VisitAllAsync(200, 8);
        for (int i = 1; i <= 4; i++)
        {
            await scene.Ledger.ReachAsync(i * 40);
            clock.Jump(TimeSpan.FromDays(days));
        }

        await visits;
        await scene.AllAnsweredAsync();
        (await scene.Server.LookAsync()).SessionsOpened.ShouldBe(2);
    });

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public Task The_name_of_a_lost_client_is_kept_for_its_time_whatever_the_wall_clock_says(int days) => Chance.RunAsync(output, async chance =>
    {
        var clock = new JumpingClock();
        await using ChaosScene scene = await ChaosScene.HereAsync(chance, tenants: 2, clock);
        var server = ((ServerHere)scene.Server).Running;
        (Tenant lost, Tenant other) = (scene.Tenants[0], scene.Tenants[1]);
        lost.Link.Refuse();
        server.Get<SessionDirectory>().Sessions.Single(s => s.Hello.Label == "anna@laptop" && s.Routes[0].Key.Path == "/" + lost.Name)
            .Connection.RequestClose(Ggrok.Shared.Protocol.CloseReason.TransportLost);
        await Eventually.BecomesAsync(() => Task.FromResult(server.Get<TunnelRegistry>().Snapshot().Any(r => r.IsAway)), true);

        clock.Jump(TimeSpan.FromDays(days));

        await using var thief = new RunningClient(RunningClient.Options(server.Url, other.App.Web, t => t with { Path = "/" + lost.Name }, token: other.Name));
        (await thief.Exit).Code.ShouldBe(ExitCode.NameTaken);
        lost.Link.Admit();
        await Eventually.BecomesAsync(() => Task.FromResult(server.Get<TunnelRegistry>().Snapshot().Any(r => r.IsAway)), false);
        await scene.VisitAsync(lost, "back", (v, id) => v.SmallAsync(id));
        scene.Ledger.Failures.ShouldBeEmpty();
    });

    [Fact]
    public async Task A_webhook_that_is_to_be_tried_again_does_not_wait_until_a_clock_that_was_put_back_has_caught_up()
    {
        var clock = new JumpingClock();
        await using InboxScene scene = await InboxScene.StartAsync([("inbox", "/*"), ("inbox-retry", "1s,1s,1s")], time: clock);
        await scene.StartAppAsync();
        scene.Answer = context => Task.FromResult(context.Response.StatusCode = 500);
        await scene.BeAwayAsync();
        await scene.StoreAsync("/hook", "tried again");
        await scene.StartClientAsync();
        await scene.ReceivesAsync(1);

        scene.Answer = _ => Task.CompletedTask;
        clock.Jump(TimeSpan.FromDays(-1));

        await scene.ReceivesAsync(2);
        await scene.EmptiesAsync();
    }

    [Fact]
    public async Task A_webhook_whose_service_was_not_there_does_not_wait_for_such_a_clock_either()
    {
        var clock = new JumpingClock();
        await using InboxScene scene = await InboxScene.StartAsync(time: clock);
        await scene.BeAwayAsync();
        await scene.StoreAsync("/hook", "nobody there");
        await scene.StartClientAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(scene.Server.Logs.Lines.Any(l => l.Message.Contains("waits: LocalUnreachable", StringComparison.Ordinal))), true);

        clock.Jump(TimeSpan.FromDays(-1));
        await scene.StartAppAsync();

        await scene.ReceivesAsync(1);
        await scene.EmptiesAsync();
    }
}
