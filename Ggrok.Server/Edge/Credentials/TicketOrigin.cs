namespace Ggrok.Server.Edge.Credentials;

/// <summary>
/// Browsers send cookies with WebSockets that any page opens, also one of another tunnel of the same domain, and no rule of the
/// browser keeps that page from reading the answers: the server looks at where it comes from.
/// </summary>
internal static class TicketOrigin
{
    /// <summary>Whether a cookie counts: always but for upgrades, and for those that a page of the same host opens, or a program.</summary>
    public static bool IsOwn(EdgeExchange exchange)
    {
        string origin = exchange.Context.Request.Headers.Origin.ToString();
        int authority = origin.IndexOf("://", StringComparison.Ordinal);
        return exchange.Head.Upgrade is null || origin.Length == 0
            || (authority > 0 && origin.AsSpan(authority + 3).Equals(exchange.Head.Host, StringComparison.OrdinalIgnoreCase));
    }
}
