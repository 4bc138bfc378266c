using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>Outcome of a registration.</summary>
/// <param name="Lease">The routes, until released; null when refused.</param>
/// <param name="Wanted">The route that was refused; null when accepted.</param>
/// <param name="Conflict">Who holds its name; null when accepted.</param>
/// <param name="Replaced">Live routes of the same client that were taken over.</param>
public sealed record RegistrationResult(RouteLease? Lease, TunnelRoute? Wanted, TunnelRoute? Conflict, IReadOnlyList<TunnelRoute> Replaced)
{
    /// <summary>What does not fit the pool that the name belongs to; null when it is the name itself that was refused.</summary>
    public Rejected? Mismatch { get; init; }

    internal static RegistrationResult Refused(TunnelRoute wanted, TunnelRoute conflict, Rejected? mismatch = null) =>
        new(null, wanted, conflict, []) { Mismatch = mismatch };
}

/// <summary>The routes of one session.</summary>
public sealed class RouteLease(TunnelRegistry registry, IReadOnlyList<TunnelRoute> routes)
{
    /// <summary>What was registered.</summary>
    public IReadOnlyList<TunnelRoute> Routes => routes;

    /// <summary>
    /// Ends the registration of exactly these routes. With a time, the names stay reserved for the same client and
    /// visitors are told that it is away, or wait for it.
    /// </summary>
    /// <param name="farewell">For how long, and what its client may expect.</param>
    internal void Release(Farewell farewell)
    {
        foreach (TunnelRoute route in routes)
        {
            registry.Release(route, farewell);
        }
    }
}
