using System.Globalization;

namespace Ggrok.Shared.Edge.Rate;

/// <summary>How many requests in a time.</summary>
/// <param name="Requests">So many come back in each period.</param>
/// <param name="Period">The period; whole seconds.</param>
/// <param name="Burst">So many may come at once.</param>
/// <param name="IsPerVisitor">Whether each visitor has that for itself; else the whole tunnel has it.</param>
public sealed record RateRule(long Requests, TimeSpan Period, long Burst, bool IsPerVisitor)
{
    private const string Advice = "write 10/s, 100/m burst 20 or 1000/h per tunnel";
    private const long Most = 1_000_000;

    // Finer than this the clock cannot tell requests apart.
    private const double MostPerSecond = 100_000;

    /// <summary>A name for the fields that tell visitors about it.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Requests}/{Period.TotalSeconds:0}s per {(IsPerVisitor ? "visitor" : "tunnel")}");

    /// <summary>Reads <c>100/m burst 20 per visitor</c>.</summary>
    /// <exception cref="FormatException">It is not valid; the message says what to write.</exception>
    public static RateRule Parse(string text)
    {
        var words = new PolicyWords(text, Advice);
        string[] rate = words.Next().Split('/');
        if (rate is not [_, { Length: > 0 }])
        {
            throw words.Problem($"\"{Protocol.Printable.Clean(text)}\" does not begin with a number of requests and a time");
        }

        long requests = words.Number(rate[0], "number of requests", 1, Most);

        // 100/m is one minute, 100/10s are ten seconds.
        TimeSpan period = words.Duration(char.IsAsciiDigit(rate[1][0]) ? rate[1] : "1" + rate[1], TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        if (period.Ticks % TimeSpan.TicksPerSecond != 0 || requests / period.TotalSeconds > MostPerSecond)
        {
            throw words.Problem(string.Create(CultureInfo.InvariantCulture, $"at most {MostPerSecond:0} requests in a second can be told apart, in whole seconds"));
        }

        long burst = words.TryTake("burst") ? words.Number("number of requests", 1, Most) : requests;
        bool isPerVisitor = RateOptions.Whose(words);
        words.End();
        return new RateRule(requests, period, burst, isPerVisitor);
    }
}

/// <summary>How many requests at once.</summary>
/// <param name="Requests">So many may run.</param>
/// <param name="IsPerVisitor">Whether each visitor has that for itself; else the whole tunnel has it.</param>
public sealed record ConcurrencyRule(int Requests, bool IsPerVisitor)
{
    private const int Most = 1_000_000;

    /// <summary>Reads <c>20 per visitor</c>.</summary>
    /// <exception cref="FormatException">It is not valid; the message says what to write.</exception>
    public static ConcurrencyRule Parse(string text)
    {
        var words = new PolicyWords(text, "write 20, 20 per visitor or 100 per tunnel");
        int requests = (int)words.Number("number of requests", 1, Most);
        bool isPerVisitor = RateOptions.Whose(words);
        words.End();
        return new ConcurrencyRule(requests, isPerVisitor);
    }
}

/// <summary>How often, and how much at once.</summary>
public static class RateOptions
{
    /// <summary>Key of the limits in a time.</summary>
    public const string RateKey = "rate-limit";

    /// <summary>Key of the limits at once.</summary>
    public const string ConcurrencyKey = "concurrency";

    /// <summary>The keys of these policies.</summary>
    public static IReadOnlyList<PolicyKey> Keys { get; } =
    [
        new(RateKey, "RATE", "Let only so many requests pass in a time: 10/s, 100/m burst 20, 1000/h per tunnel; per visitor unless it says per tunnel.", v => Rates(v))
            { Form = PolicyForm.Texts, IsForRaw = true },
        new(ConcurrencyKey, "COUNT", "Let only so many requests run at once: 20 per visitor (which need not be said), 100 per tunnel.", v => Concurrencies(v))
            { Form = PolicyForm.Texts },
    ];

    /// <summary>Reads the values of <see cref="RateKey"/>.</summary>
    /// <exception cref="FormatException">One is not valid; the message says what to write.</exception>
    public static IReadOnlyList<RateRule> Rates(IReadOnlyList<string> values) => [.. values.Select(RateRule.Parse)];

    /// <summary>Reads the values of <see cref="ConcurrencyKey"/>.</summary>
    /// <exception cref="FormatException">One is not valid; the message says what to write.</exception>
    public static IReadOnlyList<ConcurrencyRule> Concurrencies(IReadOnlyList<string> values) => [.. values.Select(ConcurrencyRule.Parse)];

    internal static bool Whose(PolicyWords words)
    {
        if (!words.TryTake("per"))
        {
            return true;
        }

        return words.TryTake("visitor") || (words.TryTake("tunnel") ? false
            : throw words.Problem("behind \"per\" stands neither visitor nor tunnel"));
    }
}
