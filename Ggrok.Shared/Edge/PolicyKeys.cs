using System.Collections.Frozen;
using Ggrok.Shared.Edge.Address;

namespace Ggrok.Shared.Edge;

/// <summary>Every key of every policy. <c>docs/policies.md</c> lists the same.</summary>
public static class PolicyKeys
{
    /// <summary>All keys, in the order in which help and documentation show them.</summary>
    public static IReadOnlyList<PolicyKey> All { get; } =
    [
        .. AddressOptions.Keys,
    ];

    private static readonly FrozenDictionary<string, PolicyKey> ByName = All.ToFrozenDictionary(k => k.Name, StringComparer.Ordinal);

    /// <summary>The key with this name, or null.</summary>
    public static PolicyKey? Find(string name) => ByName.GetValueOrDefault(name);
}
