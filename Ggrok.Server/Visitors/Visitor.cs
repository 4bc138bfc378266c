using System.Net;
using System.Net.Sockets;
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
    public static Visitor Of(HttpRequest request, TrustedProxies proxies)
    {
        IPAddress? peer = request.HttpContext.Connection.RemoteIpAddress;
        string host = request.Host.Value ?? "";
        string peerText = Text(peer);
        if (!proxies.IsPeerTrusted(peer))
        {
            return new Visitor(peerText, request.Scheme, host, peerText);
        }

        string chain = request.Headers["X-Forwarded-For"].ToString();
        (string remote, string kept) = LastUntrusted(chain, proxies, peerText);
        string scheme = LastEntry(request.Headers["X-Forwarded-Proto"]) is "https" or "wss" ? "https" : request.Scheme;
        return new Visitor(remote, scheme, host, kept);
    }

    /// <summary>Appends the forwarding fields for the local service.</summary>
    public void AppendTo(List<HeaderField> headers)
    {
        headers.Add(new("X-Forwarded-For", ForwardedFor));
        headers.Add(new("X-Forwarded-Proto", Scheme));
        headers.Add(new("X-Forwarded-Host", Host));
        string node = Remote.Contains(':') ? $"\"[{Remote}]\"" : Remote;
        string host = Host.AsSpan().IndexOfAny(":[]") >= 0 ? $"\"{Host}\"" : Host;
        headers.Add(new("Forwarded", $"for={node};host={host};proto={Scheme}"));
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
            ? (Text(visitor), string.Join(", ", hops[..(last + 1)].Select(Printable.Clean)))
            : (peer, peer);
    }

    private static string LastEntry(StringValues values) => values.ToString().Split(',')[^1].Trim();

    private static string Text(IPAddress? address)
    {
        if (address is null)
        {
            return "unknown";
        }

        return address.IsIPv4MappedToIPv6 || address.AddressFamily == AddressFamily.InterNetwork
            ? address.MapToIPv4().ToString()
            : address.ToString();
    }
}
