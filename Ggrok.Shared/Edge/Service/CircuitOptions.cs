namespace Ggrok.Shared.Edge.Service;

/// <summary>When the local service counts as failing, and for how long it is left in peace then.</summary>
/// <param name="Percent">So many of a hundred requests fail.</param>
/// <param name="AtLeast">Fewer requests say nothing.</param>
/// <param name="Window">The time that is looked at.</param>
/// <param name="Open">Time in peace, after which one request is let through to see.</param>
/// <param name="CountsServerErrors">Whether statuses from 500 on count as failures.</param>
public sealed record CircuitOptions(int Percent, int AtLeast, TimeSpan Window, TimeSpan Open, bool CountsServerErrors)
{
    // What the circuit breaker can do.
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Reads <c>50% of 10 in 30s open 15s with 5xx</c>; every part but the first may be left out.</summary>
    /// <exception cref="FormatException">It is not valid; the message says what to write.</exception>
    public static CircuitOptions Parse(string text)
    {
        var words = new PolicyWords(text, "write 50%, or all of it: 50% of 10 in 30s open 15s with 5xx");
        string percent = words.Next();
        var options = new CircuitOptions(
            percent.EndsWith('%') ? (int)words.Number(percent[..^1], "percentage", 1, 100) : throw words.Problem("it does not begin with a percentage"),
            AtLeast: 10, Window: TimeSpan.FromSeconds(30), Open: TimeSpan.FromSeconds(15), CountsServerErrors: false);
        if (words.TryTake("of"))
        {
            options = options with { AtLeast = (int)words.Number("number of requests", 2, 1_000_000) };
        }

        if (words.TryTake("in"))
        {
            options = options with { Window = words.Duration(Shortest, Longest) };
        }

        if (words.TryTake("open"))
        {
            options = options with { Open = words.Duration(Shortest, Longest) };
        }

        if (words.TryTake("with"))
        {
            options = options with { CountsServerErrors = words.TryTake("5xx") ? true : throw words.Problem("behind \"with\" stands not 5xx") };
        }

        words.End();
        return options;
    }
}
