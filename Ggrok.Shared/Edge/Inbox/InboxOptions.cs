using System.Globalization;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Edge.Inbox;

/// <summary>Which requests the server keeps for a client that is away, how many, and how they are delivered.</summary>
public sealed record InboxOptions
{
    /// <summary>Key of the paths.</summary>
    public const string PathKey = "inbox";

    /// <summary>Key of the methods.</summary>
    public const string MethodsKey = "inbox-methods";

    /// <summary>Key of the answer to what was stored.</summary>
    public const string AnswerKey = "inbox-answer";

    /// <summary>Key of how many are kept.</summary>
    public const string MaxRequestsKey = "inbox-max-requests";

    /// <summary>Key of the bytes that are kept.</summary>
    public const string MaxBytesKey = "inbox-max-bytes";

    /// <summary>Key of the largest body.</summary>
    public const string MaxBodyKey = "inbox-max-body";

    /// <summary>Key of the time for which they are kept.</summary>
    public const string MaxAgeKey = "inbox-max-age";

    /// <summary>Key of the times between attempts.</summary>
    public const string RetryKey = "inbox-retry";

    /// <summary>Longest time for which anything is kept.</summary>
    public static readonly TimeSpan LongestAge = TimeSpan.FromDays(30);

    private const int MostPatterns = 50;
    private const int MostAttempts = 50;
    private const int MostRequestsEver = 1_000_000;
    private const long MostBytesEver = 1L << 40;
    private const int LargestBody = 64 * 1024 * 1024;
    private static readonly TimeSpan LongestRetry = TimeSpan.FromDays(1);
    private static readonly TimeSpan ShortestAge = TimeSpan.FromSeconds(1);

    /// <summary>The keys of this policy.</summary>
    public static IReadOnlyList<PolicyKey> Keys { get; } =
    [
        new(PathKey, "PATH", "Keep requests to this path while the client is away or the local service is down, and deliver them later: /webhooks/*; alone for every path.", v => Patterns(v))
            { Form = PolicyForm.Texts, Implied = InboxPattern.Every },
        new(MethodsKey, "METHODS", "Methods of the requests that are kept; POST,PUT,PATCH,DELETE without it.", v => Verbs(v[^1])),
        new(AnswerKey, "STATUS", "What their sender is told, such as 200 or 200 ok; 202 without it.", v => InboxAnswer.Parse(v[^1])),
        new(MaxRequestsKey, "NUMBER", "So many requests are kept at most; 1000 without it.", v => Count(v[^1])),
        new(MaxBytesKey, "SIZE", "So many bytes of them are kept at most; 64MiB without it.", v => Size(v[^1], MostBytesEver)),
        new(MaxBodyKey, "SIZE", "Largest body of a request that is kept; 10MiB without it.", v => Size(v[^1], LargestBody)),
        new(MaxAgeKey, "DURATION", "How long they are kept, and the name without its client; 72h without it.", v => Age(v[^1])),
        new(RetryKey, "DURATIONS", "Times between attempts that the local service does not answer with 2xx, before it is given up; 1s,5s,30s,2m,10m without it.", v => Schedule(v[^1])),
    ];

    /// <summary>Paths of the requests.</summary>
    public IReadOnlyList<InboxPattern> Paths { get; private init; } = [InboxPattern.Parse(InboxPattern.Every)];

    /// <summary>Their methods, in capitals.</summary>
    public IReadOnlyList<string> Methods { get; private init; } = ["POST", "PUT", "PATCH", "DELETE"];

    /// <summary>What their sender is told.</summary>
    public InboxAnswer Answer { get; private init; } = InboxAnswer.Usual;

    /// <summary>So many are kept at most, the dead ones included.</summary>
    public int MaxRequests { get; private init; } = 1000;

    /// <summary>So many bytes of heads and bodies are kept at most.</summary>
    public long MaxBytes { get; private init; } = 64 * 1024 * 1024;

    /// <summary>Largest body, in bytes.</summary>
    public int MaxBodyBytes { get; private init; } = 10 * 1024 * 1024;

