using Spectre.Console;

namespace Ggrok.Client.Output.View;

/// <summary>The few styles of the view: of the 16 colours that people choose themselves, readable on light and dark.</summary>
internal static class Tones
{
    public static Style Plain { get; } = Style.Plain;

    public static Style Strong { get; } = new(decoration: Decoration.Bold);

    public static Style Quiet { get; } = new(decoration: Decoration.Dim);

    public static Style Address { get; } = new(Color.Teal, decoration: Decoration.Bold);

    public static Style Link { get; } = new(Color.Teal);

    public static Style Good { get; } = new(Color.Green);

    public static Style Doubtful { get; } = new(Color.Olive);

    public static Style Bad { get; } = new(Color.Maroon);
}
