using System.Net;
using Ggrok.Server.Edge;
using Ggrok.Server.Edge.Service;
using Ggrok.Server.Relay;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Edge.Service;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Edge.Service;

/// <summary>Times and the circuit breaker in front of the local service.</summary>
public class ServicePolicyTests
{
    [Fact]
    public async Task The_shorter_time_of_server_and_client_counts_for_the_response_head()
    {
        await using EdgeScene scene = await EdgeScene.StartAsync(
            [("response-timeout", "5s")], [("GGROK_POLICIES", "all: {response-timeout: 1h}")], context => context.Request.Path == "/slow" ? Task.Delay(Timeout.Infinite, context.RequestAborted) : Task.CompletedTask);

        (await scene.Visitor.GetAsync("/slow")).StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        (await scene.Visitor.GetAsync("/fast")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("1h", "5m", "5m")]
    [InlineData("5m", "1h", "5m")]
    public async Task The_shorter_one_is_taken_whoever_sets_it(string servers, string clients, string expected)
    {
        TimeSpan? seen = null;
        var policies = new List<StagedPolicy> { Stage(new ResponseTimeoutPolicy(ServiceOptions.Timeout(servers))), Stage(new ResponseTimeoutPolicy(ServiceOptions.Timeout(clients))) };

        await EdgePipeline.Of(policies, [])!.RunAsync(Exchange(), x =>
        {
            seen = x.ResponseTimeout;
            return ValueTask.FromResult(RelayError.None);
        });

        seen.ShouldBe(ServiceOptions.Timeout(expected));
    }

    [Fact]
    public async Task A_service_that_cannot_be_reached_is_left_in_peace()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using var client = new RunningClient(RunningClient.Options(server.Url, new Uri("http://127.0.0.1:9"), t => t with { Policies = [new("circuit-breaker", "50% of 2 in 1h open 1h")] }));
        using var visitor = new HttpClient { BaseAddress = (await client.Events.NextReadyAsync())[0].Url };
        var errors = new List<string>();

        for (int i = 0; i < 4; i++)
        {
            HttpResponseMessage response = await visitor.GetAsync("/");
            errors.Add(response.Headers.GetValues("X-Ggrok-Error").Single());
            if (i == 3)
            {
                (response.StatusCode, response.Headers.RetryAfter!.Delta!.Value.TotalSeconds > 3000).ShouldBe((HttpStatusCode.ServiceUnavailable, true));
            }
        }

        errors.ShouldBe(["LocalUnreachable", "LocalUnreachable", "CircuitOpen", "CircuitOpen"]);
    }

    [Theory]
    [InlineData("50% of 2 in 1h open 1h", 4)]
    [InlineData("50% of 2 in 1h open 1h with 5xx", 2)]
    public async Task Errors_that_the_service_answers_itself_count_only_where_that_is_said(string rule, int reached)
    {
        await using EdgeScene scene = await EdgeScene.StartAsync([("circuit-breaker", rule)], app: context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        });

        for (int i = 0; i < 4; i++)
        {
            await scene.Visitor.GetAsync("/");
        }

