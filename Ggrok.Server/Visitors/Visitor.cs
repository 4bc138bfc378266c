using System.Net;
using Ggrok.Server.Hosting;
using Ggrok.Shared.Protocol;
using Microsoft.Extensions.Primitives;

namespace Ggrok.Server.Visitors;

/// <summary>
/// Who the visitor is and what it asked for, by the peer's address or, behind trusted proxies, by what they say
/// (X-Forwarded-*, and RFC 7239 for what is passed on).
/// </summary>
internal readonly record struct Visitor(string Remote, string Scheme, string Host, string ForwardedFor)
{
    /// <summary>Reads the visitor's identity from a request.</summary>
    public static Visitor Of(HttpRequest request, VisitorConnection connection, TrustedProxies proxies)
    {
        string host = request.Host.Value ?? "";
        string peerText = connection.Remote;
        if (!connection.IsTrusted)
        {
            return new Visitor(peerText, request.Scheme, host, peerText);
        }

        string chain = request.Headers["X-Forwarded-For"].ToString();
        (string remote, string kept) = LastUntrusted(chain, proxies, peerText);
        string scheme = LastEntry(request.Headers["X-Forwarded-Proto"]) is "https" or "wss" ? "https" : request.Scheme;
        return new Visitor(remote, scheme, host, kept);
    }

    /// <summary>The visitor's own address alone, as text.</summary>
    public static string RemoteOf(HttpContext context, TrustedProxies proxies) =>
        Of(context.Request, VisitorConnection.Of(context, proxies), proxies).Remote;

    /// <summary>Appends the forwarding fields for the local service.</summary>
    public void AppendTo(List<HeaderField> headers, VisitorConnection connection)
    {
        headers.Add(new("X-Forwarded-For", ForwardedFor));
        headers.Add(new("X-Forwarded-Proto", Scheme));
        headers.Add(new("X-Forwarded-Host", Host));
        headers.Add(new("Forwarded", connection.Forwarded(Remote, Host, Scheme)));
    }

    // Walks the chain from the nearest hop outwards past proxies of ours. What is passed on ends with the visitor.
    private static (string Remote, string Kept) LastUntrusted(string chain, TrustedProxies proxies, string peer)
    {
        string[] hops = chain.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        int last = hops.Length - 1;
        while (last > 0 && IPAddress.TryParse(hops[last], out IPAddress? hop) && proxies.IsListed(hop))
        {
            last--;
        }

        return last >= 0 && IPAddress.TryParse(hops[last], out IPAddress? visitor)
            ? (VisitorConnection.TextOf(visitor), string.Join(", ", hops[..(last + 1)].Select(hop => Printable.Clean(hop))))
            : (peer, peer);
    }

    private static string LastEntry(StringValues values) => values.ToString().Split(',')[^1].Trim();
}
