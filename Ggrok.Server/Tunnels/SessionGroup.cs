using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>
/// The connections of one run of a client as one tunnel: a stream is opened on the connection that has the fewest. Joined and left
/// under a lock; chosen from without one.
/// </summary>
/// <param name="first">The first connection's Hello: the others want the same.</param>
internal sealed class SessionGroup(Hello first) : ITunnel
{
    /// <summary>Most connections of a client.</summary>
    public const int Most = ProtocolLimits.MaxConnections;

    private readonly Lock _gate = new();
    private TunnelSession[] _sessions = [];
    private int _turn;

    /// <summary>What all connections want.</summary>
    public Hello Hello => first;

    /// <summary>The connections now; the array is replaced, never changed.</summary>
    public TunnelSession[] Sessions => Volatile.Read(ref _sessions);

    /// <summary>What they hold together; set once, before anybody finds the group.</summary>
    public Tenure? Tenure { get; set; }

    /// <summary>Another run of the client has its names now: nobody joins any more.</summary>
    public bool IsReplaced { get; set; }

    /// <inheritdoc/>
    public bool IsLeaving => Array.TrueForAll(Sessions, s => s.IsLeaving);

    /// <inheritdoc/>
    public bool IsSuspended => !IsLeaving && Array.TrueForAll(Sessions, s => s.IsLeaving || s.IsSuspended);

    /// <inheritdoc/>
    public MuxStream? TryOpenStream(out RelayError error)
    {
        TunnelSession[] sessions = Sessions;
        error = sessions.Length == 0 ? RelayError.TunnelLost : RelayError.Draining;
        int tried = 0;
        while (Choose(sessions, tried) is var chosen and >= 0)
        {
            tried |= 1 << chosen;
            if (sessions[chosen].TryOpenStream(out error) is { } stream)
            {
                return stream;
            }
        }

        return null;
    }

    /// <summary>Adds a connection; returns the one that had its number.</summary>
    public TunnelSession? Add(TunnelSession session)
    {
        lock (_gate)
        {
            TunnelSession? before = Array.Find(_sessions, s => s.Hello.Connection!.Index == session.Hello.Connection!.Index);
            Volatile.Write(ref _sessions, [.. _sessions.Where(s => s != before), session]);
            return before;
        }
    }

    /// <summary>Removes a connection; true when it was the last one.</summary>
    public bool Remove(TunnelSession session)
    {
        lock (_gate)
        {
            bool wasThere = _sessions.Contains(session);
            Volatile.Write(ref _sessions, Array.FindAll(_sessions, s => s != session));
            return wasThere && _sessions.Length == 0;
        }
    }

    // Of the best standing the one with the fewest streams; begins with another one each time, so that equals take turns.
    private int Choose(TunnelSession[] sessions, int tried)
    {
        int begin = sessions.Length > 1 ? (int)((uint)Interlocked.Increment(ref _turn) % (uint)sessions.Length) : 0;
        int best = -1;
        (int Standing, int Streams) bestRank = (int.MaxValue, 0);
        for (int i = 0; i < sessions.Length; i++)
        {
            int candidate = (begin + i) % sessions.Length;
            TunnelSession session = sessions[candidate];
            if ((tried & (1 << candidate)) != 0 || session.IsLeaving)
            {
                continue;
            }

            // A silent or suspended one only when nothing else is left: what is opened there waits, in the end for another connection.
            int silent = session.Connection.SilentFor;
            int standing = session.IsSuspended ? int.MaxValue : silent > 0 ? 1 + silent : session.IsGoingAway ? 1 : 0;
            (int Standing, int Streams) rank = (standing, session.Connection.OpenStreams);
            if (best < 0 || rank.CompareTo(bestRank) < 0)
            {
                (best, bestRank) = (candidate, rank);
            }
        }

        return best;
    }
}
