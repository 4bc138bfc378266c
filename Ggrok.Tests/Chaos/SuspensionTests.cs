using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Ggrok.Client.Connection;
using Ggrok.Server.Tunnels;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;
using Xunit.Abstractions;

namespace Ggrok.Tests.Chaos;

/// <summary>What happens while a session has no connection, and when it gets none in time.</summary>
[Collection(ChaosCollection.Name)]
public class SuspensionTests(ITestOutputHelper output)
{
    [Fact]
    public Task Links_that_never_carry_more_than_a_few_messages_still_carry_everything() => Chance.RunAsync(output, async chance =>
    {
        await using ChaosScene scene = await ChaosScene.HereAsync(chance, tenants: 1);
        Tenant tenant = scene.Tenants[0];
        CutKind Any() => chance.OneIn(2) ? CutKind.Reset : CutKind.Finish;

        tenant.Link.Foretell(_ => new Cut(Direction.Down, chance.Next(100_000, 300_000), Any()));
        tenant.Link.CutAll(CutKind.Reset);
        await scene.VisitAsync(tenant, "upload", (v, id) => v.UploadAsync(id, 3_000_000, chance.Seed, chunked: true));

        tenant.Link.Foretell(_ => new Cut(Direction.Up, chance.Next(100_000, 300_000), Any()));
        tenant.Link.CutAll(CutKind.Reset);
        await scene.VisitAsync(tenant, "download", (v, id) => v.DownloadAsync(id, 3_000_000, chance.Seed));

        tenant.Link.Foretell(null);
        await scene.AllAnsweredAsync();
        tenant.Link.Cuts.ShouldBeGreaterThan(20);
        (await scene.Server.LookAsync()).SessionsOpened.ShouldBe(1);
    });

    [Fact]
    public Task When_the_grace_is_over_every_visitor_gets_a_named_failure_or_the_end_and_none_is_asked_twice() => Chance.RunAsync(output, async chance =>
    {
        await using ChaosScene scene = await ChaosScene.HereAsync(chance, tenants: 2, settings: [("GGROK_RESUME_GRACE", "1s")]);
        (Tenant lost, Tenant other) = (scene.Tenants[0], scene.Tenants[1]);

        Task visits = scene.VisitAllAsync(300, 16);
        await scene.Ledger.ReachAsync(100);
        lost.Link.Refuse();
        lost.Link.CutAll(CutKind.Reset);
        await visits;

        scene.NothingTwice();
        scene.Ledger.Failures.ShouldNotBeEmpty();
        scene.Ledger.Failures.ShouldAllBe(f => f.StartsWith(lost.Name + "-", StringComparison.Ordinal) && !f.Contains("hangs", StringComparison.Ordinal));
        scene.Ledger.Failures.Where(f => f.Contains(nameof(UnexpectedAnswerException), StringComparison.Ordinal))
            .ShouldAllBe(f => f.Contains("502 TunnelLost", StringComparison.Ordinal) || f.Contains("503 TunnelAway", StringComparison.Ordinal));
        await scene.VisitAsync(other, "neighbour", (v, id) => v.SmallAsync(id));
        scene.Ledger.IsAnswered($"{other.Name}-neighbour").ShouldBeTrue();

        lost.Link.Admit();
        await ((ClientHere)lost.Client).Running.Events.NextReadyAsync();
        await scene.VisitAsync(lost, "back", (v, id) => v.EchoAsync(id, 10_000, chunked: true));
        scene.Ledger.IsAnswered($"{lost.Name}-back").ShouldBeTrue();
        await scene.ReleasedAsync();
    });

    [Fact]
    public Task What_is_kept_for_sending_again_stays_within_its_bound_however_long_nothing_is_acknowledged() => Chance.RunAsync(output, async chance =>
    {
        const int Bound = 512 * 1024;
        await using ChaosScene scene = await ChaosScene.HereAsync(
            chance, tenants: 1, settings: [("GGROK_RESUME_BUFFER", Bound.ToString(CultureInfo.InvariantCulture))]);
        Tenant tenant = scene.Tenants[0];
        TunnelSession session = ((ServerHere)scene.Server).Running.Get<SessionDirectory>().Sessions.Single();
        tenant.Link.Freeze(Direction.Up);

        // Eight windows are more than is kept.
        Task[] uploads = [.. Enumerable.Range(0, 8).Select(i =>
            scene.VisitAsync(tenant, string.Create(CultureInfo.InvariantCulture, $"upload-{i}"), (v, id) => v.UploadAsync(id, 1_000_000, i, chunked: false)))];
        await Eventually.BecomesAsync(() => Task.FromResult(session.Connection.Resumable!.Unacknowledged > Bound - (64 * 1024)), true);
        session.Connection.Resumable!.Unacknowledged.ShouldBeLessThanOrEqualTo(Bound);
        tenant.Link.CutAll(CutKind.Reset);
        tenant.Link.Thaw();
        await Task.WhenAll(uploads);

        await scene.AllAnsweredAsync();
        session.Connection.Resumable!.Unacknowledged.ShouldBeLessThanOrEqualTo(Bound);
    });

