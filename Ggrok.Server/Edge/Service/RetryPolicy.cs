using Ggrok.Shared.Edge.Service;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge.Service;

/// <summary>Has requests that fail tried again for a while; where server and client both say so, as far as both allow.</summary>
internal sealed class RetryPolicy(RetryOptions options) : IEdgePolicy
{
    public ValueTask<RelayError> InvokeAsync(EdgeExchange exchange, EdgeNext next)
    {
        exchange.Retry = exchange.Retry?.And(options) ?? options;
        return next.InvokeAsync();
    }
}

/// <summary>Makes <see cref="RetryPolicy"/>.</summary>
internal sealed class RetryPolicyFactory : IEdgePolicyFactory
{
    public EdgeStage Stage => EdgeStage.Service;

    public IEnumerable<string> Keys => [ServiceOptions.RetryKey];

    public IEdgePolicy Create(PolicyValues values, EdgeScope scope) => new RetryPolicy(RetryOptions.Parse(values.Single(ServiceOptions.RetryKey)!));
}
