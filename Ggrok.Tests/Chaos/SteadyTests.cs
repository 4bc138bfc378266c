using Ggrok.Tests.Testing;
using Xunit.Abstractions;

namespace Ggrok.Tests.Chaos;

/// <summary>Links that are slow, late and stand still, but hold: nothing may show.</summary>
[Collection(ChaosCollection.Name)]
public class SteadyTests(ITestOutputHelper output)
{
    [Fact]
    public Task Every_visitor_of_every_tenant_gets_the_right_answer_over_links_that_stand_still_again_and_again() => Chance.RunAsync(output, async chance =>
    {
        await using ChaosScene scene = await ChaosScene.HereAsync(chance, tenants: 3);
        scene.Tenants[1].Link.Delay = TimeSpan.FromMilliseconds(5);
        scene.Tenants[2].Link.BytesPerSecond = 20_000_000;

        Task visits = scene.VisitAllAsync(400, 16);
        for (int i = 1; i <= 10; i++)
        {
            await scene.Ledger.ReachAsync(i * 30);
            Tenant tenant = scene.Tenants[chance.Next(0, 3)];
            tenant.Link.Freeze(chance.OneIn(2) ? null : (Direction)chance.Next(0, 2));
            await chance.WhileAsync(20, 150);
            tenant.Link.Thaw();
        }

        await visits;
        await scene.AllAnsweredAsync();
        scene.Ledger.Answered.ShouldBe(400);
        (await scene.Server.LookAsync()).SessionsOpened.ShouldBe(3);
    });

    [Fact]
    public Task Checks_of_the_scene_see_a_wrong_answer() => Chance.RunAsync(output, async chance =>
    {
        await using ChaosScene scene = await ChaosScene.HereAsync(chance, tenants: 1);
        Tenant one = scene.Tenants[0];

        // As if the server had mixed two tenants up: what is meant for one comes to the other.
        await using TenantApp mixed = await TenantApp.StartAsync("mixed");
        await using var client = new RunningClient(RunningClient.Options(scene.Server.Url, one.App.Web, t => t with { Path = "/mixed" }, token: one.Name));
        await client.Events.NextReadyAsync();
        await scene.Ledger.KeepAsync("mixed-1", () => new Visitor(new Tenant(mixed, one.Link, scene.Server), scene.Http).SmallAsync("mixed-1"), Within.Limit);
        scene.Ledger.Failures.ShouldHaveSingleItem().ShouldContain("200  of tenant0 for mixed-1");
        one.App.Strays.ShouldHaveSingleItem();

        await scene.VisitAsync(one, "twice", (visitor, id) => visitor.SmallAsync(id));
        await scene.VisitAsync(one, "twice", (visitor, id) => visitor.SmallAsync(id));
        one.App.Repeated().ShouldHaveSingleItem();
    });
}

/// <summary>Scenes run one after the other: each has enough to do with its own weather.</summary>
[CollectionDefinition(Name)]
public class ChaosCollection
{
    public const string Name = "Chaos";
}
