namespace Ggrok.Server.Tunnels;

/// <summary>Is told of tunnels that come and go, and has a say in how long the name of one that went is kept. Called on any thread; returns at once.</summary>
internal interface ITunnelWatch
{
    /// <summary>A client serves a route from now on.</summary>
    void Registered(TunnelRoute route);

    /// <summary>For how long at least the name is kept for the client that leaves; zero for no longer than usual.</summary>
    TimeSpan KeepsFor(TunnelRoute route);

    /// <summary>The name is free: its owner may not have it any more, or was away for too long.</summary>
    void Freed(TunnelRoute route);
}
