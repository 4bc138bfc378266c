using Ggrok.Shared.Edge.Service;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge.Service;

/// <summary>Sets the time for the response head; where server and client both do, the shorter one.</summary>
internal sealed class ResponseTimeoutPolicy(TimeSpan timeout) : IEdgePolicy
{
    public ValueTask<RelayError> InvokeAsync(EdgeExchange exchange, EdgeNext next)
    {
        exchange.ResponseTimeout = exchange.ResponseTimeout is { } before && before < timeout ? before : timeout;
        return next.InvokeAsync();
    }
}

/// <summary>Makes <see cref="ResponseTimeoutPolicy"/>.</summary>
internal sealed class ResponseTimeoutPolicyFactory : IEdgePolicyFactory
{
    public EdgeStage Stage => EdgeStage.Service;

    public IEnumerable<string> Keys => [ServiceOptions.TimeoutKey];

    public IEdgePolicy Create(PolicyValues values, EdgeScope scope) => new ResponseTimeoutPolicy(ServiceOptions.Timeout(values.Single(ServiceOptions.TimeoutKey)!));
}
