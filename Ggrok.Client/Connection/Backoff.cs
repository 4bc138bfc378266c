namespace Ggrok.Client.Connection;

/// <summary>
/// Time to wait between attempts: grows up to a cap, with jitter at the cap too, so that a thousand clients do not
/// come back in step. Starts anew only after a session that lived for a while, so that a server which accepts and drops
/// is not hammered.
/// </summary>
internal sealed class Backoff(Random random)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(250);
    // Gentler than doubling: a server that restarts in a second or two is found again within two.
    private const double Growth = 1.6;

    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan HealthySession = TimeSpan.FromSeconds(5);

    // A server that said that it restarts is expected back: visitors wait there for its clients. For about a minute.
    private static readonly TimeSpan CapAtRestart = TimeSpan.FromSeconds(2);
    private const int AttemptsAtRestart = 40;

    private int _failures;
    private int _atRestart;

    /// <summary>The wait before the next attempt.</summary>
    public TimeSpan Next(SessionOutcome outcome)
    {
        _failures = outcome.Lived >= HealthySession ? 0 : _failures;
        _atRestart = outcome.Immediately ? AttemptsAtRestart : Math.Max(0, _atRestart - 1);
        if (outcome.Immediately && _failures == 0)
        {
            _failures = 1;
            return First * random.NextDouble();
        }

        double grown = First.TotalMilliseconds * Math.Pow(Growth, Math.Min(_failures, 20));
        _failures++;
        TimeSpan cap = _atRestart > 0 ? CapAtRestart : Cap;
        double milliseconds = Math.Min(grown, cap.TotalMilliseconds) * (0.5 + (random.NextDouble() / 2));
        TimeSpan asked = outcome.RetryAfter ?? TimeSpan.Zero;
        return TimeSpan.FromMilliseconds(Math.Max(milliseconds, asked.TotalMilliseconds));
    }
}