    [Fact]
    public Task A_link_that_swallows_everything_is_replaced_by_one_that_does_not() => Chance.RunAsync(output, async chance =>
    {
        // Missed heartbeats tell, after 40 s to a minute.
        await using ChaosScene scene = await ChaosScene.HereAsync(chance, tenants: 2, new HastyClock(20), ("GGROK_RESPONSE_TIMEOUT", "0"), ("GGROK_RESUME_GRACE", "10m"));
        Tenant stalled = scene.Tenants[0];

        Task visits = scene.VisitAllAsync(300, 12);
        await scene.Ledger.ReachAsync(50);
        stalled.Link.StallAll();
        await visits;
        stalled.Link.UnstallAll();

        await scene.AllAnsweredAsync();
        stalled.Link.Accepted.ShouldBeGreaterThan(1);
        (await scene.Server.LookAsync()).SessionsOpened.ShouldBe(2);
    });

    [Fact]
    public Task A_visitor_who_leaves_while_the_session_is_suspended_leaves_nothing_behind() => Chance.RunAsync(output, async chance =>
    {
        var arrived = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        await using ChaosScene scene = await ChaosScene.HereAsync(chance, tenants: 1);
        Tenant tenant = scene.Tenants[0];
        await using LocalApp app = await LocalApp.StartAsync(async context =>
        {
            await using CancellationTokenRegistration left = context.RequestAborted.Register(() => cancelled.TrySetResult());
            await context.Response.Body.FlushAsync();
            arrived.SetResult();
            await cancelled.Task;
        });
        await using var client = new RunningClient(RunningClient.Options(tenant.Link.Url, app.Url, t => t with { Path = "/waits" }, token: tenant.Name));
        await client.Events.NextReadyAsync();
        using var leave = new CancellationTokenSource();
        Task visit = scene.Http.GetAsync(new Uri(scene.Server.Url, "waits"), HttpCompletionOption.ResponseContentRead, leave.Token);
        await Within.Bound(arrived.Task, "the request");

        tenant.Link.Refuse();
        tenant.Link.CutAll(CutKind.Reset);
        await tenant.Link.EmptyAsync();
        await leave.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(visit);
        cancelled.Task.IsCompleted.ShouldBeFalse();
        tenant.Link.Admit();

        await Within.Bound(cancelled.Task, "the local request to be cancelled");
        await Eventually.BecomesAsync(async () => (await scene.Server.LookAsync()).Streams, 0);
    });

    [Fact]
    public Task Hundreds_of_visitors_who_come_while_the_session_is_suspended_wait_and_are_answered() => Chance.RunAsync(output, async chance =>
    {
        await using ChaosScene scene = await ChaosScene.HereAsync(chance, tenants: 1);
        Tenant tenant = scene.Tenants[0];
        TunnelSession session = ((ServerHere)scene.Server).Running.Get<SessionDirectory>().Sessions.Single();
        scene.HasHttp2 = false;
        tenant.Link.Refuse();
        tenant.Link.CutAll(CutKind.Reset);
        await Eventually.BecomesAsync(() => Task.FromResult(session.IsSuspended), true);

        Task visits = scene.VisitAllAsync(600, 400);
        await Eventually.BecomesAsync(async () => (await scene.Server.LookAsync()).Streams >= 400, true);
        scene.Ledger.Total.ShouldBe(0);
        tenant.App.Seen.ShouldBeEmpty();
        tenant.Link.Admit();
        await visits;

        await scene.AllAnsweredAsync();
        (await scene.Server.LookAsync()).SessionsOpened.ShouldBe(1);
    });

    [Fact]
    public Task Connections_to_a_private_name_pass_cuts_of_both_clients() => Chance.RunAsync(output, async chance =>
    {
        await using ChaosScene scene = await ChaosScene.HereAsync(chance, tenants: 2);
        (Tenant serving, Tenant connecting) = (scene.Tenants[0], scene.Tenants[1]);
        var name = new LocalTunnel { Name = "echo", Kind = Ggrok.Shared.Protocol.TunnelKind.Tcp, Target = serving.App.Raw, PrivateName = "echo" };
        await using var service = new RunningClient(RunningClient.Options(serving.Link.Url, serving.App.Raw, _ => name, serving.Name));
        await service.Events.NextReadyAsync();
        await using var caller = new RunningClient(RunningClient.Options(connecting.Link.Url, connecting.Link.Url, token: serving.Name) with
        {
            Tunnels = [], Connect = [new ConnectTarget("echo", new IPEndPoint(IPAddress.Loopback, 0), false)],
        });
        int port = (await caller.Events.NextListeningAsync()).Port;

        Task visits = Task.WhenAll(Enumerable.Range(0, 12).Select(i => scene.VisitAsync(
            serving, string.Create(CultureInfo.InvariantCulture, $"private-{i}"), (v, id) => v.RawAsync(id, 500_000 + chance.Size(500_000), port))));
        while (!visits.IsCompleted)
        {
            await Task.WhenAny(visits, chance.WhileAsync(10, 60));
            (chance.OneIn(2) ? serving : connecting).CutSomehow(chance);
        }

        await visits;
        scene.Ledger.Failures.ShouldBeEmpty();
        scene.NothingTwice();
        (await scene.Server.LookAsync()).SessionsOpened.ShouldBe(4);
    });

