namespace Ggrok.Server.Edge.BruteForce;

/// <summary>How guessing is slowed.</summary>
public sealed record ThrottleOptions
{
    /// <summary>Failures that cost nothing: people mistype.</summary>
    public int FreeFailures { get; init; } = 10;

    /// <summary>The first wait; each further failure doubles it.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The longest wait. Short enough that an office behind one address can wait for it.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Time without a failure after which an address is forgotten; longer than the longest wait.</summary>
    public TimeSpan ForgetAfter { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Addresses that are remembered; beyond that the one that was quiet for longest makes room.</summary>
    public int Capacity { get; init; } = 10_000;
}
