using System.Globalization;
using Xunit.Abstractions;

namespace Ggrok.Tests.Chaos;

/// <summary>The inbox of a server that is killed again and again: what was answered with 2xx is delivered, as it was sent.</summary>
[Collection(ChaosCollection.Name)]
public sealed class InboxKillTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-chaos-inbox").FullName;

    [Fact]
    public Task No_webhook_is_missing_that_was_answered_with_2xx_however_often_the_server_is_killed() => Chance.RunAsync(output, async chance =>
    {
        await using HookScene scene = await HookScene.StartAsync(chance, servers: 1, ("GGROK_INBOX_DIR", _folder));
        await scene.JoinAsync();
        await scene.PassKillsAsync(ChaosScale.Webhooks, ChaosScale.Kills);
    });

    [Fact]
    public Task A_full_disk_is_told_to_the_sender_and_what_was_taken_before_is_delivered() => Chance.RunAsync(output, async chance =>
    {
        await using HookScene scene = await HookScene.StartAsync(
            chance, await ServerProgram.OnSmallDiskAsync(_folder, ("GGROK_INBOX_DIR", _folder), ("GGROK_LOG_REQUESTS", "false")));

        // From then on the name is its own, and it is away.
        await scene.JoinAsync();
        await scene.LeaveAsync();

        // The last one is refused; smaller ones may still find room.
        var refused = new List<Webhook>();
        for (int number = 0; refused.Count < 5; number++)
        {
            var hook = new Webhook(0, number, chance.Size(200_000), isKnown: chance.OneIn(2));
            if (!await scene.TrySendAsync(hook))
            {
                refused.Add(hook);
            }
        }

        refused.ShouldAllBe(h => h.Refusal == "507 InboxFull");
        chance.Say(string.Create(CultureInfo.InvariantCulture, $"full after {scene.Taken.Count} webhooks"));
        await scene.JoinAsync();
        await scene.AllComeAsync(scene.Taken.Count);
        await scene.LeaveAsync();
        HookCheck.AllRight(scene.Taken, scene.Receiver.Deliveries, breaks: 0);
        HookCheck.InOrder(scene.Taken, scene.Receiver.Deliveries);
        refused.ShouldAllBe(h => !scene.Receiver.Ids.ContainsKey(h.Id));

        // There is room again.
        await scene.SendAsync(refused[0]);
        await scene.JoinAsync();
        await scene.AllComeAsync(scene.Taken.Count);
    });

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