    [Fact]
    public Task A_session_that_drains_is_resumed_too_and_what_runs_in_it_is_finished() => Chance.RunAsync(output, async chance =>
    {
        await using ChaosScene scene = await ChaosScene.HereAsync(chance, tenants: 1);
        Tenant tenant = scene.Tenants[0];
        tenant.Link.BytesPerSecond = 4 << 20;
        long down = 0;
        Task download = scene.VisitAsync(tenant, "download", (v, id) => v.DownloadAsync(id, 4 << 20, chance.Seed, n => Volatile.Write(ref down, n)));
        await Eventually.BecomesAsync(() => Task.FromResult(Volatile.Read(ref down) > 100_000), true);

        Task stopping = ((ServerHere)scene.Server).Running.App.StopAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(((ServerHere)scene.Server).Running.Get<SessionDirectory>().IsDraining), true);
        tenant.Link.CutAll(CutKind.Reset);
        await download;

        scene.Ledger.Failures.ShouldBeEmpty();
        await Within.Bound(stopping, "the server to stop");
        scene.NothingTwice();
    });

    [Fact]
    public async Task A_client_that_finds_another_server_in_the_place_of_its_own_does_not_wait_for_long_once_more()
    {
        var pauses = new PauseLog(new HastyClock(20));
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync("ok"));
        await using RunningServer first = await RunningServer.StartAsync();
        await using RunningServer second = await RunningServer.StartAsync();
        await using ChaosProxy link = ChaosProxy.Start(first.Url);
        await using var client = new RunningClient(RunningClient.Options(link.Url, app.Url), pauses);
        await client.Events.NextReadyAsync();

        // By the tenth failure the pauses are as long as they get.
        link.Refuse();
        link.CutAll(CutKind.Reset);
        await link.RefusedAsync(10);
        pauses.All.Max().ShouldBeGreaterThan(TimeSpan.FromSeconds(1));
        link.LeadTo(second.Url);
        link.Admit();
        await client.Events.NextReadyAsync();

        TimeSpan[] last = [.. pauses.All.TakeLast(3)];
        last.Max().ShouldBeLessThan(TimeSpan.FromMilliseconds(300), string.Join(", ", pauses.All));
    }

    [Fact]
    public Task Requests_to_a_pool_go_to_those_of_its_members_that_have_a_connection() => Chance.RunAsync(output, async chance =>
    {
        await using ChaosScene scene = await ChaosScene.HereAsync(chance, tenants: 1);
        Tenant tenant = scene.Tenants[0];
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync("ok"));
        await using var suspended = new RunningClient(Member(tenant.Link.Url));
        await suspended.Events.NextReadyAsync();
        await using var connected = new RunningClient(Member(scene.Server.Url));
        await connected.Events.NextReadyAsync();
        tenant.Link.Refuse();
        tenant.Link.CutAll(CutKind.Reset);
        await tenant.Link.EmptyAsync();
        TunnelSession session = ((ServerHere)scene.Server).Running.Get<SessionDirectory>().Sessions.Single(s => s.Hello.Client == suspended.ClientId);
        await Eventually.BecomesAsync(() => Task.FromResult(session.IsSuspended), true);

        for (int i = 0; i < 20; i++)
        {
            (await Within.Bound(scene.Http.GetStringAsync(new Uri(scene.Server.Url, "pool")), "an answer of the other member")).ShouldBe("ok");
        }

        TunnelClientOptions Member(Uri server) =>
            RunningClient.Options(server, app.Url, t => t with { Path = "/pool", Pool = new Ggrok.Shared.Protocol.PoolRequest("round-robin") }, token: tenant.Name);
    });

    /// <summary>A clock that remembers for how long somebody waited by it, once each time.</summary>
    private sealed class PauseLog(TimeProvider clock) : TimeProvider
    {
        private readonly ConcurrentQueue<TimeSpan> _pauses = new();

        public TimeSpan[] All => [.. _pauses];

        public override long TimestampFrequency => clock.TimestampFrequency;

        public override long GetTimestamp() => clock.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (period == Timeout.InfiniteTimeSpan && dueTime > TimeSpan.Zero && dueTime < TimeSpan.FromSeconds(3))
            {
                _pauses.Enqueue(dueTime);
            }

            return clock.CreateTimer(callback, state, dueTime, period);
        }
    }
}
