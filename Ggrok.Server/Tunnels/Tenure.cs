namespace Ggrok.Server.Tunnels;

/// <summary>What a client's session holds, or several of its sessions hold together: routes, ports, room of its token.</summary>
/// <param name="lease">The routes.</param>
/// <param name="giveUpRoom">Gives back the room of the token.</param>
/// <param name="end">Gives back everything else.</param>
internal sealed class Tenure(RouteLease lease, Action giveUpRoom, Action end)
{
    private int _hasRoom = 1;
    private int _ended;

    /// <summary>The routes.</summary>
    public IReadOnlyList<TunnelRoute> Routes => lease.Routes;

    /// <summary>Gives back the room of the token: somebody else holds the names now.</summary>
    public void GiveUpRoom()
    {
        if (Interlocked.Exchange(ref _hasRoom, 0) != 0)
        {
            giveUpRoom();
        }
    }

    /// <summary>Gives everything back; with a time, the names stay reserved for the client.</summary>
    /// <param name="farewell">For how long, and what its client may expect.</param>
    public void End(Farewell farewell)
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            lease.Release(farewell);
            end();
            GiveUpRoom();
        }
    }
}