        scene.Reached.ShouldBe(reached);
    }

    [Fact]
    public async Task After_the_break_one_request_is_let_through_to_see()
    {
        var scene = new CircuitScene("50% of 2 in 30s open 15s");
        (await scene.FailAsync(), await scene.FailAsync(), await scene.FailAsync()).ShouldBe((RelayError.ResponseHeadLocal, RelayError.ResponseHeadLocal, RelayError.CircuitOpen));

        scene.Time.Advance(TimeSpan.FromSeconds(16));
        var first = new TaskCompletionSource<RelayError>();
        Task<RelayError> probe = scene.SendAsync(first.Task);
        (await scene.SucceedAsync()).ShouldBe(RelayError.CircuitOpen);
        first.SetResult(RelayError.ResponseHeadTimeout);
        (await probe).ShouldBe(RelayError.ResponseHeadTimeout);
        (await scene.SucceedAsync()).ShouldBe(RelayError.CircuitOpen);

        scene.Time.Advance(TimeSpan.FromSeconds(16));
        (await scene.SucceedAsync()).ShouldBe(RelayError.None);
        (await scene.SucceedAsync()).ShouldBe(RelayError.None);
        scene.Reached.ShouldBe(5);
    }

    [Fact]
    public async Task A_long_download_counts_as_soon_as_its_head_is_here()
    {
        var scene = new CircuitScene("50% of 2 in 30s open 15s");
        await scene.FailAsync();
        await scene.FailAsync();
        scene.Time.Advance(TimeSpan.FromSeconds(16));
        var endless = new TaskCompletionSource<RelayError>();

        Task<RelayError> download = scene.SendAsync(endless.Task, answered: true);
        (await scene.SucceedAsync()).ShouldBe(RelayError.None);
        download.IsCompleted.ShouldBeFalse();
        endless.SetResult(RelayError.VisitorGone);
        (await download).ShouldBe(RelayError.VisitorGone);
    }

    [Fact]
    public async Task What_is_not_the_services_fault_opens_no_circuit()
    {
        var scene = new CircuitScene("50% of 2 in 30s open 15s");

        foreach (RelayError error in (RelayError[])[RelayError.VisitorGone, RelayError.TunnelAway, RelayError.RequestBodyVisitor, RelayError.RequestBodyTooLarge, RelayError.TooManyStreams])
        {
            (await scene.SendAsync(Task.FromResult(error))).ShouldBe(error);
        }

        await Should.ThrowAsync<InvalidOperationException>(() => scene.SendAsync(Task.FromException<RelayError>(new InvalidOperationException())));
        (await scene.SucceedAsync()).ShouldBe(RelayError.None);
    }

    [Theory]
    [InlineData(RelayError.VisitorGone)]
    [InlineData(RelayError.TunnelAway)]
    [InlineData(RelayError.TunnelLost)]
    [InlineData(RelayError.TooManyStreams)]
    [InlineData(RelayError.RequestBodyVisitor)]
    public async Task Only_an_answer_closes_the_circuit(RelayError error)
    {
        CircuitScene scene = await CircuitScene.OpenAsync();

        (await scene.SendAsync(Task.FromResult(error))).ShouldBe(error);
        (await scene.SucceedAsync()).ShouldBe(RelayError.CircuitOpen);

        scene.Time.Advance(TimeSpan.FromSeconds(16));
        (await scene.SucceedAsync()).ShouldBe(RelayError.None);
        (await scene.SucceedAsync()).ShouldBe(RelayError.None);
    }

    [Fact]
    public async Task A_request_that_never_ends_does_not_keep_the_others_out()
    {
        CircuitScene scene = await CircuitScene.OpenAsync();
        var endless = new TaskCompletionSource<RelayError>();

        Task<RelayError> upload = scene.SendAsync(endless.Task);
        (await scene.SucceedAsync()).ShouldBe(RelayError.CircuitOpen);
        scene.Time.Advance(TimeSpan.FromSeconds(16));
        await Eventually.BecomesAsync(
            async () =>
            {
                scene.Time.Advance(TimeSpan.FromSeconds(16));
                return await scene.SucceedAsync();
            },
            RelayError.None);

        upload.IsCompleted.ShouldBeFalse();
        endless.SetResult(RelayError.VisitorGone);
        (await Within.Bound(upload, "the end of the upload")).ShouldBe(RelayError.VisitorGone);
        (await scene.SucceedAsync()).ShouldBe(RelayError.None);
    }

    [Theory]
    [InlineData(true, RelayError.None)]
    [InlineData(false, RelayError.CircuitOpen)]
    public async Task An_answer_that_comes_after_the_patience_still_closes_the_circuit_and_a_page_of_the_server_does_not(bool isAnswer, RelayError expected)
    {
        CircuitScene scene = await CircuitScene.OpenAsync();
        var slow = new TaskCompletionSource<RelayError>();
        Task<RelayError> probe = scene.SendAsync(slow.Task);
        EdgeExchange exchange = scene.Last!;
        scene.Time.Advance(TimeSpan.FromSeconds(15));

        if (!isAnswer)
        {
            slow.SetResult(RelayError.LocalUnreachable);
            await Within.Bound(probe, "the end of the probe");
        }

        exchange.ApplyToResponse(exchange.Context.Response);
        if (isAnswer)
        {
            await Eventually.BecomesAsync(scene.SucceedAsync, expected);
            slow.SetResult(RelayError.None);
        }

        (await scene.SucceedAsync()).ShouldBe(expected);
        await Within.Bound(probe, "the end of the probe");
    }

    [Fact]
    public async Task That_the_time_of_a_call_passed_is_not_the_services_fault()
    {
        var scene = new CircuitScene("50% of 2 in 30s open 15s");
        for (int i = 0; i < 4; i++)
        {
            (await scene.SendAsync(Task.FromResult(RelayError.ResponseHeadTimeout), hasOwnLimit: true)).ShouldBe(RelayError.ResponseHeadTimeout);
        }

        await scene.SendAsync(Task.FromResult(RelayError.ResponseHeadTimeout));
        (await scene.FailAsync(), await scene.FailAsync(), await scene.FailAsync(), await scene.FailAsync())
            .ShouldBe((RelayError.ResponseHeadLocal, RelayError.ResponseHeadLocal, RelayError.ResponseHeadLocal, RelayError.CircuitOpen));
    }

    private static StagedPolicy Stage(IEdgePolicy policy) => new(EdgeStage.Service, policy);

    private static EdgeExchange Exchange()
    {
        var route = new TunnelRoute { Key = RouteKey.Http("localhost", "/"), Owner = new RouteOwner("id", "label") };
        return new EdgeExchange(new DefaultHttpContext(), new RequestHead(), route, new ExchangeRecord { Id = "1", Started = 0 }) { VisitorTarget = "/" };
    }

    private sealed class CircuitScene(string rule)
    {
        private EdgePipeline? _pipeline;

        public ManualTimeProvider Time { get; } = new();

        public int Reached { get; private set; }

        public EdgeExchange? Last { get; private set; }

        /// <summary>One whose circuit has opened, and would now let a request through to see.</summary>
        public static async Task<CircuitScene> OpenAsync()
        {
            var scene = new CircuitScene("50% of 2 in 30s open 15s");
            await scene.FailAsync();
            await scene.FailAsync();
            (await scene.FailAsync()).ShouldBe(RelayError.CircuitOpen);
            scene.Time.Advance(TimeSpan.FromSeconds(16));
            return scene;
        }

        public Task<RelayError> FailAsync() => SendAsync(Task.FromResult(RelayError.ResponseHeadLocal));

        public Task<RelayError> SucceedAsync() => SendAsync(Task.FromResult(RelayError.None), answered: true);

        public Task<RelayError> SendAsync(Task<RelayError> outcome, bool answered = false, bool hasOwnLimit = false)
        {
            _pipeline ??= EdgePipeline.Of([Stage(new CircuitBreakerPolicy(CircuitOptions.Parse(rule), Time))], []);
            return _pipeline!.RunAsync(Exchange(), async x =>
            {
                Reached++;
                Last = x;
                x.Record.HasOwnLimit = hasOwnLimit;
                if (answered)
                {
                    x.ApplyToResponse(x.Context.Response);
                }

                return await outcome;
            }).AsTask();
        }
    }
}
