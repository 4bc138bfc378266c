namespace Ggrok.Client.Connection;

/// <summary>A session could not be opened.</summary>
internal sealed class DialException(SessionOutcome outcome) : Exception(outcome.Reason)
{
    public SessionOutcome Outcome { get; } = outcome;
}
