namespace Ggrok.Shared.Balancing;

/// <summary>Keys that members of a pool have in common: secrets, because on a server that lets anybody in they are all that keeps strangers out.</summary>
public static class PoolKeys
{
    /// <summary>Fewest characters.</summary>
    public const int Shortest = 8;

    /// <summary>Most characters.</summary>
    public const int Longest = 128;

    /// <summary>Whether a text can be one.</summary>
    public static bool IsFit(string key) => key.Length is >= Shortest and <= Longest && !key.Any(char.IsControl);
}
