namespace Ggrok.Shared.Edge.Service;

/// <summary>Times and the circuit breaker in front of the local service.</summary>
public static class ServiceOptions
{
    /// <summary>Key of the time for the response head.</summary>
    public const string TimeoutKey = "response-timeout";

    /// <summary>Key of the circuit breaker.</summary>
    public const string CircuitKey = "circuit-breaker";

    /// <summary>Key of trying again.</summary>
    public const string RetryKey = "retry";

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>The keys of these policies.</summary>
    public static IReadOnlyList<PolicyKey> Keys { get; } =
    [
        new(TimeoutKey, "DURATION", "Time for the response head once the request was sent, instead of the server's: 5s, 10m.", v => Timeout(v[^1])),
        new(CircuitKey, "RATIO", "Leave a failing local service in peace: 50% of 10 in 30s open 15s; with 5xx counts its own errors, too.", v => CircuitOptions.Parse(v[^1])),
        new(RetryKey, "DURATION", "Try a request that did not reach the local service again for so long: 10s; 10s idempotent also one that may have, if its method allows it.", v => RetryOptions.Parse(v[^1])),
    ];

    /// <summary>Reads the value of <see cref="TimeoutKey"/>.</summary>
    /// <exception cref="FormatException">It is not valid; the message says what to write.</exception>
    public static TimeSpan Timeout(string value)
    {
        var words = new PolicyWords(value, "write one such as 5s or 10m");
        TimeSpan time = words.Duration(Shortest, Longest);
        words.End();
        return time;
    }
}
