using System.Globalization;
using System.Net;
using Ggrok.Shared.Edge.Rate;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge.Rate;

/// <summary>Lets so many requests, or connections of a raw tunnel, pass in a time, and tells visitors how they stand.</summary>
internal sealed class RatePolicy(IReadOnlyList<RateRule> rules, TimeProvider time) : IEdgePolicy, IRawPolicy
{
    private readonly RateLimiter _limiter = new(rules, time);

    public ValueTask<RelayError> InvokeAsync(EdgeExchange exchange, EdgeNext next)
    {
        RateVerdict verdict = _limiter.Take(exchange.RemoteAddress);
        exchange.OnResponse((_, response) => Tell(response, verdict));
        if (verdict.Passes)
        {
            return next.InvokeAsync();
        }

        return ValueTask.FromResult(exchange.Refuse(RelayError.RateLimited, string.Create(CultureInfo.InvariantCulture,
            $"This tunnel lets pass {verdict.Name.Trim('"')}. Try again in {verdict.RetryAfterSeconds} s.")));
    }

    public RelayError Admit(IPAddress? remote) => _limiter.Take(remote).Passes ? RelayError.None : RelayError.RateLimited;

    private void Tell(HttpResponse response, RateVerdict verdict)
    {
        // Lists (RFC 9651 section 3.1): what the local service, or another policy, says of its own limits stays.
        response.Headers.Append("RateLimit-Policy", _limiter.Policy);
        response.Headers.Append("RateLimit", verdict.Field);
        if (!verdict.Passes)
        {
            response.Headers.RetryAfter = verdict.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }
    }
}

/// <summary>Makes <see cref="RatePolicy"/>.</summary>
/// <param name="time">Clock.</param>
internal sealed class RatePolicyFactory(TimeProvider time) : IEdgePolicyFactory
{
    public EdgeStage Stage => EdgeStage.Rate;

    public IEnumerable<string> Keys => [RateOptions.RateKey];

    public IEdgePolicy Create(PolicyValues values, EdgeScope scope) => new RatePolicy(RateOptions.Rates(values.All(RateOptions.RateKey)), time);
}
