using System.Collections.Concurrent;
using System.Net;
using Ggrok.Client.Connection;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Balancing;

/// <summary>Members that leave while visitors come: nobody is refused, and what runs is finished.</summary>
public class DrainTests
{
    private const int Visitors = 16;

    [Fact]
    public async Task Members_that_leave_under_load_cost_no_visitor_a_request()
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        List<RunningClient> clients = [await pool.JoinAsync("a"), await pool.JoinAsync("b"), await pool.JoinAsync("c")];
        using var stop = new CancellationTokenSource();
        var load = new Load(pool.Visitor);
        Task[] visitors = [.. Enumerable.Range(0, Visitors).Select(i => load.VisitAsync(i, stop.Token))];

        for (int round = 0; round < 4; round++)
        {
            await load.ReachAsync(load.Answered + 300);
            RunningClient leaving = clients[0];
            clients.RemoveAt(0);
            leaving.Stop();
            (await leaving.Exit).Code.ShouldBe(ExitCode.Ok);
            clients.Add(await pool.JoinAsync($"new {round}"));
        }

        await load.ReachAsync(load.Answered + 300);
        await stop.CancelAsync();
        await Task.WhenAll(visitors);

        load.Problems.ShouldBeEmpty();
        load.Answered.ShouldBeGreaterThan(1500);
    }

    [Fact]
    public async Task A_member_that_is_lost_under_load_costs_nobody_a_request_that_may_be_repeated()
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        RunningClient first = await pool.JoinAsync("a");
        await pool.JoinAsync("b");
        using var stop = new CancellationTokenSource();
        var load = new Load(pool.Visitor, memberMayBeLost: true);
        Task[] visitors = [.. Enumerable.Range(0, Visitors).Select(i => load.VisitAsync(i, stop.Token))];

        for (int round = 0; round < 4; round++)
        {
            await load.ReachAsync(load.Answered + 200);
            pool.SessionOf(first).Connection.RequestClose(CloseReason.TransportLost);
            await first.Events.NextReadyAsync();
            await Eventually.BecomesAsync(() => Task.FromResult(pool.Server.Get<SessionDirectory>().Sessions.Count()), 2);
        }

        await stop.CancelAsync();
        await Task.WhenAll(visitors);

        load.Problems.ShouldBeEmpty();
    }

    [Fact]
    public async Task Running_requests_of_a_member_that_leaves_finish_while_new_ones_go_to_the_others()
    {
        var release = new TaskCompletionSource();
        var entered = new TaskCompletionSource();
        await using PoolScene pool = await PoolScene.StartAsync();
        await using LocalApp app = await LocalApp.StartAsync(async c =>
        {
            entered.TrySetResult();
            await release.Task;
            await c.Response.WriteAsync("finished");
        });
        await using var leaving = new RunningClient(
            RunningClient.Options(pool.Server.Url, app.Url, t => t with { Pool = new PoolRequest() }, PoolScene.Token) with { DrainTimeout = Within.Limit });
        await leaving.Events.NextReadyAsync();
        Task<string> running = pool.Visitor.GetStringAsync("/");
        await Within.Bound(entered.Task, "the request");
        await pool.JoinAsync("other");
        TunnelSession session = pool.SessionOf(leaving);

        leaving.Stop();
        await Eventually.BecomesAsync(() => Task.FromResult(session.IsLeaving), true);

        (await pool.AskAsync(6)).Distinct().ShouldBe(["other"]);
        release.SetResult();
        (await running).ShouldBe("finished");
        (await leaving.Exit).Code.ShouldBe(ExitCode.Ok);
    }

    [Fact]
    public async Task A_request_that_crosses_the_goodbye_is_served()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync("served"));
        var time = new ManualTimeProvider();
        await using var client = new RunningClient(RunningClient.Options(server.Url, app.Url), time);
        await client.Events.NextReadyAsync();
        TunnelSession session = server.Get<SessionDirectory>().Sessions.Single();
        MuxStream stream = session.TryOpenStream(out _).ShouldNotBeNull();

        client.Stop();
        await Eventually.BecomesAsync(() => Task.FromResult(session.IsLeaving), true);
        var head = new RequestHead { Id = "1", Method = "GET", Target = "/", Scheme = "http", Host = "x", Version = "1.1", Remote = "1.1.1.1" };
        (await Shared.Relay.HeadSender.WriteWholeAsync(stream, head)).ShouldBeTrue();

        InboundFrame answer = await Within.Bound(stream.ReadAsync().AsTask(), "the answer");
        HeadReader.ReadResponse(answer.Payload.Span).Status.ShouldBe(200);
        stream.Advance();
        while ((await Within.Bound(stream.ReadAsync().AsTask(), "the end")).Kind == FrameKind.Data)
        {
            stream.Advance();
        }

        // Its time stood still until now: for a request that it does not know of it waits for 2 s at most.
        Task<ClientExit> exit = client.Exit;
        await Eventually.BecomesAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(50));
                return Task.FromResult(exit.IsCompleted);
            },
            true);
        (await exit).Code.ShouldBe(ExitCode.Ok);
    }

    /// <summary>
    /// Visitors who come again and again, every other with a body, and what went wrong for them. Where members may be lost all of
    /// them only read, and a response that had begun may break off: nobody can take that back.
    /// </summary>
    private sealed class Load(HttpClient http, bool memberMayBeLost = false)
    {
        private int _answered;

        public int Answered => Volatile.Read(ref _answered);

        public ConcurrentQueue<string> Problems { get; } = new();

        public async Task VisitAsync(int number, CancellationToken stop)
        {
            for (int i = number; !stop.IsCancellationRequested; i++)
            {
                using var request = new HttpRequestMessage(memberMayBeLost || i % 2 == 0 ? HttpMethod.Get : HttpMethod.Post, "/");
                request.Content = request.Method == HttpMethod.Post ? new StringContent("body") : null;
                bool hasBegun = false;
                try
                {
                    using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, CancellationToken.None);
                    hasBegun = true;
                    await response.Content.ReadAsStringAsync(CancellationToken.None);
                    if (response.StatusCode != HttpStatusCode.OK)
                    {
                        Problems.Enqueue($"{request.Method} {(int)response.StatusCode} {string.Join(',', response.Headers.GetValues("X-Ggrok-Error"))}");
                    }
                }
                catch (Exception e) when (e is HttpRequestException or IOException)
                {
                    if (!(hasBegun && memberMayBeLost))
                    {
                        Problems.Enqueue($"{request.Method} {e.Message}");
                    }
                }

                Interlocked.Increment(ref _answered);
            }
        }

        public Task ReachAsync(int answers) => Eventually.BecomesAsync(() => Task.FromResult(Answered >= answers), true);
    }
}
