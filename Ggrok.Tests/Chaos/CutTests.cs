using System.Globalization;
using Xunit.Abstractions;

namespace Ggrok.Tests.Chaos;

/// <summary>Links that are cut again and again while visitors come: they notice a pause at most.</summary>
[Collection(ChaosCollection.Name)]
public class CutTests(ITestOutputHelper output)
{
    [Fact]
    public Task Requests_of_every_kind_pass_random_cuts_and_none_fails_or_comes_twice() => Chance.RunAsync(output, async chance =>
    {
        await using ChaosScene scene = ChaosScale.IsLong
            ? await ChaosScene.ProgramsAsync(chance, tenants: 3, isRaw: true)
            : await ChaosScene.HereAsync(chance, tenants: 3);
        (int requests, int cuts) = (ChaosScale.Requests, ChaosScale.Cuts);

        Task visits = scene.VisitAllAsync(requests, ChaosScale.Visitors);
        for (int i = 1; i <= cuts; i++)
        {
            await Task.WhenAny(visits, scene.Ledger.ReachAsync((int)((long)i * requests / (cuts + 1))));
            await StormAsync(chance, scene.Tenants[chance.Next(0, scene.Tenants.Count)], visits);
            if (i % Math.Max(1, cuts / 20) == 0)
            {
                chance.Say(string.Create(CultureInfo.InvariantCulture, $"cut {i}: {scene.Ledger.Answered} answered, {scene.Ledger.Failures.Count} failed"));
            }
        }

        await visits;
        await scene.AllAnsweredAsync();
        scene.Ledger.Answered.ShouldBe(requests);
        scene.Tenants.Sum(t => t.Link.Cuts).ShouldBeGreaterThanOrEqualTo(cuts);
        (await scene.Server.LookAsync()).SessionsOpened.ShouldBe(scene.Tenants.Count, "sessions go on; none was replaced by another");
        chance.Say(string.Create(CultureInfo.InvariantCulture, $"{requests} requests, {scene.Tenants.Sum(t => t.Link.Cuts)} cuts: 0 failed, 0 twice{scene.Memory()}"));
    });

    [Fact]
    public Task A_large_download_and_a_large_upload_pass_cuts_with_equal_checksums() => Chance.RunAsync(output, async chance =>
    {
        await using ChaosScene scene = ChaosScale.IsLong
            ? await ChaosScene.ProgramsAsync(chance, tenants: 1, isRaw: false)
            : await ChaosScene.HereAsync(chance, tenants: 1);
        Tenant tenant = scene.Tenants[0];
        long bytes = (long)ChaosScale.TransferMiB << 20;
        tenant.Link.BytesPerSecond = (long)ChaosScale.MiBPerSecond << 20;
        (long down, long up) = (0L, 0L);

        Task transfers = Task.WhenAll(
            scene.VisitAsync(tenant, "download", (v, id) => v.DownloadAsync(id, bytes, chance.Seed, n => down = n), ChaosScale.Patience),
            scene.VisitAsync(tenant, "upload", (v, id) => v.UploadAsync(id, bytes, chance.Seed + 1, chunked: false, n => up = n), ChaosScale.Patience));
        using var clock = new PeriodicTimer(ChaosScale.CutEvery);
        while (await Task.WhenAny(transfers, clock.WaitForNextTickAsync().AsTask()) != transfers)
        {
            tenant.Link.CutAll(chance.OneIn(2) ? CutKind.Reset : CutKind.Finish);
            chance.Say(string.Create(CultureInfo.InvariantCulture, $"cut {tenant.Link.Cuts}: {down >> 20} MiB down, {up >> 20} MiB up"));
        }

        await transfers;
        await scene.AllAnsweredAsync();
        tenant.Link.Cuts.ShouldBeGreaterThan(0);
        (await scene.Server.LookAsync()).SessionsOpened.ShouldBe(1);
        chance.Say(string.Create(CultureInfo.InvariantCulture, $"2 x {ChaosScale.TransferMiB} MiB, {tenant.Link.Cuts} cuts: equal checksums{scene.Memory()}"));
    });

