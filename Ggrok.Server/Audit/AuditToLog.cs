namespace Ggrok.Server.Audit;

/// <summary>The audit log as part of the server's own log, under a category of its own; that has a queue which drops and counts.</summary>
internal sealed partial class AuditToLog(ILoggerFactory factory) : IAuditTarget
{
    /// <summary>Category of the lines, for the settings of log levels.</summary>
    public const string Category = "Ggrok.Audit";

    private readonly ILogger _log = factory.CreateLogger(Category);

    public void Take(AuditEvent happened)
    {
        if (_log.IsEnabled(LogLevel.Information))
        {
            Line(AuditLog.LineOf(happened));
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Audit}")]
    private partial void Line(string audit);
}
