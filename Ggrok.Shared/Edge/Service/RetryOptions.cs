namespace Ggrok.Shared.Edge.Service;

/// <summary>For how long a request that failed is tried again.</summary>
/// <param name="For">From its first failure on.</param>
/// <param name="Repeats">Also where the local service may have seen it, if its method allows that (RFC 9110 section 9.2.2).</param>
public sealed record RetryOptions(TimeSpan For, bool Repeats)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <summary>Reads <c>10s</c> or <c>10s idempotent</c>.</summary>
    /// <exception cref="FormatException">It is not valid; the message says what to write.</exception>
    public static RetryOptions Parse(string text)
    {
        var words = new PolicyWords(text, "write 10s, or 10s idempotent");
        var options = new RetryOptions(words.Duration(Shortest, Longest), words.TryTake("idempotent"));
        words.End();
        return options;
    }

    /// <summary>What two ask for, each of whom may forbid the other to go further.</summary>
    public RetryOptions And(RetryOptions other) => new(For < other.For ? For : other.For, Repeats && other.Repeats);
}
