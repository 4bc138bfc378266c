using System.Globalization;
using System.Runtime.InteropServices;
using Ggrok.Shared.Edge.Rate;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge.Rate;

/// <summary>Lets so many requests run at once; a WebSocket runs for as long as it is open.</summary>
internal sealed class ConcurrencyPolicy : IEdgePolicy
{
    private readonly Lock _gate = new();
    private readonly int _perVisitor;
    private readonly int _perTunnel;

    // Only of those who have requests that run: as many as there are connections at most.
    private readonly Dictionary<UInt128, int> _running = [];
    private int _all;

    public ConcurrencyPolicy(IReadOnlyList<ConcurrencyRule> rules)
    {
        _perVisitor = rules.Where(r => r.IsPerVisitor).Select(r => r.Requests).DefaultIfEmpty(int.MaxValue).Min();
        _perTunnel = rules.Where(r => !r.IsPerVisitor).Select(r => r.Requests).DefaultIfEmpty(int.MaxValue).Min();
    }

    public ValueTask<RelayError> InvokeAsync(EdgeExchange exchange, EdgeNext next)
    {
        UInt128 visitor = VisitorKey.Of(exchange.RemoteAddress);
        if (Enter(visitor) is not { } limit)
        {
            return RunAsync(visitor, next);
        }

        return ValueTask.FromResult(exchange.Refuse(RelayError.ConcurrencyLimited, limit));
    }

    private async ValueTask<RelayError> RunAsync(UInt128 visitor, EdgeNext next)
    {
        try
        {
            return await next.InvokeAsync().ConfigureAwait(false);
        }
        finally
        {
            Leave(visitor);
        }
    }

    // Null, or which limit is in the way.
    private string? Enter(UInt128 visitor)
    {
        lock (_gate)
        {
            if (_all >= _perTunnel)
            {
                return string.Create(CultureInfo.InvariantCulture, $"This tunnel lets {_perTunnel} requests run at once. Try again shortly.");
            }

            ref int own = ref CollectionsMarshal.GetValueRefOrAddDefault(_running, visitor, out _);
            if (own >= _perVisitor)
            {
                return string.Create(CultureInfo.InvariantCulture, $"This tunnel lets {_perVisitor} requests of one visitor run at once. Try again shortly.");
            }

            own++;
            _all++;
            return null;
        }
    }

    private void Leave(UInt128 visitor)
    {
        lock (_gate)
        {
            _all--;
            ref int own = ref CollectionsMarshal.GetValueRefOrNullRef(_running, visitor);
            if (--own == 0)
            {
                _running.Remove(visitor);
            }
        }
    }
}

/// <summary>Makes <see cref="ConcurrencyPolicy"/>.</summary>
internal sealed class ConcurrencyPolicyFactory : IEdgePolicyFactory
{
    public EdgeStage Stage => EdgeStage.Rate;

    public IEnumerable<string> Keys => [RateOptions.ConcurrencyKey];

    public IEdgePolicy Create(PolicyValues values, EdgeScope scope) => new ConcurrencyPolicy(RateOptions.Concurrencies(values.All(RateOptions.ConcurrencyKey)));
}
