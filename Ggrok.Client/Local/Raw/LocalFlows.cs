using System.Collections.Concurrent;
using Ggrok.Shared.Relay.Datagrams;

namespace Ggrok.Client.Local.Raw;

/// <summary>Every UDP peer that local services answer now.</summary>
internal sealed class LocalFlows
{
    private readonly ConcurrentDictionary<DatagramFlow, bool> _flows = new();
    private volatile bool _ending;

    /// <summary>Memory that they share.</summary>
    public DatagramBudget Budget { get; } = new();

    public void Add(DatagramFlow flow)
    {
        _flows[flow] = true;
        if (_ending)
        {
            flow.Complete();
        }
    }

    public void Remove(DatagramFlow flow) => _flows.TryRemove(flow, out _);

    /// <summary>Ends all, and all that come, once the datagrams that wait have left: they have no end of their own.</summary>
    public void EndAll()
    {
        _ending = true;
        foreach (DatagramFlow flow in _flows.Keys)
        {
            flow.Complete();
        }
    }
}
