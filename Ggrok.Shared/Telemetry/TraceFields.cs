using System.Diagnostics;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Telemetry;

/// <summary>The fields in which a trace goes from hop to hop (W3C Trace Context).</summary>
public static class TraceFields
{
    private const string Parent = "traceparent";
    private const string State = "tracestate";

    /// <summary>The span that the fields name; none when there are none, or not valid ones.</summary>
    public static ActivityContext ParentOf(string? parent, string? state) =>
        ActivityContext.TryParse(parent, string.IsNullOrEmpty(state) ? null : state, isRemote: true, out ActivityContext context) ? context : default;

    /// <summary>The span that the fields of a head name.</summary>
    public static ActivityContext ParentOf(List<HeaderField> fields)
    {
        string[] parents = [.. fields.Where(f => Is(f, Parent)).Select(f => f.Value)];

        // Two of them name none (section 3.2 of the recommendation); the lines of the state are one list.
        return parents.Length == 1 ? ParentOf(parents[0], string.Join(',', fields.Where(f => Is(f, State)).Select(f => f.Value))) : default;
    }

    /// <summary>Puts a span into the fields of a head, in the place of what they named.</summary>
    public static void Put(Activity span, List<HeaderField> fields)
    {
        fields.RemoveAll(static f => Is(f, Parent) || Is(f, State));
        fields.Add(new HeaderField(Parent, span.Id!));
        if (!string.IsNullOrEmpty(span.TraceStateString))
        {
            fields.Add(new HeaderField(State, span.TraceStateString));
        }
    }

    private static bool Is(HeaderField field, string name) => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase);
}
