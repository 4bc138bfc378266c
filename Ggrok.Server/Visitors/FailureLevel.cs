using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Visitors;

/// <summary>Levels of the log lines about failures.</summary>
internal static class FailureLevel
{
    /// <summary>The level of an error's line.</summary>
    public static LogLevel Of(RelayError error) => RelayFailure.Of(error).Severity switch
    {
        FailureSeverity.Error => LogLevel.Error,
        FailureSeverity.Warning => LogLevel.Warning,
        _ => LogLevel.Information,
    };
}
