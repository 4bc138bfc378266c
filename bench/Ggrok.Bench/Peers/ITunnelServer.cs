using Ggrok.Bench.Measuring;

namespace Ggrok.Bench.Peers;

/// <summary>A peer that speaks <c>ggrok.v1</c>, of which a server without clients can be started.</summary>
internal interface ITunnelServer
{
    /// <summary>Starts one more server, which gives subdomains, for so many tunnels.</summary>
    /// <exception cref="InvalidOperationException">It did not start.</exception>
    Task<(ProcessTree Server, Entrance Entrance)> StartServerAsync(int tunnels, CancellationToken stop);
}
