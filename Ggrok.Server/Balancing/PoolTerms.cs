using Ggrok.Shared.Balancing;

namespace Ggrok.Server.Balancing;

/// <summary>What a client says who wants to serve a name together with others.</summary>
/// <param name="Balance">How requests shall be shared out; null when any rule will do.</param>
/// <param name="KeyHash">Hash of the key that all members must know; null without one.</param>
internal sealed record PoolTerms(BalanceRule? Balance, string? KeyHash)
{
    /// <summary>The rule of a pool that this client opens.</summary>
    public BalanceRule Rule => Balance ?? BalanceRule.LeastRequests;
}

/// <summary>How a local service is checked.</summary>
/// <param name="Path">Target of the request.</param>
/// <param name="Interval">Time between two checks.</param>
/// <param name="Timeout">Time for an answer.</param>
/// <param name="Threshold">Equal results in a row that change what is thought of the service.</param>
internal sealed record HealthTerms(string Path, TimeSpan Interval, TimeSpan Timeout, int Threshold);
