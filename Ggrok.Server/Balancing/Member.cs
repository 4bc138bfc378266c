using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Balancing;

/// <summary>How much a member is worth for the next request, the best first.</summary>
internal enum Standing
{
    /// <summary>Nothing speaks against it.</summary>
    Usable,

    /// <summary>It has just come, and the first check is not answered yet.</summary>
    Unproven,

    /// <summary>Its connection is broken and may come back: a request to it would wait.</summary>
    Suspended,

    /// <summary>Requests to it failed one after the other; used only when nothing better is there.</summary>
    TakenOut,

    /// <summary>Its checks fail: never used.</summary>
    Unhealthy,

    /// <summary>It takes no new requests.</summary>
    Leaving,
}

/// <summary>The state of one tunnel that shares a name, or whose local service is checked.</summary>
/// <param name="terms">What its client asked for; null when it has the name alone.</param>
/// <param name="health">How it is checked; null when it is not.</param>
/// <param name="time">Clock.</param>
internal sealed class Member(PoolTerms? terms, HealthTerms? health, TimeProvider time)
{
    private int _running;

    /// <summary>What its client asked for; null when it has the name alone.</summary>
    public PoolTerms? Terms => terms;

    /// <summary>How it is checked; null when it is not.</summary>
    public HealthTerms? Checks => health;

    /// <summary>What its checks say.</summary>
    public ActiveHealth Health { get; } = new(health?.Threshold);

    /// <summary>What its requests say.</summary>
    public PassiveHealth Passive { get; } = new(time);

    /// <summary>Which of the pool's members it is, as cookies and hashes name it; the same after a reconnect.</summary>
    public MemberName Name { get; set; } = MemberName.None;

    /// <summary>Requests that run.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>A request begins.</summary>
    public void Begin() => Interlocked.Increment(ref _running);

    /// <summary>A request is over.</summary>
    public void End() => Interlocked.Decrement(ref _running);

    /// <summary>How much it is worth now.</summary>
    public Standing StandingOf(Tunnels.ITunnel tunnel) =>
        tunnel.IsLeaving ? Standing.Leaving
        : Health.State == HealthState.Unhealthy ? Standing.Unhealthy
        : Passive.IsOut ? Standing.TakenOut
        : tunnel.IsSuspended ? Standing.Suspended
        : Health.State == HealthState.Unknown ? Standing.Unproven
        : Standing.Usable;

    /// <summary>Learns from the end of a request; true when the member is taken out by it.</summary>
    /// <param name="answered">The local service began a response.</param>
    /// <param name="error">How the request failed.</param>
    /// <param name="hasOwnLimit">The visitor set the time for the response head.</param>
    public bool Observe(bool answered, RelayError error, bool hasOwnLimit = false)
    {
        if (answered)
        {
            Passive.Succeeded();
            return false;
        }

        return IsOfMember(error) && !(hasOwnLimit && error == RelayError.ResponseHeadTimeout) && Passive.Failed();
    }

    // The visitor's own failures, and limits, say nothing of the member.
    private static bool IsOfMember(RelayError error) => error is
        RelayError.LocalUnreachable or RelayError.LocalTlsFailed or RelayError.LocalProtocol or RelayError.ResponseHeadLocal
        or RelayError.ResponseHeadInvalid or RelayError.ResponseHeadTimeout or RelayError.TunnelLost or RelayError.Internal;
}
