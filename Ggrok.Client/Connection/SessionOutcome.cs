namespace Ggrok.Client.Connection;

/// <summary>How one attempt to hold a session ended.</summary>
/// <param name="Reason">One sentence for people.</param>
/// <param name="Terminal">Exit code when trying again cannot help, else null.</param>
/// <param name="RetryAfter">Least time to wait that the server asked for, or null.</param>
/// <param name="Lived">How long the session was ready; zero when it never was.</param>
/// <param name="Immediately">The server asked for a new session: there is nothing to wait for.</param>
internal sealed record SessionOutcome(
    string Reason,
    ExitCode? Terminal = null,
    TimeSpan? RetryAfter = null,
    TimeSpan Lived = default,
    bool Immediately = false);
