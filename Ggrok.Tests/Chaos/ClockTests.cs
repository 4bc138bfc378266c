using Ggrok.Client.Connection;
using Ggrok.Server.Tunnels;
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
}
