using System.Collections.Concurrent;
using System.Net;
using Ggrok.Client.Connection;
using Ggrok.Server.Balancing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Balancing;

/// <summary>Services that fail: seen by checks, and by the requests themselves.</summary>
public class HealthTests
{
    // Often, and with all the time that a busy machine may need for an answer.
    private static readonly HealthRequest Quick = new("/up?deep=1", IntervalMs: 1000, TimeoutMs: 60_000, Threshold: 1);

    [Fact]
    public async Task A_service_that_fails_its_check_is_answered_for_at_once_until_it_is_well_again()
    {
        var service = new Service();
        await using PoolScene scene = await PoolScene.StartAsync();
        await scene.JoinAsync(service.ServeAsync, t => t with { Path = "/x", StripPath = true, Health = Quick });
        await Eventually.BecomesAsync(() => Task.FromResult(service.Checks.Count > 0), true);

        (await scene.VisitAsync(HttpMethod.Get, "/x")).Status.ShouldBe(HttpStatusCode.OK);
        service.Status = 500;
        await Eventually.BecomesAsync(async () => (await scene.VisitAsync(HttpMethod.Get, "/x")).Error, "NoHealthyMember");
        int visits = service.Visits;
        using HttpResponseMessage refused = await scene.Visitor.GetAsync("/x");
        service.Visits.ShouldBe(visits);
        service.Status = 302;
        await Eventually.BecomesAsync(async () => (await scene.VisitAsync(HttpMethod.Get, "/x")).Status, HttpStatusCode.OK);

        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        refused.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(5));

        // A state changes before it is told.
        string[] said = [];
        await Eventually.BecomesAsync(() => Task.FromResult((said = Said()).Length), 3);
        said[1].ShouldContain("fails its health check: status 500");

