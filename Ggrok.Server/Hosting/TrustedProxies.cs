using System.Net;

namespace Ggrok.Server.Hosting;

/// <summary>Which peers' forwarding headers are believed.</summary>
public sealed class TrustedProxies
{
    /// <summary>Nobody's.</summary>
    public static readonly TrustedProxies None = new([], any: false);

    private readonly IPNetwork[] _networks;
    private readonly bool _any;

    private TrustedProxies(IPNetwork[] networks, bool any)
    {
        _networks = networks;
        _any = any;
    }

    /// <summary>
    /// Parses a comma-separated list of addresses and CIDR networks. <c>*</c> among them trusts any direct peer; the others
    /// are then hops that may stand between that peer and the visitor, such as a content network in front of a platform.
    /// </summary>
    /// <exception cref="FormatException">An entry is neither.</exception>
    public static TrustedProxies Parse(string text)
    {
        string[] entries = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return new TrustedProxies([.. entries.Where(e => e != "*").Select(AddressList.ParseEntry)], any: entries.Contains("*"));
    }

    /// <summary>Nobody's are.</summary>
    public bool IsEmpty => !_any && _networks.Length == 0;

    /// <summary>Whether a direct peer is a proxy of ours.</summary>
    public bool IsPeerTrusted(IPAddress? peer) => _any || IsListed(peer);

    /// <summary>
    /// Whether an address within a forwarded chain is a proxy of ours. <c>*</c> speaks of the direct peer only: with it
    /// alone, the last entry of the chain is what that peer saw, and all before it is the visitor's own claim.
    /// </summary>
    public bool IsListed(IPAddress? address)
    {
        if (address is null)
        {
            return false;
        }

        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return Array.Exists(_networks, n => n.Contains(plain));
    }
}