    [Theory]
    [InlineData(Direction.Up, CutKind.Reset)]
    [InlineData(Direction.Up, CutKind.Finish)]
    [InlineData(Direction.Down, CutKind.Reset)]
    [InlineData(Direction.Down, CutKind.Finish)]
    public Task A_cut_at_any_byte_of_an_exchange_costs_a_pause_only(Direction direction, CutKind kind) => Chance.RunAsync(output, async chance =>
    {
        await using ChaosScene scene = await ChaosScene.HereAsync(chance, tenants: 1);
        Tenant tenant = scene.Tenants[0];

        // The exchange and what goes with it; where it has fewer bytes, the next one is cut.
        for (int at = chance.Next(0, ChaosScale.Step); at < 1_000; at += ChaosScale.Step)
        {
            await tenant.Link.OpenAsync();
            tenant.Link.CutAll(new Cut(direction, at, kind));
            await scene.VisitAsync(tenant, string.Create(CultureInfo.InvariantCulture, $"at-{at}"), (v, id) => v.EchoAsync(id, 300, chunked: false));
        }

        tenant.Link.Cuts.ShouldBeGreaterThan(300 / ChaosScale.Step);
        await scene.AllAnsweredAsync();
        (await scene.Server.LookAsync()).SessionsOpened.ShouldBe(1);
    });

    [Theory]
    [InlineData(Direction.Up)]
    [InlineData(Direction.Down)]
    public Task A_cut_at_any_byte_while_the_session_is_resumed_costs_a_pause_only(Direction direction) => Chance.RunAsync(output, async chance =>
    {
        await using ChaosScene scene = await ChaosScene.HereAsync(chance, tenants: 1);
        Tenant tenant = scene.Tenants[0];
        for (int at = chance.Next(1, ChaosScale.ResumeStep); at < 1_000; at += ChaosScale.ResumeStep)
        {
            (int accepted, int limit) = (tenant.Link.Accepted, at);
            tenant.Link.Foretell(number => number == accepted + 1 ? new Cut(direction, limit, chance.OneIn(2) ? CutKind.Reset : CutKind.Finish) : null);
            tenant.Link.CutAll(CutKind.Reset);
            await scene.VisitAsync(tenant, string.Create(CultureInfo.InvariantCulture, $"at-{at}"), (v, id) => v.EchoAsync(id, 2_000, chunked: true));
        }

        tenant.Link.Foretell(null);
        await scene.AllAnsweredAsync();
        (await scene.Server.LookAsync()).SessionsOpened.ShouldBe(1);
    });

    // A cut, and sometimes worse: nobody is let in for a while, or the next links are cut as well.
    private static async Task StormAsync(Chance chance, Tenant tenant, Task visits)
    {
        ChaosProxy link = tenant.Link;
        await Task.WhenAny(visits, link.OpenAsync());
        (int cuts, int accepted) = (link.Cuts, link.Accepted);
        switch (chance.Next(0, 5))
        {
            case 0:
                link.Refuse();
                break;
            case 1:
                link.Foretell(number => number > accepted && number <= accepted + 2 ? new Cut((Direction)chance.Next(0, 2), chance.Size(3_000), CutKind.Reset) : null);
                break;
            case 2:
                link.Delay = TimeSpan.FromMilliseconds(chance.Next(0, 10));
                break;
        }

        tenant.CutSomehow(chance);

        // Where nobody happens to send so many bytes, it is cut where it stands.
        await Task.WhenAny(visits, link.CutsAsync(cuts + 1), chance.WhileAsync(200, 300));
        if (link.Cuts == cuts)
        {
            link.CutAll(CutKind.Reset);
        }

        await chance.WhileAsync(1, 100);
        link.Admit();
    }
}