        string[] Said() => [.. scene.Server.Logs.Lines.Where(l => l.Category.EndsWith("HealthChecks", StringComparison.Ordinal)).Select(l => l.Message)];
    }

    [Fact]
    public async Task A_check_is_no_visit()
    {
        var service = new Service();
        await using PoolScene scene = await PoolScene.StartAsync();
        RunningClient client = await scene.JoinAsync(service.ServeAsync, t => t with { Health = Quick });
        await Eventually.BecomesAsync(() => Task.FromResult(service.Checks.Count >= 2), true);

        using var request = new HttpRequestMessage(HttpMethod.Get, "/visit") { Headers = { { "X-Ggrok-Health", "1" } } };
        using HttpResponseMessage response = await scene.Visitor.SendAsync(request);

        service.Checks.First().ShouldBe("GET /up?deep=1 Ggrok-Health/1.0 1");
        (await client.Events.NextExchangeAsync()).Target.ShouldBe("/visit");
        scene.Server.Logs.Lines.ShouldNotContain(l => l.Message.Contains("/up", StringComparison.Ordinal));
        service.LastVisit!.ShouldBe("GET /visit  ");
    }

    [Fact]
    public async Task A_member_that_fails_its_check_gets_no_requests_and_others_go_on()
    {
        var ill = new Service { Status = 503 };
        await using PoolScene pool = await PoolScene.StartAsync();
        await pool.JoinAsync(ill.ServeAsync, t => t with { Pool = new PoolRequest(), Health = Quick });
        await pool.JoinAsync("well");
        await Eventually.BecomesAsync(() => Task.FromResult(pool.Server.Logs.Lines.Any(l => l.Message.Contains("fails its health check", StringComparison.Ordinal))), true);
        int visits = ill.Visits;

        (await pool.AskAsync(10)).Distinct().ShouldBe(["well"]);
        ill.Visits.ShouldBe(visits);
        ill.Status = 204;
        await Eventually.BecomesAsync(async () => (await pool.AskAsync(2)).Contains("ill"), true);
    }

    [Theory]
    [InlineData(true, "ResponseHeadTimeout")]
    [InlineData(false, "LocalUnreachable")]
    public async Task A_service_that_does_not_answer_its_check_is_ill(bool listens, string problem)
    {
        var silent = new TaskCompletionSource();
        await using LocalApp app = await LocalApp.StartAsync(c => c.Request.Path == "/up" ? silent.Task : Task.CompletedTask);
        Uri target = listens ? app.Url : await PoolScene.NowhereAsync();
        await using PoolScene scene = await PoolScene.StartAsync();

        await scene.JoinAsync(target, t => t with { Health = Quick with { TimeoutMs = listens ? 200 : 60_000 } });

        await Eventually.BecomesAsync(async () => (await scene.VisitAsync(HttpMethod.Get)).Error, "NoHealthyMember");
        await Eventually.BecomesAsync(() => Task.FromResult(scene.Server.Logs.Lines.Any(l => l.Message.Contains("health check: " + problem, StringComparison.Ordinal))), true);
        silent.SetResult();
    }

    [Fact]
    public async Task A_check_that_is_not_answered_does_not_hold_up_a_client_that_stops()
    {
        var asked = new TaskCompletionSource();
        var silent = new TaskCompletionSource();
        await using PoolScene scene = await PoolScene.StartAsync();
        RunningClient client = await scene.JoinAsync(
            async _ =>
            {
                asked.TrySetResult();
                await silent.Task;
            },
            t => t with { Health = Quick });
        await Within.Bound(asked.Task, "the check");

        client.Stop();

        (await client.Exit).Code.ShouldBe(ExitCode.Ok, "and not that something was still running when the drain time was over");
        client.Events.Log.ShouldContain("draining 0");
        silent.SetResult();
    }

    [Fact]
    public async Task Failing_requests_alone_never_leave_a_pool_without_members()
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        await using ScriptedMember first = await ScriptedMember.JoinAsync(pool, RelayError.ResponseHeadTimeout);
        await using ScriptedMember second = await ScriptedMember.JoinAsync(pool, RelayError.ResponseHeadTimeout);

        for (int i = 0; i < 20; i++)
        {
            (await pool.VisitAsync(HttpMethod.Post, body: "x")).Error.ShouldBe("ResponseHeadTimeout");
        }

        (first.Seen + second.Seen).ShouldBe(20);
    }

    [Fact]
    public void Failures_in_a_row_take_out_for_longer_each_time_and_a_success_forgets_them()
    {
        var time = new ManualTimeProvider();
        var health = new PassiveHealth(time);

        health.Failed().ShouldBeFalse();
        health.Succeeded();
        health.Failed().ShouldBeFalse();
        health.Failed().ShouldBeFalse();
        health.IsOut.ShouldBeFalse();
        health.Failed().ShouldBeTrue();
        foreach (double seconds in new[] { 2, 4, 8, 16, 32, 60, 60 })
        {
            health.IsOut.ShouldBeTrue();
            health.Failed().ShouldBeFalse("those that were running say nothing new");
            time.Advance(TimeSpan.FromSeconds(seconds - 0.001));
            health.IsOut.ShouldBeTrue();
            time.Advance(TimeSpan.FromSeconds(0.002));
            health.IsOut.ShouldBeFalse();
            health.Failed().ShouldBeTrue("one failure is enough after that");
        }

        health.Succeeded();
        health.IsOut.ShouldBeFalse();
        health.Failed().ShouldBeFalse();
    }

    [Theory]
    [InlineData(RelayError.ResponseHeadTimeout, false, true)]
    [InlineData(RelayError.ResponseHeadTimeout, true, false)]
    [InlineData(RelayError.LocalUnreachable, true, true)]
    public void That_the_time_of_a_visitors_own_passed_does_not_count_against_a_member(RelayError error, bool hasOwnLimit, bool isOut)
    {
        var member = new Member(null, null, new ManualTimeProvider());

        for (int i = 0; i < PassiveHealth.Patience; i++)
        {
            member.Observe(answered: false, error, hasOwnLimit);
        }

        member.Passive.IsOut.ShouldBe(isOut);
    }

    [Fact]
    public void The_first_check_decides_and_then_as_many_in_a_row_as_the_threshold_says()
    {
        var health = new ActiveHealth(threshold: 3);
        health.State.ShouldBe(HealthState.Unknown);

        (bool Well, HealthState After)[] course =
        [
            (true, HealthState.Healthy), (false, HealthState.Healthy), (false, HealthState.Healthy), (true, HealthState.Healthy),
            (false, HealthState.Healthy), (false, HealthState.Healthy), (false, HealthState.Unhealthy),
            (true, HealthState.Unhealthy), (true, HealthState.Unhealthy), (true, HealthState.Healthy),
        ];
        foreach ((bool well, HealthState after) in course)
        {
            health.Observe(well);
            health.State.ShouldBe(after);
        }

        new ActiveHealth(null).State.ShouldBe(HealthState.Unchecked);
    }

    [Theory]
    [InlineData("up", null, null, null, "a path such as /up")]
    [InlineData("/up", 10, null, null, "1s to 1h apart")]
    [InlineData("/up", null, 10, null, "100ms to 1m")]
    [InlineData("/up", null, null, 0, "from 1 to 20")]
    public async Task A_check_that_cannot_be_done_is_refused(string path, int? interval, int? timeout, int? threshold, string expected)
    {
        await using PoolScene scene = await PoolScene.StartAsync();

        ClientExit exit = await scene.RefusalAsync(t => t with { Health = new HealthRequest(path, interval, timeout, threshold) });

        exit.Code.ShouldBe(ExitCode.Refused);
        exit.Message!.ShouldContain(expected);
    }

    /// <summary>A local app whose health a test decides; it answers visitors with "ill" or "well" as it is.</summary>
    private sealed class Service
    {
        private int _visits;

        public int Status { get; set; } = 200;

        public ConcurrentQueue<string> Checks { get; } = new();

        public string? LastVisit { get; private set; }

        public int Visits => Volatile.Read(ref _visits);

        public Task ServeAsync(HttpContext context)
        {
            string said = $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} {context.Request.Headers.UserAgent} {context.Request.Headers["X-Ggrok-Health"]}";
            if (context.Request.Path == "/up")
            {
                Checks.Enqueue(said);
                context.Response.StatusCode = Status;
                return Task.CompletedTask;
            }

            Interlocked.Increment(ref _visits);
            LastVisit = said;
            return context.Response.WriteAsync("ill");
        }
    }
}
