using System.Runtime.CompilerServices;
using Ggrok.Server.Balancing;
using Ggrok.Server.Edge;
using Ggrok.Server.Hosting;
using Ggrok.Server.Metrics.Otlp;
using Ggrok.Server.Metrics.Traffic;
using Ggrok.Server.Relay;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Telemetry;
using Microsoft.AspNetCore.Http.Features;

namespace Ggrok.Server.Visitors;

/// <summary>Every request that is not for the server itself: finds the tunnel, relays, answers failures, logs.</summary>
internal sealed class VisitorEndpoint(
    ServerOptions options,
    TunnelRegistry registry,
    RequestHeadBuilder heads,
    PolicyBook policies,
    MemberRelay members,
    TunnelWaiting waiting,
    SessionDirectory directory,
    RequestLog log,
    ExchangeMeter meter,
    TimeProvider time,
    VisitorTracing? tracing = null)
{
    /// <summary>Serves one visitor's request.</summary>
    public async Task ServeAsync(HttpContext context)
    {
        if (directory.IsDraining && HttpProtocol.IsHttp11(context.Request.Protocol) && context.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest != true)
        {
            // What is in front shall not use a connection again that is about to be closed.
            context.Response.Headers.Connection = "close";
        }

        var record = new ExchangeRecord { Id = CorrelationId.Of(context.Request), Started = time.GetTimestamp(), Span = tracing?.Begin(context) };
        RelayError error;
        try
        {
            error = await RelayAsync(context, record).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            error = e is BadHttpRequestException ? RequestBodyFailure.Of(e, context)
                : context.RequestAborted.IsCancellationRequested ? RelayError.VisitorGone
                : RelayError.Internal;
            if (error == RelayError.Internal)
            {
                log.Unexpected(record.Id, e);
            }
        }

        record.Error = error;
        if (error != RelayError.None)
        {
            await FailAsync(context, error, record).ConfigureAwait(false);
        }

        Finish(context, record, error);
    }

    private void Finish(HttpContext context, ExchangeRecord record, RelayError error)
    {
        if (record.Status == 0)
        {
            record.Status = error == RelayError.None ? context.Response.StatusCode : RelayFailure.Of(error).Status;
        }

        TimeSpan elapsed = time.GetElapsedTime(record.Started);
        meter.Ended(context, record, elapsed);
        if (options.LogRequests)
        {
            log.Finished(context, record, elapsed);
        }

        if (record.Span is not null)
        {
            VisitorTracing.End(record.Span, context, record);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<RelayError> RelayAsync(HttpContext context, ExchangeRecord record)
    {
        string target = RequestTarget.ToOriginForm(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        VisitorConnection connection = VisitorConnection.Of(context, options.TrustedProxies);
        string? host = connection.Normalize(context.Request.Host.Value ?? "");
        if (host is null || !RequestTarget.IsSafe(target) || IsAmbiguous(context.Request))
        {
            return RelayError.RequestInvalid;
        }

        if (directory.RefusesVisitors)
        {
            return RelayError.Draining;
        }

        TunnelRoute? route = registry.Find(host, target, context.Request);
        if (route is null)
        {
            (route, RelayError problem) = await waiting.ForRequestAsync(host, target, context).ConfigureAwait(false);
            if (route is null)
            {
                return problem == RelayError.None ? RelayError.NoTunnel : problem;
            }
        }

        meter.Began(route, record);
        string? upgrade = UpgradeRelay.ProtocolOf(context);
        RequestHead head = connection.RentRequestHead();
        RelayError error = heads.TryFill(head, context, connection, record.Id, route, target, upgrade);
        if (error == RelayError.None)
        {
            if (record.Span is not null)
            {
                record.Span.SetTag(HttpAttributes.ClientAddress, head.Remote);
                TraceFields.Put(record.Span, head.Headers);
            }

            error = policies.PipelineOf(route) is { } pipeline
                ? await RunAsync(pipeline, new EdgeExchange(context, head, route, record) { VisitorTarget = target }, connection).ConfigureAwait(false)
                : await members.RelayAsync(context, connection, route, head, record).ConfigureAwait(false);
        }

        connection.Return(head);
        return error;
    }

    private ValueTask<RelayError> RunAsync(EdgePipeline pipeline, EdgeExchange exchange, VisitorConnection connection)
    {
        exchange.Record.Edge = exchange;
        return pipeline.RunAsync(exchange, x => members.RelayAsync(x.Context, connection, x.Route, x.Head, x.Record));
    }

    // An answer while nothing was sent, else a broken connection: a visitor must never take a part for the whole.
    private async Task FailAsync(HttpContext context, RelayError error, ExchangeRecord record)
    {
        // Bytes of a body that wait to be sent belong to the head that they came with.
        if (error == RelayError.VisitorGone || context.Response.HasStarted || record.ResponseBytes > 0)
        {
            BreakOff(context, error);
            return;
        }

        try
        {
            if (GrpcRequest.Is(context.Request))
            {
                record.Status = StatusCodes.Status200OK;
                await GrpcAnswer.WriteAsync(context, error, record).ConfigureAwait(false);
                return;
            }

            if (record.Edge is null && policies.PagesForAll is { } pages)
            {
                // Of no tunnel, such as NoTunnel itself.
                record.AddPages(pages);
            }

            await ErrorPage.WriteAsync(context, error, record).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (e is not (IOException or OperationCanceledException or ObjectDisposedException))
            {
                log.Unexpected(record.Id, e);
            }

            context.Abort();
        }
    }

    // From HTTP/2 on the stream alone breaks off, with the reason that fits best (RFC 9113 section 7, RFC 9114 section 8.1).
    private static void BreakOff(HttpContext context, RelayError error)
    {
        if (context.Features.Get<IHttpResetFeature>() is not { } stream)
        {
            context.Abort();
            return;
        }

        (int internalError, int cancel) = HttpProtocol.IsHttp3(context.Request.Protocol) ? (0x102, 0x10c) : (0x2, 0x8);
        stream.Reset(error is RelayError.LocalCancelled or RelayError.VisitorGone or RelayError.StreamIdle ? cancel : internalError);
    }

    // Kestrel keeps Transfer-Encoding and moves a Content-Length beside it to X-Content-Length: a smuggling attempt
    // (RFC 9112 section 6.3). HTTP/1.0 knows no Transfer-Encoding (section 6.1).
    private static bool IsAmbiguous(HttpRequest request) =>
        request.Headers.TransferEncoding.Count > 0
        && (request.Headers.ContentLength is not null || request.Headers.ContainsKey("X-Content-Length") || HttpProtocol.IsHttp10(request.Protocol));
}
