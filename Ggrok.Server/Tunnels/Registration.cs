using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>Outcome of <see cref="Registrar.Register"/>.</summary>
public sealed class Registration : IDisposable
{
    private readonly Action<Farewell> _onEnd = static _ => { };
    private int _ended;

    internal Registration(Rejected refusal)
    {
        Refusal = refusal;
    }

    internal Registration(TunnelSession session, Welcome welcome, Action<Farewell> onEnd)
    {
        Session = session;
        Welcome = welcome;
        _onEnd = onEnd;
    }

    /// <summary>Why nothing was registered, or null.</summary>
    public Rejected? Refusal { get; }

    /// <summary>The session, or null when refused.</summary>
    public TunnelSession? Session { get; }

    /// <summary>What to tell the client, or null when refused.</summary>
    public Welcome? Welcome { get; }

    /// <summary>Ends the registration; with a time, the names stay reserved for the client.</summary>
    /// <param name="awayFor">For how long; those of tunnels with an inbox stay for longer.</param>
    /// <param name="isExpected">The client may come back, and visitors wait for it if it wants that.</param>
    /// <param name="isForbidden">Whether the client may not have a route any more: then it does not stay. Null for none.</param>
    public void End(TimeSpan awayFor, bool isExpected = false, Predicate<TunnelRoute>? isForbidden = null)
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            _onEnd(new Farewell(awayFor, isExpected, isForbidden));
        }
    }

    /// <summary>Ends the registration at once if nothing did so before.</summary>
    public void Dispose() => End(TimeSpan.Zero);
}
