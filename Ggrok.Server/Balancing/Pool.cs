using Ggrok.Server.Tunnels;
using Ggrok.Shared.Balancing;

namespace Ggrok.Server.Balancing;

/// <summary>
/// The tunnels behind one name: several that share it, or one whose local service is checked. Joined and left under the lock of
/// the registry; chosen from without one.
/// </summary>
/// <param name="key">The name.</param>
/// <param name="rule">How requests are shared out.</param>
internal sealed class Pool(RouteKey key, BalanceRule rule)
{
    /// <summary>Most members: the tries of a request are the bits of a number.</summary>
    public const int Most = 64;

    private readonly string _plainCookie = StickyCookie.NameFor(key, isHttps: false);
    private readonly string _secureCookie = StickyCookie.NameFor(key, isHttps: true);
    private TunnelRoute[] _members = [];
    private int _turn;

    /// <summary>The name.</summary>
    public RouteKey Key => key;

    /// <summary>How requests are shared out.</summary>
    public BalanceRule Rule => rule;

    /// <summary>The members now; the array is replaced, never changed.</summary>
    public TunnelRoute[] Members => Volatile.Read(ref _members);

    /// <summary>Name of the cookie that says which member served a browser; pools of one host have different ones.</summary>
    /// <param name="isHttps">Whether the visitor uses https.</param>
    public string CookieName(bool isHttps) => isHttps ? _secureCookie : _plainCookie;

    /// <summary>The member of this very run of a client, which comes back after a loss that only it noticed.</summary>
    public TunnelRoute? Find(RouteOwner owner) =>
        Array.Find(Members, m => m.Owner.IsSame(owner) && m.Owner.Instance == owner.Instance);

    /// <summary>Adds a member, in the place of what this very run of its client had.</summary>
    public void Join(TunnelRoute route)
    {
        TunnelRoute? before = Find(route.Owner);
        TunnelRoute[] others = Array.FindAll(Members, m => m != before);
        route.Member!.Name = before?.Member!.Name
            ?? MemberName.Of(key, route.Owner, isFirst: !Array.Exists(others, m => m.Owner.ClientId == route.Owner.ClientId));
        Volatile.Write(ref _members, [.. others, route]);
    }

    /// <summary>Removes a member; who is no member any more is no mistake.</summary>
    public void Leave(TunnelRoute route) => Volatile.Write(ref _members, Array.FindAll(_members, m => m != route));

    /// <summary>Whose turn it is: a number that goes up.</summary>
    public uint NextTurn() => (uint)Interlocked.Increment(ref _turn);
}
