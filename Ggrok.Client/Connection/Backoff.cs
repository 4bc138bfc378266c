namespace Ggrok.Client.Connection;

/// <summary>
/// Time to wait between attempts: doubles up to a cap, with jitter at the cap too, so that a thousand clients do not
/// come back in step. Starts anew only after a session that lived for a while, so that a server which accepts and drops
/// is not hammered.
/// </summary>
internal sealed class Backoff(Random random)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan HealthySession = TimeSpan.FromSeconds(5);

    private int _failures;

    /// <summary>The wait before the next attempt.</summary>
    public TimeSpan Next(SessionOutcome outcome)
    {
        _failures = outcome.Lived >= HealthySession ? 0 : _failures;
        if (outcome.Immediately && _failures == 0)
        {
            _failures = 1;
            return First * random.NextDouble();
        }

        double doubled = First.TotalMilliseconds * Math.Pow(2, Math.Min(_failures, 20));
        _failures++;
        double milliseconds = Math.Min(doubled, Cap.TotalMilliseconds) * (0.5 + (random.NextDouble() / 2));
        TimeSpan asked = outcome.RetryAfter ?? TimeSpan.Zero;
        return TimeSpan.FromMilliseconds(Math.Max(milliseconds, asked.TotalMilliseconds));
    }
}
