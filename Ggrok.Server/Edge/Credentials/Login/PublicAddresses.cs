using System.Net;
using System.Net.Sockets;

namespace Ggrok.Server.Edge.Credentials.Login;

/// <summary>
/// Which addresses belong to the public internet, by the registries of special addresses (RFC 6890): a client must not have the server
/// ask what only the server can reach.
/// </summary>
internal static class PublicAddresses
{
    private static readonly IPNetwork[] Special4 = [.. "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3"
        .Split(' ').Select(IPNetwork.Parse)];

    private static readonly IPNetwork Global6 = IPNetwork.Parse("2000::/3");

    // Among them those that hold an IPv4 address, which could be any: Teredo and 6to4.
    private static readonly IPNetwork[] Special6 = [.. "2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20 5f00::/16".Split(' ').Select(IPNetwork.Parse)];

    /// <summary>Whether an address is one of the public internet.</summary>
    public static bool Contains(IPAddress address)
    {
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return plain.AddressFamily == AddressFamily.InterNetwork
            ? !Array.Exists(Special4, n => n.Contains(plain))
            : Global6.Contains(plain) && !Array.Exists(Special6, n => n.Contains(plain));
    }
}
