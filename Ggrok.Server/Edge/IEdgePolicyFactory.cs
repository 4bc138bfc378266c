using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Edge;

/// <summary>Makes one kind of policy of what was written. Registered in <see cref="EdgeServices"/>.</summary>
public interface IEdgePolicyFactory
{
    /// <summary>When its policies are asked.</summary>
    EdgeStage Stage { get; }

    /// <summary>Names of the keys that it reads.</summary>
    IEnumerable<string> Keys { get; }

    /// <summary>The policy of a tunnel; called when at least one of <see cref="Keys"/> is set.</summary>
    /// <param name="values">The values of each key.</param>
    /// <param name="scope">For what.</param>
    /// <exception cref="FormatException">A value is not valid, or one is missing; the message says what to write.</exception>
    IEdgePolicy Create(PolicyValues values, EdgeScope scope);
}

/// <summary>Where a policy holds.</summary>
/// <param name="Key">The tunnel.</param>
/// <param name="IsClients">Whether the client asked for it; else the server's own configuration did.</param>
public sealed record EdgeScope(RouteKey Key, bool IsClients);
