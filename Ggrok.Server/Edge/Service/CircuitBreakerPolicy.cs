using System.Globalization;
using Ggrok.Shared.Edge.Service;
using Ggrok.Shared.Protocol;
using Polly;
using Polly.CircuitBreaker;

namespace Ggrok.Server.Edge.Service;

/// <summary>Leaves a local service in peace that keeps failing, and lets one request through now and then to see.</summary>
internal sealed class CircuitBreakerPolicy : IEdgePolicy
{
    private readonly ResiliencePipeline<Health> _circuit;
    private readonly CircuitBreakerStateProvider _state = new();
    private readonly CircuitBreakerManualControl _control = new();
    private readonly CircuitOptions _options;
    private readonly TimeProvider _time;

    public CircuitBreakerPolicy(CircuitOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _circuit = new ResiliencePipelineBuilder<Health> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<Health>
            {
                FailureRatio = options.Percent / 100.0,
                MinimumThroughput = options.AtLeast,
                SamplingDuration = options.Window,
                BreakDuration = options.Open,
                StateProvider = _state,
                ManualControl = _control,
                ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Result == Health.Failed
                    || (arguments.Outcome.Result == Health.Unknown && _state.CircuitState == CircuitState.HalfOpen)),
            })
            .Build();
    }

    /// <summary>What a request tells of the local service.</summary>
    private enum Health
    {
        /// <summary>Nothing: it ended, or goes on, for other reasons. Opens no circuit, and closes none.</summary>
        Unknown,

        /// <summary>It answered.</summary>
        Answered,

        /// <summary>It failed.</summary>
        Failed,
    }

    public async ValueTask<RelayError> InvokeAsync(EdgeExchange exchange, EdgeNext next)
    {
        var attempt = new Attempt(this, exchange, next);
        ResilienceContext context = ResilienceContextPool.Shared.Get();
        Outcome<Health> outcome = await _circuit.ExecuteOutcomeAsync(
            static async (_, a) => Outcome.FromResult(await a.RunAsync().ConfigureAwait(false)), context, attempt).ConfigureAwait(false);
        ResilienceContextPool.Shared.Return(context);
        return outcome.Exception switch
        {
            null => await attempt.Relay!.ConfigureAwait(false),
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
    private sealed class Attempt(CircuitBreakerPolicy policy, EdgeExchange exchange, EdgeNext next)
    {
        // Not run asynchronously: what follows is short, and the head of the response waits for it.
        private readonly TaskCompletionSource<Health> _answered = new();

        public Task<RelayError>? Relay { get; private set; }

        public async ValueTask<Health> RunAsync()
        {
            bool isProbe = policy._state.CircuitState == CircuitState.HalfOpen;
            exchange.OnResponse((_, response) => Answered(response.StatusCode));
            Relay = next.InvokeAsync().AsTask();
            if (isProbe && !await IsSettledInTimeAsync(Relay).ConfigureAwait(false))
            {
                // Others may have a try meanwhile. Its answer is still good news, should it come.
                _ = CloseWhenAnsweredAsync();
                return Health.Unknown;
            }

            await Task.WhenAny(Relay, _answered.Task).ConfigureAwait(false);
            return _answered.Task.IsCompleted ? await _answered.Task.ConfigureAwait(false)
                : Relay.IsCompletedSuccessfully && IsFailure(await Relay.ConfigureAwait(false)) ? Health.Failed
                : Health.Unknown;
        }

        // An error page that the server makes of a failure is not the service's answer.
        private void Answered(int status)
        {
            if (Relay is not { IsCompleted: true })
            {
                _answered.TrySetResult(policy._options.CountsServerErrors && status >= 500 ? Health.Failed : Health.Answered);
            }
        }

        // While one request is looked at all others are refused, and it may last: an upload, or a visitor who only wants that.
        private async Task<bool> IsSettledInTimeAsync(Task<RelayError> relay)
        {
            using var settled = new CancellationTokenSource();
            Task patience = Task.Delay(policy._options.Open, policy._time, settled.Token);
            Task first = await Task.WhenAny(relay, _answered.Task, patience).ConfigureAwait(false);

            // At once, as the head of the response waits: only a timer listens.
            settled.Cancel();
            return first != patience;
        }

        private async Task CloseWhenAnsweredAsync()
        {
            if (await _answered.Task.ConfigureAwait(false) == Health.Answered)
            {
                await policy._control.CloseAsync().ConfigureAwait(false);
            }
        }

        // What other parts of the way do wrong is not the service's fault, and a time that the visitor set is not its measure.
        private bool IsFailure(RelayError error) => error is RelayError.LocalUnreachable or RelayError.LocalTlsFailed
            or RelayError.ResponseHeadLocal or RelayError.LocalProtocol
            || (error == RelayError.ResponseHeadTimeout && !exchange.Record.HasOwnLimit);
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
