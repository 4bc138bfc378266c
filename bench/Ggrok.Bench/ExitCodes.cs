namespace Ggrok.Bench;

internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>Something was not measured although it should have been.</summary>
    public const int Failed = 1;

    /// <summary>Wrong arguments, or a machine without what every run needs.</summary>
    public const int Usage = 2;

    /// <summary>Ctrl-C, by the shells' convention.</summary>
    public const int Interrupted = 130;
}
