using System.Diagnostics;
using System.Globalization;
using Ggrok.Server.Relay;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Telemetry;

namespace Ggrok.Server.Metrics.Otlp;

/// <summary>
/// A span for each visitor's exchange: it continues the visitor's trace, and what goes into the tunnel names it as the parent.
/// There is none unless traces are exported.
/// </summary>
internal sealed class VisitorTracing : IDisposable
{
    /// <summary>Name of the source of the spans.</summary>
    public const string SourceName = "Ggrok.Server";

    private readonly ActivitySource _source = new(SourceName, ProgramVersion.Current);

    /// <summary>Begins the span of a request; null when the sampler wants to know nothing of it.</summary>
    public Activity? Begin(HttpContext context)
    {
        HttpRequest request = context.Request;
        ActivityContext parent = TraceFields.ParentOf(request.Headers.TraceParent.ToString(), request.Headers.TraceState.ToString());

        // A sampler may decide by these; the query is not among them, because secrets stand there.
        var tags = new TagList
        {
            { HttpAttributes.Method, HttpAttributes.MethodOf(request.Method) },
            { HttpAttributes.Scheme, request.Scheme },
            { HttpAttributes.Path, Printable.Clean(request.Path.Value) },
            { HttpAttributes.ServerAddress, Printable.Clean(request.Host.Host) },
        };
        return _source.StartActivity(HttpAttributes.MethodOf(request.Method), ActivityKind.Server, parent, tags);
    }

    /// <summary>Ends the span of an exchange that is over.</summary>
    public static void End(Activity span, HttpContext context, ExchangeRecord record)
    {
        if (span.IsAllDataRequested)
        {
            span.SetTag(HttpAttributes.ProtocolVersion, context.Request.Protocol is ['H', 'T', 'T', 'P', '/', .. var version] ? version : null);
            span.SetTag(HttpAttributes.RequestId, record.Id);
            span.SetTag(HttpAttributes.Tunnel, record.Traffic?.Name);
            span.SetTag(HttpAttributes.Status, record.Status);
            if (record.Error != RelayError.None)
            {
                span.SetTag(HttpAttributes.Error, record.Error.ToString());
            }

            if (ErrorType(record) is { } type)
            {
                span.SetTag(HttpAttributes.ErrorType, type);
                span.SetStatus(ActivityStatusCode.Error);
            }
        }

        span.Dispose();
    }

    /// <summary>
    /// What makes an exchange failed on the server's side: 5xx, and failures within a response that had begun; null when it is
    /// not. A visitor's mistakes are none.
    /// </summary>
    public static string? ErrorType(ExchangeRecord record)
    {
        bool failed = record.Status >= StatusCodes.Status500InternalServerError
            || (record.Error != RelayError.None && RelayFailure.Of(record.Error).Status >= StatusCodes.Status500InternalServerError);
        return !failed ? null
            : record.Error != RelayError.None ? record.Error.ToString()
            : record.Status.ToString(CultureInfo.InvariantCulture);
    }

    public void Dispose() => _source.Dispose();
}
