using System.Net;
using Ggrok.Shared.Edge.Address;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge.Address;

/// <summary>Lets visitors pass, or not, by where they come from.</summary>
internal sealed class AddressPolicy(AddressOptions options) : IEdgePolicy, IRawPolicy
{
    public ValueTask<RelayError> InvokeAsync(EdgeExchange exchange, EdgeNext next) =>
        Admit(exchange.RemoteAddress) is var error and not RelayError.None ? ValueTask.FromResult(error) : next.InvokeAsync();

    public RelayError Admit(IPAddress? remote)
    {
        // Without an address nobody can say that it is an allowed one.
        bool passes = remote is null
            ? options.Allow.Count == 0
            : !Contains(options.Deny, Plain(remote)) && (options.Allow.Count == 0 || Contains(options.Allow, Plain(remote)));
        return passes ? RelayError.None : RelayError.AddressDenied;
    }

    private static bool Contains(IReadOnlyList<IPNetwork> networks, IPAddress address)
    {
        foreach (IPNetwork network in networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}

/// <summary>Makes <see cref="AddressPolicy"/>.</summary>
internal sealed class AddressPolicyFactory : IEdgePolicyFactory
{
    public EdgeStage Stage => EdgeStage.Address;

    public IEnumerable<string> Keys => AddressOptions.Keys.Select(k => k.Name);

    public IEdgePolicy Create(PolicyValues values, EdgeScope scope) =>
        new AddressPolicy(AddressOptions.Parse(values.All(AddressOptions.AllowKey), values.All(AddressOptions.DenyKey)));
}
