using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inbox.Files;

/// <summary>Fields that somebody gives in place of a request's own, and names of those that are left out.</summary>
/// <param name="Given">Fields; they replace all of their name and come last.</param>
/// <param name="Removed">Names.</param>
internal sealed record HeaderEdits(IReadOnlyList<HeaderField> Given, IReadOnlyList<string> Removed)
{
    /// <summary>Nothing is changed.</summary>
    public static HeaderEdits None { get; } = new([], []);

    /// <summary>The fields as they are then.</summary>
    public List<HeaderField> Apply(IEnumerable<HeaderField> fields) =>
        [.. fields.Where(f => !Given.Any(g => Same(g.Name, f.Name)) && !Removed.Any(r => Same(r, f.Name))), .. Given];

    private static bool Same(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);
}