    /// <summary>How long each is kept, and the name without its client.</summary>
    public TimeSpan MaxAge { get; private init; } = TimeSpan.FromHours(72);

    /// <summary>Times between attempts; behind the last one the request is a dead letter.</summary>
    public IReadOnlyList<TimeSpan> Retry { get; private init; } =
        [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10)];

    /// <summary>What holds where nothing was said.</summary>
    public static InboxOptions Usual { get; } = new();

    /// <summary>Reads the values of all keys.</summary>
    /// <param name="paths">Every value of <see cref="PathKey"/>.</param>
    /// <param name="read">The value of any other key; null when it is not set.</param>
    /// <exception cref="FormatException">One is not valid, or there are no paths; the message says what to write.</exception>
    public static InboxOptions Parse(IReadOnlyList<string> paths, Func<string, string?> read)
    {
        if (paths.Count == 0)
        {
            throw new FormatException($"it means nothing without {PathKey}; add {PathKey}, with a path such as /webhooks/* or with true for every path");
        }

        return new InboxOptions
        {
            Paths = Patterns(paths),
            Methods = read(MethodsKey) is { } methods ? Verbs(methods) : Usual.Methods,
            Answer = read(AnswerKey) is { } answer ? InboxAnswer.Parse(answer) : Usual.Answer,
            MaxRequests = read(MaxRequestsKey) is { } count ? Count(count) : Usual.MaxRequests,
            MaxBytes = read(MaxBytesKey) is { } bytes ? Size(bytes, MostBytesEver) : Usual.MaxBytes,
            MaxBodyBytes = read(MaxBodyKey) is { } body ? (int)Size(body, LargestBody) : Usual.MaxBodyBytes,
            MaxAge = read(MaxAgeKey) is { } age ? Age(age) : Usual.MaxAge,
            Retry = read(RetryKey) is { } retry ? Schedule(retry) : Usual.Retry,
        };
    }

    /// <summary>Whether a request is one of those that are kept.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="target">Raw path and query, as the visitor sent them.</param>
    public bool IsFor(string method, string target)
    {
        if (!Methods.Contains(method, StringComparer.Ordinal))
        {
            return false;
        }

        foreach (InboxPattern pattern in Paths)
        {
            if (pattern.Matches(target))
            {
                return true;
            }
        }

        return false;
    }

    private static InboxPattern[] Patterns(IReadOnlyList<string> values) => values.Count <= MostPatterns
        ? [.. values.Select(InboxPattern.Parse)]
        : throw new FormatException($"there are {values.Count} paths, and a tunnel has at most {MostPatterns}; write fewer with a * at their end");

    private static string[] Verbs(string value)
    {
        string[] methods = value.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return methods.Length > 0 && Array.TrueForAll(methods, m => m.All(c => char.IsAsciiLetter(c) || c == '-'))
            ? [.. methods.Select(m => m.ToUpperInvariant())]
            : throw new FormatException($"\"{Printable.Clean(value)}\" are no methods; write some such as POST,PUT");
    }

    private static int Count(string value) =>
        int.TryParse(value.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= MostRequestsEver
            ? count
            : throw new FormatException($"\"{Printable.Clean(value)}\" is no number from 1 to {MostRequestsEver}; write one such as 1000");

    private static long Size(string value, long most) => ByteSizes.TryParse(value, out long bytes) && bytes >= 1 && bytes <= most
        ? bytes
        : throw new FormatException($"\"{Printable.Clean(value)}\" is no size from 1B to {ByteSizes.Format(most)}; write one such as 10MiB");

    private static TimeSpan Age(string value)
    {
        var words = new PolicyWords(value, "write one such as 24h or 7d");
        TimeSpan age = words.Duration(ShortestAge, LongestAge);
        words.End();
        return age;
    }

    private static TimeSpan[] Schedule(string value)
    {
        var words = new PolicyWords(value, "write some such as 1s,5s,30s,2m,10m");
        var times = new List<TimeSpan>();
        do
        {
            times.Add(words.Duration(TimeSpan.Zero, LongestRetry));
        }
        while (!words.IsAtEnd && times.Count < MostAttempts);
        words.End();
        return [.. times];
    }
}
