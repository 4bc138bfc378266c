using System.Globalization;
using System.Net.WebSockets;
using Ggrok.Client.Connection;
using Ggrok.Client.Local;
using Ggrok.Client.Rendezvous;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Xunit.Abstractions;

namespace Ggrok.Tests.Chaos;

/// <summary>Clients with several connections, of which each has a weather of its own: what is wrong with one costs those on the others nothing.</summary>
[Collection(ChaosCollection.Name)]
public class SeveralConnectionsTests(ITestOutputHelper output)
{
    [Fact]
    public Task Requests_of_every_kind_pass_while_connections_of_their_clients_break_each_on_its_own() => Chance.RunAsync(output, async chance =>
    {
        int[] connections = [3, 4, 4];
        await using ChaosScene scene = ChaosScale.IsLong
            ? await ChaosScene.ProgramsAsync(chance, connections, isRaw: true)
            : await ChaosScene.HereAsync(chance, connections);
        (int requests, int storms) = (ChaosScale.Requests, ChaosScale.Cuts);

        // A storm may last into the next one.
        Task visits = scene.VisitAllAsync(requests, ChaosScale.Visitors);
        var weather = new List<Task>();
        for (int i = 1; i <= storms; i++)
        {
            await Task.WhenAny(visits, scene.Ledger.ReachAsync((int)((long)i * requests / (storms + 1))));
            weather.Add(StormAsync(chance, scene.Tenants[chance.Next(0, scene.Tenants.Count)]));
            if (i % Math.Max(1, storms / 20) == 0)
            {
                chance.Say(string.Create(CultureInfo.InvariantCulture, $"storm {i}: {scene.Ledger.Answered} answered, {scene.Ledger.Failures.Count} failed"));
            }
        }

        await Task.WhenAll(weather);
        await visits;
        await scene.AllAnsweredAsync();
        int cuts = scene.Tenants.Sum(t => t.Link.Cuts);
        scene.Ledger.Answered.ShouldBe(requests);
        cuts.ShouldBeGreaterThan(0);
        (await scene.Server.LookAsync()).SessionsOpened.ShouldBe(scene.Connections, "sessions go on; none was replaced by another");
        chance.Say(string.Create(CultureInfo.InvariantCulture, $"{requests} requests, {storms} storms, {cuts} cuts: 0 failed, 0 twice{scene.Memory()}"));
    });

