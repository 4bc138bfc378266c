using System.Globalization;
using Ggrok.Tests.Inbox;
using Ggrok.Tests.Testing;
using Xunit.Abstractions;

namespace Ggrok.Tests.Chaos;

/// <summary>The inbox in a database, of servers that are killed again and again, and while the database itself ends as in a crash.</summary>
[Collection(ChaosCollection.Name)]
public sealed class PostgresKillTests(PostgresFixture fixture, ITestOutputHelper output) : IClassFixture<PostgresFixture>
{
    [Fact]
    public Task No_webhook_is_missing_however_often_the_server_is_killed() => Chance.RunAsync(output, async chance =>
    {
        await using HookScene scene = await StartAsync(chance, servers: 1);
        await scene.PassKillsAsync(ChaosScale.Webhooks, ChaosScale.Kills);
    });

    [Fact]
    public Task No_webhook_is_missing_of_two_servers_of_which_one_is_killed_again_and_again() => Chance.RunAsync(output, async chance =>
    {
        (int count, int kills) = (ChaosScale.Webhooks, ChaosScale.Kills);
        await using HookScene scene = await StartAsync(chance, servers: 2);
        Task sending = scene.SendAllAsync(count, kills);
        (ServerProgram here, ServerProgram there) = (scene.Servers[0], scene.Servers[1]);
        for (int i = 1; i <= kills; i++)
        {
            await scene.RoundAsync(sending, i);
            if (chance.OneIn(3))
            {
                await KillAsync(there);
            }
            else
            {
                // The client goes to the other one, at once or later.
                (here, there) = (there, here);
                await there.KillAsync();
                scene.Link.LeadTo(here.Url);
                if (chance.OneIn(3))
                {
                    scene.Link.Refuse();
                }

                await there.StartAsync();
            }

            if (chance.OneIn(2))
            {
                scene.Link.Admit();
                await scene.DeliversAsync();
            }

            chance.Say(string.Create(CultureInfo.InvariantCulture, $"kill {i}: {scene.Taken.Count} taken, {scene.Receiver.Ids.Count} delivered"));
        }

        await sending;
        scene.Link.Admit();
        await scene.AllComeAsync(count);
        HookCheck.AllRight(scene.Taken, scene.Receiver.Deliveries, breaks: kills);
        int overtook = HookCheck.OutOfInboxInOrder(scene.Taken, scene.Receiver.Deliveries);
        scene.Sum(string.Create(CultureInfo.InvariantCulture, $"two servers, {kills} kills, {overtook} overtook live"));
    });

    [Fact]
    public Task No_webhook_is_missing_however_often_the_database_crashes() => Chance.RunAsync(output, async chance =>
    {
        (int count, int crashes) = (ChaosScale.Webhooks, ChaosScale.Kills);
        await using HookScene scene = await StartAsync(chance, servers: 1);
        Task sending = scene.SendAllAsync(count, crashes);
        for (int i = 1; i <= crashes; i++)
        {
            await scene.RoundAsync(sending, i);
            await CrashAsync(chance, scene, sending, isAway: i == 1 || chance.OneIn(2));
            chance.Say(string.Create(CultureInfo.InvariantCulture, $"crash {i}: {scene.Taken.Count} taken, {scene.Receiver.Ids.Count} delivered"));
        }

        await sending;
        await scene.AllComeAsync(count);
        scene.Unavailable.ShouldBeGreaterThan(0);

        // While it cannot take note, the server remembers.
        HookCheck.AllRight(scene.Taken, scene.Receiver.Deliveries, breaks: 0);
        HookCheck.InOrder(scene.Taken, scene.Receiver.Deliveries);
        scene.Sum(string.Create(CultureInfo.InvariantCulture, $"{crashes} crashes of the database, {scene.Unavailable} times unavailable"));
    });

    private async Task<HookScene> StartAsync(Chance chance, int servers)
    {
        HookScene scene = await HookScene.StartAsync(chance, servers, ("DATABASE_URL", await fixture.Cluster.NewDatabaseAsync()));
        await scene.JoinAsync();
        return scene;
    }

    private static async Task KillAsync(ServerProgram server)
    {
        await server.KillAsync();
        await server.StartAsync();
    }

    // With the client there, when what nothing waits for passes live, or away, when all would have to be stored; it comes back before or after
    // the database.
    private async Task CrashAsync(Chance chance, HookScene scene, Task sending, bool isAway)
    {
        if (isAway)
        {
            await scene.LeaveAsync();
            await scene.TakesAsync(sending, scene.Taken.Count + 10);
        }
        else
        {
            await scene.DeliversAsync();
        }

        bool comesFirst = chance.OneIn(2);
        int before = scene.Unavailable;
        await fixture.Cluster.CrashServerAsync();
        if (isAway)
        {
            await Task.WhenAny(sending, Eventually.BecomesAsync(() => Task.FromResult(scene.Unavailable > before), true));
        }

        await Task.WhenAny(sending, chance.WhileAsync(100, 1_000));
        if (isAway && comesFirst)
        {
            await scene.JoinAsync();
        }

        await fixture.Cluster.StartServerAsync();
        if (isAway && !comesFirst)
        {
            await scene.JoinAsync();
        }
    }
}
