using System.Security.Cryptography;
using System.Text;
using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Edge.Credentials.Share;

/// <summary>A visitor who opened a share link of the tunnel's owner.</summary>
internal sealed class ShareMethod(Sealer sealer, ShareBook book, TimeProvider time) : ICredentialMethod
{
    private const int TagBytes = 5;

    public string? Challenge(string realm) => null;

    public ValueTask<Finding> LookAsync(EdgeExchange exchange, Guesses guesses) => ValueTask.FromResult(
        Ticket(exchange.Context.Request, exchange.Route, exchange.IsHttps, sealer) is { } ticket && ticket.Expires > time.GetUtcNow() && !book.IsRevoked(ticket.Link)
            ? TicketOrigin.IsOwn(exchange) ? Finding.Accepted(user: null) : new Finding(FindingKind.Foreign)
            : Finding.Nothing);

    /// <summary>What the browser holds for this tunnel; null without.</summary>
    public static ShareTicket? Ticket(HttpRequest request, TunnelRoute route, bool isHttps, Sealer sealer) =>
        sealer.Open(Purpose(route), OwnCookies.Find(request, CookieName(route, isHttps)), CredentialJson.Default.ShareTicket);

    /// <summary>Gives it to the browser.</summary>
    public static void Give(HttpResponse response, ShareLink link, TunnelRoute route, bool isHttps, Sealer sealer, TimeProvider time) =>
        OwnCookies.Set(response, CookieName(route, isHttps), sealer.Seal(Purpose(route), new ShareTicket(link.Id, link.Expires), CredentialJson.Default.ShareTicket), link.Expires - time.GetUtcNow());

    /// <summary>Name of the cookie of a tunnel: several may share a host.</summary>
    public static string CookieName(TunnelRoute route, bool isHttps) =>
        OwnCookies.NameOf("share-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{route.Key.Path}\n{route.Key.Condition}")).AsSpan(0, TagBytes)), isHttps);

    // Good for this name in this owner's hands only.
    private static string Purpose(TunnelRoute route) => $"share\n{route.Key.Host}\n{route.Key.Path}\n{route.Key.Condition}\n{TicketOwner.Of(route)}";
}
