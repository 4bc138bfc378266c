using Ggrok.Shared.Protocol;

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
    bool Immediately = false)
{
    /// <summary>What the server's goodbye means.</summary>
    public static SessionOutcome Of(GoAway goAway, TimeSpan lived) => goAway.Reason switch
    {
        CloseReason.Replaced => Replaced,
        CloseReason.EndedByOperator => EndedByOperator,
        _ when IsAboutToken(goAway.Reason) => new SessionOutcome(Printable.CleanMessage(goAway.Message), ExitCode.TokenRefused, Lived: lived),
        _ => new SessionOutcome(Printable.Clean(goAway.Message), Lived: lived, Immediately: true),
    };

    /// <summary>What the end of a session means that was not announced.</summary>
    /// <param name="reason">Why it ended.</param>
    /// <param name="lived">How long it was ready.</param>
    /// <param name="isRefused">The server knew the session no more when it was to be resumed: there is nothing to wait for.</param>
    public static SessionOutcome Of(CloseReason reason, TimeSpan lived, bool isRefused) => reason switch
    {
        CloseReason.Replaced => Replaced,
        CloseReason.EndedByOperator => EndedByOperator,
        _ when IsAboutToken(reason) => new SessionOutcome($"The server ended the session: {reason}. Pass another token with --token or GGROK_TOKEN.", ExitCode.TokenRefused, Lived: lived),
        CloseReason.Drained => new SessionOutcome("The server is shutting down.", Lived: lived, Immediately: true),
        CloseReason.TransportLost => new SessionOutcome("The connection to the server was lost.", Lived: lived, Immediately: isRefused),
        CloseReason.HeartbeatMissed => new SessionOutcome("The server does not answer any more.", Lived: lived),
        _ => new SessionOutcome($"The session ended: {reason}.", Lived: lived),
    };

    private static SessionOutcome Replaced { get; } =
        new("Another ggrok of this installation took over the name; stop one of them or give it another --subdomain or --path.", ExitCode.Replaced);

    // Whoever ended it would have to end it again and again.
    private static SessionOutcome EndedByOperator { get; } = new("The operator of the server ended this session; ask before you start it again.", ExitCode.EndedByOperator);

    private static bool IsAboutToken(CloseReason reason) => reason is CloseReason.TokenRevoked or CloseReason.TokenExpired or CloseReason.TokenNarrowed;
}
