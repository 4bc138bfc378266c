using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Edge.Body;

/// <summary>Size and time of the request body.</summary>
public sealed record BodyOptions
{
    /// <summary>Key of the size.</summary>
    public const string MaxKey = "max-body";

    /// <summary>Key of the time.</summary>
    public const string TimeoutKey = "body-timeout";

    /// <summary>The keys of this policy.</summary>
    public static IReadOnlyList<PolicyKey> Keys { get; } =
    [
        new(MaxKey, "SIZE", "Largest request body: 10MiB, 500kB; larger ones are refused.", v => Size(v[^1])),
        new(TimeoutKey, "DURATION", "Time for the whole request body: 30s, 5m; then the request is refused.", v => Time(v[^1])),
    ];

    /// <summary>Largest body in bytes; null for any.</summary>
    public long? MaxBytes { get; private init; }

    /// <summary>Time for the whole body; null for any.</summary>
    public TimeSpan? Timeout { get; private init; }

    /// <summary>Reads the values of both keys.</summary>
    /// <exception cref="FormatException">One is not valid; the message says what to write.</exception>
    public static BodyOptions Parse(string? size, string? timeout) =>
        new() { MaxBytes = size is null ? null : Size(size), Timeout = timeout is null ? null : Time(timeout) };

    private static long Size(string value) => ByteSizes.TryParse(value, out long bytes) && bytes >= 0
        ? bytes
        : throw new FormatException($"\"{Printable.Clean(value)}\" is no size; write one such as 10MiB, or 0 for no bodies at all");

    private static TimeSpan Time(string value)
    {
        var words = new PolicyWords(value, "write one such as 30s or 5m");
        TimeSpan time = words.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1));
        words.End();
        return time;
    }
}
