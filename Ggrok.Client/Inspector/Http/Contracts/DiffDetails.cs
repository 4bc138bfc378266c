namespace Ggrok.Client.Inspector.Http.Contracts;

/// <summary>What differs between two responses; the schema Diff in openapi.json says what each field means.</summary>
internal sealed record DiffDetails
{
    public required ValuePair<int> Status { get; init; }

    public required IReadOnlyList<FieldChange> Headers { get; init; }

    public required bool BodySame { get; init; }

    public IReadOnlyList<LineChange>? Body { get; init; }

    public required ValuePair<double> DurationMs { get; init; }
}

/// <summary>The same of two exchanges.</summary>
internal sealed record ValuePair<T>(T First, T Second);

/// <summary>A field line of either response.</summary>
/// <param name="Name">Name of the field.</param>
/// <param name="Change">same, added, removed or changed.</param>
/// <param name="First">Value in the first, or null.</param>
/// <param name="Second">Value in the second, or null.</param>
internal sealed record FieldChange(string Name, string Change, string? First, string? Second);

/// <summary>A line of either body.</summary>
/// <param name="Change">same, added or removed.</param>
/// <param name="Text">The line.</param>
internal sealed record LineChange(string Change, string Text);
