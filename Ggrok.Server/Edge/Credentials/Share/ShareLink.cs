using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Edge.Credentials.Share;

/// <summary>One share link. Who has its secret may pass, as often as <see cref="UsesLeft"/> says.</summary>
/// <param name="Id">Its name for the owner, which is no secret.</param>
/// <param name="Key">The tunnel.</param>
/// <param name="Owner">Who holds the tunnel (<see cref="TicketOwner"/>): another one that takes the name later has nothing to do with the link.</param>
/// <param name="Identity">The token or certificate behind the tunnel; null where anybody is let in.</param>
/// <param name="Path">Where visitors land.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Expires">Until when it is good, and what it gave.</param>
/// <param name="Uses">How often it could be used.</param>
internal sealed record ShareLink(string Id, RouteKey Key, string Owner, string? Identity, string Path, DateTimeOffset Created, DateTimeOffset Expires, int Uses)
{
    /// <summary>How often it can still be used; changed by <see cref="ShareBook"/> alone.</summary>
    public int UsesLeft { get; set; } = Uses;

    /// <summary>Its owner ended it.</summary>
    public bool IsRevoked { get; set; }

    /// <summary>Since when nobody was seen to hold the tunnel; null while somebody does. Changed by <see cref="ShareBook"/> alone.</summary>
    public DateTimeOffset? UnheldSince { get; set; }

    /// <summary>Whether what it gave must be refused until it would have expired: then it cannot be forgotten.</summary>
    public bool IsNeeded => IsRevoked && UsesLeft < Uses;

    /// <summary>Whether it is about the tunnel as it is held now.</summary>
    public bool IsFor(TunnelRoute? route) => route is not null && route.Key == Key && TicketOwner.Of(route) == Owner;
}