    [Theory]
    [InlineData(Direction.Up)]
    [InlineData(Direction.Down)]
    public Task While_one_connection_stands_still_new_requests_are_answered_over_the_others(Direction direction) => Chance.RunAsync(output, async chance =>
    {
        await using ChaosScene scene = await ChaosScene.HereAsync(chance, connections: [4]);
        Tenant tenant = scene.Tenants[0];
        SessionDirectory directory = ((ServerHere)scene.Server).Running.Get<SessionDirectory>();
        ChaosLink still = tenant.Link.Links()[chance.Next(0, 4)];
        still.Stall(direction);

        // Some of these meet it before anybody can know, and wait.
        Task early = scene.VisitAllAsync(12, 12, [VisitKind.Small, VisitKind.Echo], "early-");
        await Eventually.BecomesAsync(() => Task.FromResult(directory.Sessions.Count(s => s.Connection.SilentFor > 0)), 1);
        await Within.Bound(scene.VisitAllAsync(300, 30, prefix: "late-"), "answers over the other connections");
        early.IsCompleted.ShouldBeFalse();

        still.Unstall();
        await early;
        await scene.AllAnsweredAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(directory.Sessions.Count(s => s.Connection.SilentFor > 0)), 0);
        (await scene.Server.LookAsync()).SessionsOpened.ShouldBe(4);
    });

    [Fact]
    public async Task While_one_connection_of_a_client_stands_still_it_reaches_private_names_over_the_others()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using ChaosProxy link = ChaosProxy.Start(server.Url);
        TunnelClientOptions options = RunningClient.Options(link.Url, server.Url) with { Connections = 2 };
        var source = new SessionSource(TimeProvider.System);
        var time = new ManualTimeProvider();
        (ClientSession one, Task<CloseReason> oneRuns) = await OpenAsync(options, source, 0, time);
        ChaosLink still = link.Links().ShouldHaveSingleItem();
        (ClientSession other, Task<CloseReason> otherRuns) = await OpenAsync(options, source, 1, time);

        still.Stall(Direction.Up);
        source.TryOpen().ShouldNotBeNull();
        source.TryOpen().ShouldNotBeNull();
        Tick(2);
        await Eventually.BecomesAsync(() => Task.FromResult(other.Connection.SilentFor), 0);
        one.Connection.SilentFor.ShouldBe(1);
        Enumerable.Range(0, 10).ShouldAllBe(_ => source.TryOpen() != null);
        (one.Connection.OpenStreams, other.Connection.OpenStreams).ShouldBe((1, 11));

        // Where none is left that answers, the one that did last.
        link.Links().Single(l => l != still).Stall(Direction.Up);
        Tick(2);
        (one.Connection.SilentFor, other.Connection.SilentFor).ShouldBe((3, 1));
        source.TryOpen().ShouldNotBeNull();
        (one.Connection.OpenStreams, other.Connection.OpenStreams).ShouldBe((1, 12));

        link.UnstallAll();
        await Eventually.BecomesAsync(() => Task.FromResult(one.Connection.SilentFor + other.Connection.SilentFor), 0);
        Enumerable.Range(0, 11).ShouldAllBe(_ => source.TryOpen() != null);
        (one.Connection.OpenStreams, other.Connection.OpenStreams).ShouldBe((12, 12));
        one.Connection.RequestClose(CloseReason.Normal);
        other.Connection.RequestClose(CloseReason.Normal);
        await Within.Bound(Task.WhenAll(oneRuns, otherRuns), "the connections to end");

        // The first one asks, where there is something to ask for; the next ones find no answer.
        void Tick(int times)
        {
            for (int i = 0; i < times; i++)
            {
                time.Advance(TimeSpan.FromSeconds(1));
            }
        }
    }

    private static async Task<(ClientSession Session, Task<CloseReason> Run)> OpenAsync(
        TunnelClientOptions options, SessionSource source, int index, TimeProvider time)
    {
        var dialer = new Dialer(options, "instance");
        (ClientWebSocket socket, Welcome welcome) = await dialer.DialAsync(false, new ConnectionSlot(index, options.Connections), default);
        var events = new RecordingEvents();
        var relay = new LocalRelay(options.Tunnels, events, time);
        var session = new ClientSession(socket, welcome, relay, dialer, options.ResumeBuffer, events, time);
        source.Set(session);
        return (session, session.RunAsync());
    }

    // One link, or two at once: cut, or standing still in one direction or both, until that is over or it is cut.
    private static async Task StormAsync(Chance chance, Tenant tenant)
    {
        await tenant.Link.OpenAsync();
        ChaosLink[] links = [.. tenant.Link.Links().OrderBy(_ => chance.Next(0, 1_000)).Take(chance.OneIn(3) ? 2 : 1)];
        bool standsStill = chance.OneIn(2);
        if (standsStill)
        {
            foreach (ChaosLink link in links)
            {
                link.Stall(chance.OneIn(3) ? null : (Direction)chance.Next(0, 2));
            }

            // Now and then until missed heartbeats tell.
            await (ChaosScale.IsLong && chance.OneIn(8) ? chance.WhileAsync(65_000, 90_000) : chance.WhileAsync(50, 1_500));
        }

        if (!standsStill || chance.OneIn(2))
        {
            await CutAsync(chance, links);
        }

        Array.ForEach(links, l => l.Unstall());
    }

    // At once or after some bytes; where nobody happens to send so many, where it stands.
    private static async Task CutAsync(Chance chance, ChaosLink[] links)
    {
        foreach (ChaosLink link in links)
        {
            CutKind kind = chance.OneIn(2) ? CutKind.Reset : CutKind.Finish;
            link.CutAfter(new Cut((Direction)chance.Next(0, 2), chance.OneIn(4) ? 0 : chance.Size(20_000), kind));
        }

        await chance.WhileAsync(100, 300);
        Array.ForEach(links, l => l.Cut(CutKind.Reset));
    }
}
