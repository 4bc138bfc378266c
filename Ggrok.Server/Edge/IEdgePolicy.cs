using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;

namespace Ggrok.Server.Edge;

/// <summary>
/// One policy of one tunnel, made once and used by all its requests at the same time. It owns no threads and no timers, and
/// it never blocks (docs/architecture.md).
/// </summary>
public interface IEdgePolicy
{
    /// <summary>
    /// Looks at a request and lets it go on with <paramref name="next"/>, or answers it, or refuses it. What is to be done to
    /// the response is asked for with <see cref="EdgeExchange.OnResponse"/> before going on.
    /// </summary>
    /// <param name="exchange">The request and what is known of it.</param>
    /// <param name="next">What comes behind this policy; called at most once.</param>
    /// <returns>
    /// How the exchange failed; <see cref="RelayError.None"/> when it did not, also when this policy answered it. For an
    /// error nothing has to be written: the visitor gets the answer of that error.
    /// </returns>
    ValueTask<RelayError> InvokeAsync(EdgeExchange exchange, EdgeNext next);
}

/// <summary>A policy with a say in every response, also where a stage before its own refuses the request.</summary>
public interface IResponsePolicy
{
    /// <summary>Called for every request before the first stage, in the order of the stages.</summary>
    /// <param name="exchange">The request, of which nothing is known yet but its head.</param>
    void Begin(EdgeExchange exchange);
}

/// <summary>A policy that says how fast bytes may go, also those of raw connections.</summary>
public interface IPacedPolicy
{
    /// <summary>How fast; the same object for all connections of the tunnel, which share it.</summary>
    Pacing Pacing { get; }
}

/// <summary>A policy that also holds for tunnels of raw bytes.</summary>
public interface IRawPolicy
{
    /// <summary>Whether a connection from this address may be opened.</summary>
    /// <param name="remote">The visitor's address; null where there is none, as on a Unix socket.</param>
    /// <returns><see cref="RelayError.None"/>, or why not.</returns>
    RelayError Admit(System.Net.IPAddress? remote);
}
