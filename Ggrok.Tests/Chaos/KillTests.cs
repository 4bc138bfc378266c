using System.Diagnostics;
using System.Globalization;
using Ggrok.Tests.Testing;
using Xunit.Abstractions;

namespace Ggrok.Tests.Chaos;

/// <summary>Either side as a process of its own, killed while visitors come: nobody hangs, and nothing is repeated.</summary>
[Collection(ChaosCollection.Name)]
public class KillTests(ITestOutputHelper output)
{
    // A raw tunnel would have another public port after a restart of the server.
    private static readonly VisitKind[] Kinds = [.. ChaosScene.AllKinds.Where(k => k != VisitKind.Raw)];

    [Fact]
    public Task A_killed_server_lets_nobody_hang_and_its_successor_serves_the_same_clients() => Chance.RunAsync(output, async chance =>
    {
        await using ChaosScene scene = await ChaosScene.ProgramsAsync(chance, tenants: 2, isRaw: false);
        scene.HasHttp2 = false;
        var server = (ServerProgram)scene.Server;
        for (int i = 0; i < ChaosScale.PlainKills; i++)
        {
            await KillUnderLoadAsync(scene, i, async () =>
            {
                await server.KillAsync();
                await server.StartAsync();
                scene.Tenants.ForEach(t => t.Link.LeadTo(server.Url));
            });
        }

        await scene.ReleasedAsync();
    });

    [Fact]
    public Task A_killed_client_lets_nobody_hang_and_its_successor_serves() => Chance.RunAsync(output, async chance =>
    {
        await using ChaosScene scene = await ChaosScene.ProgramsAsync(chance, tenants: 2, isRaw: false);
        scene.HasHttp2 = false;
        for (int i = 0; i < ChaosScale.PlainKills; i++)
        {
            var client = (ClientProgram)scene.Tenants[chance.Next(0, 2)].Client;
            await KillUnderLoadAsync(scene, i, async () =>
            {
                await client.KillAsync();
                await client.StartAsync();
            });
        }

        await scene.ReleasedAsync();
    });

    // Visitors come before, while and after; from the return of what was killed on each is answered.
    private static async Task KillUnderLoadAsync(ChaosScene scene, int round, Func<Task> kill)
    {
        int before = scene.Ledger.Total;
        Task visits = scene.VisitAllAsync(300, 16, Kinds, prefix: string.Create(CultureInfo.InvariantCulture, $"round{round}-"));
        await scene.Ledger.ReachAsync(before + scene.Chance.Next(20, 60));
        await kill();
        long back = Stopwatch.GetTimestamp();
        await visits;
        scene.Ledger.Failures.ShouldAllBe(f => !f.Contains("hangs", StringComparison.Ordinal));
        scene.NothingTwice();
        foreach (Tenant tenant in scene.Tenants)
        {
            await Eventually.BecomesAsync(() => AnswersAsync(scene, tenant), true);
        }

        TimeSpan found = Stopwatch.GetElapsedTime(back);

        int failed = scene.Ledger.Failures.Count;
        await scene.VisitAllAsync(50, 8, Kinds, prefix: string.Create(CultureInfo.InvariantCulture, $"after{round}-"));
        scene.Ledger.Failures.Count.ShouldBe(failed, string.Join('\n', scene.Ledger.Failures));
        scene.NothingTwice();
        scene.Chance.Say(string.Create(CultureInfo.InvariantCulture, $"round {round}: {scene.Ledger.Answered} answered, {failed} broken off, 0 twice; served again {found.TotalSeconds:0.0} s after the return"));
    }

    private static async Task<bool> AnswersAsync(ChaosScene scene, Tenant tenant)
    {
        using HttpResponseMessage response = await scene.Http.SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri(tenant.Url, "small"))
        {
            Headers = { { TenantApp.IdField, $"{tenant.Name}-look-{Guid.NewGuid()}" } },
        });
        return response.IsSuccessStatusCode;
    }
}
