using System.Net;

namespace Ggrok.Shared.Edge.Address;

/// <summary>Which addresses visitors may come from.</summary>
public sealed record AddressOptions
{
    /// <summary>Key of the networks that may pass.</summary>
    public const string AllowKey = "allow-ip";

    /// <summary>Key of the networks that may not pass.</summary>
    public const string DenyKey = "deny-ip";

    /// <summary>The keys of this policy.</summary>
    public static IReadOnlyList<PolicyKey> Keys { get; } =
    [
        new(AllowKey, "CIDR", "Let only visitors from this network or address pass; several with commas or given again.", Check)
            { Form = PolicyForm.Texts, IsForRaw = true },
        new(DenyKey, "CIDR", "Refuse visitors from this network or address, also where allow-ip would let them pass.", Check)
            { Form = PolicyForm.Texts, IsForRaw = true },
    ];

    /// <summary>Networks that may pass; empty for all.</summary>
    public IReadOnlyList<IPNetwork> Allow { get; init; } = [];

    /// <summary>Networks that may not pass.</summary>
    public IReadOnlyList<IPNetwork> Deny { get; init; } = [];

    /// <summary>Reads the values of both keys.</summary>
    /// <exception cref="FormatException">One is not valid; the message says what to write.</exception>
    public static AddressOptions Parse(IReadOnlyList<string> allow, IReadOnlyList<string> deny) =>
        new() { Allow = Networks(allow), Deny = Networks(deny) };

    private static void Check(IReadOnlyList<string> values) => Networks(values);

    private static IPNetwork[] Networks(IReadOnlyList<string> values) =>
        [.. values.SelectMany(v => v.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Select(Network)];

    private static IPNetwork Network(string text)
    {
        if (IPNetwork.TryParse(text, out IPNetwork network))
        {
            return network;
        }

        return IPAddress.TryParse(text, out IPAddress? address)
            ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
            : throw new FormatException($"\"{Protocol.Printable.Clean(text)}\" is neither an address nor a network; write one such as 203.0.113.9, 10.0.0.0/8 or 2001:db8::/32");
    }
}
