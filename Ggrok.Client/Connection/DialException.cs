using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Connection;

/// <summary>A session could not be opened.</summary>
internal sealed class DialException(SessionOutcome outcome) : Exception(outcome.Reason)
{
    public SessionOutcome Outcome { get; } = outcome;

    /// <summary>The answer to the upgrade, where that was what failed.</summary>
    public UpgradeAnswer? Answer { get; init; }

    /// <summary>The server's refusal of the Hello, where that was what failed.</summary>
    public RejectCode? Refusal { get; init; }

    /// <summary>With <see cref="RejectCode.SessionUnknown"/>: which process of the server said so.</summary>
    public string? Node { get; init; }

    /// <summary>With <see cref="RejectCode.SessionUnknown"/>: why the session ended, where the server told.</summary>
    public CloseReason? Ended { get; init; }
}
