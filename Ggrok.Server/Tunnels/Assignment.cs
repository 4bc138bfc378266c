using Ggrok.Server.Balancing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>Who asks for tunnels.</summary>
/// <param name="ConnectHost">Host under which the client connected, normalised.</param>
/// <param name="ClientId">The client's persistent id.</param>
/// <param name="Identity">Who it is by its token or certificate.</param>
public sealed record Applicant(string ConnectHost, string ClientId, Identity Identity);

/// <summary>What a wanted tunnel is given, or why not.</summary>
public sealed class Assignment : IDisposable
{
    private readonly IDisposable? _lease;

    internal Assignment(RouteKey key, TunnelKind kind, IDisposable? lease = null)
    {
        Key = key;
        Kind = kind;
        _lease = lease;
    }

    internal Assignment(Rejected refusal)
    {
        Refusal = refusal;
    }

    /// <summary>Why nothing is assigned, or null.</summary>
    public Rejected? Refusal { get; }

    /// <summary>The assigned key.</summary>
    public RouteKey Key { get; }

    /// <summary>How the name is shared, what is checked, and under which conditions.</summary>
    internal BalancingWish Wish { get; init; } = BalancingWish.None;

    /// <summary>What the tunnel carries.</summary>
    public TunnelKind Kind { get; }

    /// <summary>Gives up what was opened for it, such as a public port.</summary>
    public void Dispose() => _lease?.Dispose();
}
