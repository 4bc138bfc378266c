using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge;

/// <summary>The values of some keys.</summary>
/// <param name="directives">All that was written.</param>
public sealed class PolicyValues(IReadOnlyList<PolicyDirective> directives)
{
    /// <summary>Every value of a key, in order; empty when it is not set.</summary>
    public IReadOnlyList<string> All(string key) => [.. directives.Where(d => d.Name == key).Select(d => d.Value)];

    /// <summary>The value of a key that is set once; null when it is not.</summary>
    public string? Single(string key) => directives.FirstOrDefault(d => d.Name == key)?.Value;

    /// <summary>Whether a switch is on.</summary>
    public bool IsOn(string key) => Single(key) == "true";
}
