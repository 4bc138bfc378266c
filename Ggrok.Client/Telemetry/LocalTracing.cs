using System.Diagnostics;
using System.Globalization;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Telemetry;

namespace Ggrok.Client.Telemetry;

/// <summary>
/// A span for each request to a local service: its parent is the one that came through the tunnel, and the local service is
/// told of it. There is none unless traces are exported.
/// </summary>
internal sealed class LocalTracing : IDisposable
{
    /// <summary>Name of the source of the spans.</summary>
    public const string SourceName = "Ggrok.Client";

    private readonly ActivitySource _source = new(SourceName, ProgramVersion.Current);

    /// <summary>Begins the span of a request, and puts it into the head; null when the sampler wants to know nothing of it.</summary>
    public Activity? Begin(RequestHead head, LocalTunnel tunnel)
    {
        // The query is not among them, because secrets stand there.
        string path = head.Target.Split('?')[0];
        var tags = new TagList
        {
            { HttpAttributes.Method, HttpAttributes.MethodOf(head.Method) },
            { HttpAttributes.FullUrl, new Uri(tunnel.Target, "/").GetLeftPart(UriPartial.Authority) + path },
            { HttpAttributes.ServerAddress, tunnel.Target.Host },
            { HttpAttributes.ServerPort, tunnel.Target.Port },
            { HttpAttributes.Tunnel, tunnel.Name },
            { HttpAttributes.RequestId, head.Id },
        };
        Activity? span = _source.StartActivity(HttpAttributes.MethodOf(head.Method), ActivityKind.Client, TraceFields.ParentOf(head.Headers), tags);
        if (span is not null)
        {
            TraceFields.Put(span, head.Headers);
        }

        return span;
    }

    /// <summary>Ends the span of an exchange that is over.</summary>
    public static void End(Activity span, int status, RelayError error)
    {
        if (status > 0)
        {
            span.SetTag(HttpAttributes.Status, status);
        }

        if (error != RelayError.None)
        {
            span.SetTag(HttpAttributes.Error, error.ToString());
        }

        // To who asks, also 4xx is a failure.
        if (error != RelayError.None || status >= 400)
        {
            span.SetTag(HttpAttributes.ErrorType, error != RelayError.None ? error.ToString() : status.ToString(CultureInfo.InvariantCulture));
            span.SetStatus(ActivityStatusCode.Error);
        }

        span.Dispose();
    }

    public void Dispose() => _source.Dispose();
}
