using Ggrok.Server.Relay;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Visitors;

/// <summary>The line that each request leaves in the log.</summary>
internal sealed partial class RequestLog(ILogger<RequestLog> log)
{
    public void Finished(HttpContext context, ExchangeRecord record, TimeSpan elapsed)
    {
        LogLevel level = FailureLevel.Of(record.Error);
        if (log.IsEnabled(level))
        {
            Line(level, record.Id, Printable.Clean(context.Request.Host.Value), context.Request.Method,
                Printable.Clean(context.Request.Path.Value), record.Status, record.RequestBytes, record.ResponseBytes,
                Math.Round(elapsed.TotalMilliseconds, 1), record.Error);
        }
    }

    public void Unexpected(string id, Exception exception) => LogUnexpected(exception, id);

    [LoggerMessage(Message = "{RequestId} {Host} {Method} {Path} {Status} in={RequestBytes} out={ResponseBytes} {ElapsedMs} ms error={Error}")]
    private partial void Line(LogLevel level, string requestId, string host, string method, string path, int status,
        long requestBytes, long responseBytes, double elapsedMs, RelayError error);

    [LoggerMessage(Level = LogLevel.Error, Message = "{RequestId} failed without a name")]
    private partial void LogUnexpected(Exception exception, string requestId);
}
