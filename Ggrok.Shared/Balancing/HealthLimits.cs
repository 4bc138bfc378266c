using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Balancing;

/// <summary>What the checks of a local service may be: the same for the client, which asks, and the server, which checks.</summary>
public static class HealthLimits
{
    /// <summary>Time between two checks unless another is asked for.</summary>
    public static readonly TimeSpan UsualInterval = TimeSpan.FromSeconds(10);

    /// <summary>Shortest time between two checks.</summary>
    public static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(1);

    /// <summary>Longest time between two checks.</summary>
    public static readonly TimeSpan LongestInterval = TimeSpan.FromHours(1);

    /// <summary>Time for the answer to a check unless another is asked for.</summary>
    public static readonly TimeSpan UsualTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Shortest time for an answer.</summary>
    public static readonly TimeSpan ShortestTimeout = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest time for an answer.</summary>
    public static readonly TimeSpan LongestTimeout = TimeSpan.FromMinutes(1);

    /// <summary>Equal results in a row that change what is thought of a service, unless another number is asked for.</summary>
    public const int UsualThreshold = 2;

    /// <summary>The largest such number.</summary>
    public const int LargestThreshold = 20;

    private const int LongestPath = 1000;

    /// <summary>Whether the text can be requested: an origin-form target such as <c>/up</c> or <c>/health?deep=1</c>.</summary>
    public static bool IsPath(string text) => text.Length <= LongestPath && text.StartsWith('/') && RequestTarget.IsSafe(text);
}
