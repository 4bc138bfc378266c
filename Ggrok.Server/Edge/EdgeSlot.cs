using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge;

/// <summary>
/// The policies of one registered tunnel: what its client asked for, and what came of it together with the server's own. A
/// client that comes back with the same policies gets the same slot, so that what they count goes on.
/// </summary>
public sealed class EdgeSlot
{
    /// <summary>No policies of a client.</summary>
    internal static EdgeSlot Without() => new([], []);

    internal EdgeSlot(IReadOnlyList<PolicyDirective> directives, IReadOnlyList<StagedPolicy> policies)
    {
        Directives = directives;
        Policies = policies;
    }

    /// <summary>What the client asked for.</summary>
    public IReadOnlyList<PolicyDirective> Directives { get; }

    /// <summary>What was made of it.</summary>
    internal IReadOnlyList<StagedPolicy> Policies { get; }

    /// <summary>The pipeline that was put together last.</summary>
    internal BoundPipeline? Bound { get; set; }

    /// <summary>Whether a client asks for the same.</summary>
    public bool IsFor(IReadOnlyList<PolicyDirective>? directives) => Directives.SequenceEqual(directives ?? []);
}

/// <summary>A pipeline and the server's policies that it was made of.</summary>
internal sealed record BoundPipeline(PolicyGeneration Generation, EdgePipeline? Pipeline);
