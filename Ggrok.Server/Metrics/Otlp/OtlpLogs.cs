using OpenTelemetry;

namespace Ggrok.Server.Metrics.Otlp;

/// <summary>Passes the server's log lines to the export; which ones, the server's own log levels decide.</summary>
internal sealed class OtlpLogs(OpenTelemetrySdk sdk) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => sdk.GetLoggerFactory().CreateLogger(categoryName);

    // The lines that are left are sent when the export itself ends.
    public void Dispose()
    {
    }
}
