namespace Ggrok.Client.Connection;

/// <summary>
/// Which connection should rather be at another process of the server: visitors of a process without a connection would not find the
/// tunnel there.
/// </summary>
internal static class NodeSpread
{
    /// <summary>A connection at the process that has most of them; null when each has one at most, or the server does not say.</summary>
    public static int? Candidate(IReadOnlyList<string?> nodes)
    {
        IGrouping<string, int>? fullest = nodes.Select((node, index) => (node, index)).Where(n => n.node is not null)
            .GroupBy(n => n.node!, n => n.index, StringComparer.Ordinal).MaxBy(g => g.Count());
        return fullest is not null && fullest.Count() > 1 ? fullest.Last() : null;
    }

    /// <summary>Whether the connection would be better at another process than where it is.</summary>
    public static bool IsBetter(IReadOnlyList<string?> nodes, int index, string? node) =>
        node is not null && nodes[index] is { } now && nodes.Count(n => n == node) + 1 < nodes.Count(n => n == now);

    /// <summary>How many processes there are connections at.</summary>
    public static int Distinct(IReadOnlyList<string?> nodes) => nodes.OfType<string>().Distinct(StringComparer.Ordinal).Count();
}
