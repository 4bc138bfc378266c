using System.Globalization;
using Ggrok.Shared.Edge.Service;
using Ggrok.Shared.Protocol;
using Polly;
using Polly.CircuitBreaker;

namespace Ggrok.Server.Edge.Service;

/// <summary>Leaves a local service in peace that keeps failing, and lets one request through now and then to see.</summary>
internal sealed class CircuitBreakerPolicy : IEdgePolicy
{
    private readonly ResiliencePipeline<bool> _circuit;
    private readonly CircuitOptions _options;

    public CircuitBreakerPolicy(CircuitOptions options, TimeProvider time)
    {
        _options = options;
        _circuit = new ResiliencePipelineBuilder<bool> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<bool>
            {
                FailureRatio = options.Percent / 100.0,
                MinimumThroughput = options.AtLeast,
                SamplingDuration = options.Window,
                BreakDuration = options.Open,
                ShouldHandle = static arguments => ValueTask.FromResult(arguments.Outcome.Exception is null && !arguments.Outcome.Result),
            })
            .Build();
    }

    public async ValueTask<RelayError> InvokeAsync(EdgeExchange exchange, EdgeNext next)
    {
        var attempt = new Attempt(exchange, next, _options.CountsServerErrors);
        ResilienceContext context = ResilienceContextPool.Shared.Get();
        Outcome<bool> outcome = await _circuit.ExecuteOutcomeAsync(
            static async (_, a) => Outcome.FromResult(await a.RunAsync().ConfigureAwait(false)), context, attempt).ConfigureAwait(false);
        ResilienceContextPool.Shared.Return(context);
        return outcome.Exception switch
        {
            null => await attempt.Relay.ConfigureAwait(false),
            BrokenCircuitException open => Refuse(exchange, open.RetryAfter),
            { } other => throw other,
        };
    }

    private static RelayError Refuse(EdgeExchange exchange, TimeSpan? retryAfter)
    {
        string seconds = Math.Max(Math.Ceiling((retryAfter ?? TimeSpan.Zero).TotalSeconds), 1).ToString(CultureInfo.InvariantCulture);
        exchange.OnResponse((_, response) => response.Headers.RetryAfter = seconds);
        return RelayError.CircuitOpen;
    }

    /// <summary>One request that was let through: how it went is known when its response head is here, not when a download ends.</summary>
    private sealed class Attempt(EdgeExchange exchange, EdgeNext next, bool countsServerErrors)
    {
        // Not run asynchronously: what follows is short, and the head of the response waits for it.
        private readonly TaskCompletionSource<bool> _answered = new();

        public Task<RelayError> Relay { get; private set; } = Task.FromResult(RelayError.None);

        public async ValueTask<bool> RunAsync()
        {
            exchange.OnResponse((_, response) => _answered.TrySetResult(!countsServerErrors || response.StatusCode < 500));
            Relay = next.InvokeAsync().AsTask();
            await Task.WhenAny(Relay, _answered.Task).ConfigureAwait(false);
            return _answered.Task.IsCompleted ? await _answered.Task.ConfigureAwait(false)
                : !Relay.IsCompletedSuccessfully || !IsFailure(await Relay.ConfigureAwait(false));
        }

        // What other parts of the way do wrong is not the service's fault.
        private static bool IsFailure(RelayError error) => error is RelayError.LocalUnreachable or RelayError.LocalTlsFailed
            or RelayError.ResponseHeadLocal or RelayError.ResponseHeadTimeout or RelayError.LocalProtocol;
    }
}

/// <summary>Makes <see cref="CircuitBreakerPolicy"/>.</summary>
/// <param name="time">Clock.</param>
internal sealed class CircuitBreakerPolicyFactory(TimeProvider time) : IEdgePolicyFactory
{
    public EdgeStage Stage => EdgeStage.Service;

    public IEnumerable<string> Keys => [ServiceOptions.CircuitKey];

    public IEdgePolicy Create(PolicyValues values, EdgeScope scope) =>
        new CircuitBreakerPolicy(CircuitOptions.Parse(values.Single(ServiceOptions.CircuitKey)!), time);
}
