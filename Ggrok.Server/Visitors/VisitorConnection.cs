using System.Net;
using Ggrok.Server.Hosting;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;
using Microsoft.AspNetCore.Connections.Features;

namespace Ggrok.Server.Visitors;

/// <summary>
/// What stays the same from request to request of one visitor's connection, kept with the connection so that it is made
/// once: the texts of the address and the host, and an envelope of each kind to fill again.
/// </summary>
internal sealed class VisitorConnection
{
    private static readonly object Key = new();

    private KnownHost? _host;
    private ForwardedText? _forwarded;
    private RequestHead? _requestHead;
    private ResponseHead? _responseHead;

    private VisitorConnection(IPAddress? remote, TrustedProxies proxies)
    {
        IsTrusted = proxies.IsPeerTrusted(remote);
        Remote = TextOf(remote);
    }

    /// <summary>Whether the peer is a proxy of ours.</summary>
    public bool IsTrusted { get; }

    /// <summary>Address of the peer, which may be a proxy, as text.</summary>
    public string Remote { get; }

    /// <summary>The object of the connection on which the request came.</summary>
    public static VisitorConnection Of(HttpContext context, TrustedProxies proxies)
    {
        IPAddress? remote = context.Connection.RemoteIpAddress;
        IDictionary<object, object?>? items = context.Features.Get<IConnectionItemsFeature>()?.Items;
        if (items is null)
        {
            return new VisitorConnection(remote, proxies);
        }

        // The streams of an HTTP/2 connection come in parallel.
        lock (items)
        {
            if (items.TryGetValue(Key, out object? known) && known is VisitorConnection connection)
            {
                return connection;
            }

            connection = new VisitorConnection(remote, proxies);
            items[Key] = connection;
            return connection;
        }
    }

    /// <summary>An address as text; IPv4 as such also where the socket speaks IPv6.</summary>
    public static string TextOf(IPAddress? address) => address is null ? "unknown"
        : address.IsIPv4MappedToIPv6 ? address.MapToIPv4().ToString()
        : address.ToString();

    /// <summary><see cref="HostNames.Normalize"/>, remembered for the last host.</summary>
    public string? Normalize(string host)
    {
        KnownHost? known = Volatile.Read(ref _host);
        if (known is null || known.Host != host)
        {
            known = new KnownHost(host, HostNames.Normalize(host));
            Volatile.Write(ref _host, known);
        }

        return known.Key;
    }

    /// <summary>The value of <c>Forwarded</c> (RFC 7239), remembered for the last visitor.</summary>
    public string Forwarded(string remote, string host, string scheme)
    {
        ForwardedText? known = Volatile.Read(ref _forwarded);
        if (known is null || known.Remote != remote || known.Host != host || known.Scheme != scheme)
        {
            string node = remote.Contains(':') ? $"\"[{remote}]\"" : remote;
            string quoted = host.AsSpan().IndexOfAny(":[]") >= 0 ? $"\"{host}\"" : host;
            known = new ForwardedText(remote, host, scheme, $"for={node};host={quoted};proto={scheme}");
            Volatile.Write(ref _forwarded, known);
        }

        return known.Text;
    }

    /// <summary>An empty request envelope; give it back when the exchange is over.</summary>
    public RequestHead RentRequestHead() => Interlocked.Exchange(ref _requestHead, null) ?? new RequestHead();

    /// <summary>Takes the envelope back. Nobody may use it after this.</summary>
    public void Return(RequestHead head)
    {
        head.Clear();
        Volatile.Write(ref _requestHead, head);
    }

    /// <summary>An empty response envelope; give it back when it was applied.</summary>
    public ResponseHead RentResponseHead() => Interlocked.Exchange(ref _responseHead, null) ?? new ResponseHead();

    /// <summary>Takes the envelope back. Nobody may use it after this.</summary>
    public void Return(ResponseHead head)
    {
        head.Clear();
        Volatile.Write(ref _responseHead, head);
    }

    private sealed record KnownHost(string Host, string? Key);

    private sealed record ForwardedText(string Remote, string Host, string Scheme, string Text);
}
