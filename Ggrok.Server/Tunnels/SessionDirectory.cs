using System.Collections.Concurrent;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>All live sessions of this process: for the clock, for limits and for draining.</summary>
public sealed class SessionDirectory
{
    private readonly ConcurrentDictionary<string, TunnelSession> _sessions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<ILegacyTunnel, (Identity Identity, RouteKey Key)> _legacy = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _tunnelsOfToken = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _drains = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _draining;
    private volatile bool _refusesVisitors;

    /// <summary>No new sessions are taken.</summary>
    public bool IsDraining => _draining;

    /// <summary>No new requests are taken.</summary>
    public bool RefusesVisitors => _refusesVisitors;

    /// <summary>Completes when no new sessions are taken any more.</summary>
    public Task Drains => _drains.Task;

    /// <summary>Live sessions.</summary>
    public IEnumerable<TunnelSession> Sessions => _sessions.Values;

    /// <summary>Live legacy clients, who they are and what they hold.</summary>
    public IEnumerable<KeyValuePair<ILegacyTunnel, (Identity Identity, RouteKey Key)>> Legacy => _legacy;

    /// <summary>Takes room for tunnels of a token; false when that would be more than <paramref name="limit"/>.</summary>
    public bool TryReserve(string tokenId, int tunnels, int limit)
    {
        lock (_gate)
        {
            int used = _tunnelsOfToken.GetValueOrDefault(tokenId);
            if (used + tunnels > limit)
            {
                return false;
            }

            _tunnelsOfToken[tokenId] = used + tunnels;
            return true;
        }
    }

    /// <summary>Gives the room back.</summary>
    public void Unreserve(string tokenId, int tunnels)
    {
        lock (_gate)
        {
            int left = _tunnelsOfToken.GetValueOrDefault(tokenId) - tunnels;
            if (left <= 0)
            {
                _tunnelsOfToken.Remove(tokenId);
            }
            else
            {
                _tunnelsOfToken[tokenId] = left;
            }
        }
    }

    /// <summary>Adds a session.</summary>
    public void Add(TunnelSession session) => _sessions[session.Id] = session;

    /// <summary>Removes this session.</summary>
    public void Remove(TunnelSession session) => _sessions.TryRemove(KeyValuePair.Create(session.Id, session));

    /// <summary>Adds a legacy client, to be closed when the server drains or its token does not count any more.</summary>
    public void Add(ILegacyTunnel legacy, Identity identity, RouteKey key) => _legacy[legacy] = (identity, key);

    /// <summary>Removes a legacy client.</summary>
    public void Remove(ILegacyTunnel legacy) => _legacy.TryRemove(legacy, out _);

    /// <summary>Closes every legacy client: they know nothing of draining.</summary>
    public void CloseLegacy()
    {
        foreach (ILegacyTunnel legacy in _legacy.Keys)
        {
            legacy.Close();
        }
    }

    /// <summary>From now on no request is taken.</summary>
    public void RefuseVisitors() => _refusesVisitors = true;

    /// <summary>Tells every client to connect elsewhere; from now on no session is taken.</summary>
    public void StartDraining()
    {
        _draining = true;
        _drains.TrySetResult();
        foreach (TunnelSession session in Sessions)
        {
            session.GoAway(CloseReason.Drained, "The server is shutting down; connect again.");
        }
    }
}
