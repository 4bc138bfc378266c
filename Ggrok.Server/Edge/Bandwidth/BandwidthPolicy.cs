using Ggrok.Shared.Edge.Bandwidth;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;

namespace Ggrok.Server.Edge.Bandwidth;

/// <summary>Limits the bytes in a second of all visitors together; streams that want more than there is take turns.</summary>
internal sealed class BandwidthPolicy(BandwidthOptions options, TimeProvider time) : IEdgePolicy, IPacedPolicy
{
    public Pacing Pacing { get; } = new(PaceOf(options.Up, time), PaceOf(options.Down, time));

    public ValueTask<RelayError> InvokeAsync(EdgeExchange exchange, EdgeNext next)
    {
        exchange.Pacing = Pacing.Join(exchange.Pacing, Pacing);
        return next.InvokeAsync();
    }

    private static Pace? PaceOf(long? rate, TimeProvider time) => rate is { } bytes ? new Pace([new ByteRate(bytes, time)], time) : null;
}

/// <summary>Makes <see cref="BandwidthPolicy"/>.</summary>
/// <param name="time">Clock.</param>
internal sealed class BandwidthPolicyFactory(TimeProvider time) : IEdgePolicyFactory
{
    public EdgeStage Stage => EdgeStage.Bandwidth;

    public IEnumerable<string> Keys => [BandwidthOptions.Key];

    public IEdgePolicy Create(PolicyValues values, EdgeScope scope) => new BandwidthPolicy(BandwidthOptions.Parse(values.Single(BandwidthOptions.Key)!), time);
}
