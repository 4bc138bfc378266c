using System.Net;

namespace Ggrok.Server.Hosting;

/// <summary>Addresses and networks.</summary>
public sealed class AddressList
{
    private readonly IPNetwork[] _networks;
    private readonly bool _any;

    private AddressList(IPNetwork[] networks, bool any)
    {
        _networks = networks;
        _any = any;
    }

    /// <summary>Parses a comma-separated list of addresses and CIDR networks; <c>*</c> is every address.</summary>
    /// <exception cref="FormatException">An entry is neither.</exception>
    public static AddressList Parse(string text)
    {
        string[] entries = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return new AddressList([.. entries.Where(e => e != "*").Select(ParseEntry)], any: entries.Contains("*"));
    }

    /// <summary>Whether the address is in the list; IPv4 as such also where the socket speaks IPv6.</summary>
    public bool Contains(IPAddress? address)
    {
        if (address is null)
        {
            return false;
        }

        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return _any || Array.Exists(_networks, n => n.Contains(plain));
    }

    internal static IPNetwork ParseEntry(string entry)
    {
        if (IPNetwork.TryParse(entry, out IPNetwork network))
        {
            return network;
        }

        if (IPAddress.TryParse(entry, out IPAddress? address))
        {
            return new IPNetwork(address, address.GetAddressBytes().Length * 8);
        }

        throw new FormatException($"\"{entry}\" is neither an address nor a network such as 10.0.0.0/8; * stands for any");
    }
}
