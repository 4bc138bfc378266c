using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Client.Local.Http1;
using Ggrok.Client.Local.Raw;
using Ggrok.Client.Telemetry;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Local;

/// <summary>Answers the streams that the server opens, each with a request for one of the local services.</summary>
internal sealed class LocalRelay
{
    private readonly IReadOnlyList<LocalTunnel> _tunnels;
    private readonly LocalService[] _services;
    private readonly IClientEvents _events;
    private readonly TimeProvider _time;
    private readonly IExchangeRecording? _recording;
    private readonly IRequestInterceptor? _interceptor;
    private readonly LocalTracing? _tracing;
    private readonly LocalFlows _datagrams = new();
    private readonly ConcurrentDictionary<MuxStream, bool> _probes = new();
    private int _rawConnections;

    public LocalRelay(
        IReadOnlyList<LocalTunnel> tunnels, IClientEvents events, TimeProvider time, IExchangeRecording? recording = null, IRequestInterceptor? interceptor = null,
        LocalTracing? tracing = null)
    {
        _tunnels = tunnels;
        _services = [.. tunnels.Select(t => new LocalService(t, time))];
        _events = events;
        _time = time;
        _recording = recording;
        _interceptor = interceptor;
        _tracing = tracing;
    }

    /// <summary>Size in bytes that a response head may have; the server says it in Welcome.</summary>
    public int MaxHeadBytes { get; set; } = ProtocolLimits.MaxJsonBytes / 2;

    /// <summary>
    /// Raw connections to local services that are not closed yet: a service may still be reading what both sides have ended.
    /// </summary>
    public int RawConnections => Volatile.Read(ref _rawConnections);

    /// <summary>Ends the datagrams of every peer: nothing that a drain could wait for.</summary>
    public void EndDatagrams() => _datagrams.EndAll();

    /// <summary>Ends the server's own questions whether a service is well: nothing that a drain should wait for.</summary>
    public void EndProbes()
    {
        foreach (MuxStream probe in _probes.Keys)
        {
            probe.Reset(RelayError.Draining);
        }
    }

    /// <summary>Serves one stream. Never throws.</summary>
    public async Task ServeAsync(MuxStream stream)
    {
        long started = _time.GetTimestamp();
        try
        {
            InboundFrame frame = await stream.ReadAsync().ConfigureAwait(false);
            switch (frame.Kind)
            {
                case FrameKind.Head:
                    RequestHead head = HeadReader.ReadRequest(frame.Payload.Span);
                    if (head.Tunnel >= _tunnels.Count || _tunnels[head.Tunnel].Kind != TunnelKind.Http)
                    {
                        stream.Reset(RelayError.RequestInvalid);
                        break;
                    }

                    if (await _services[head.Tunnel].KnocksInVainAsync(head, stream.Aborted).ConfigureAwait(false))
                    {
                        stream.Reset(RelayError.LocalUnreachable);
                        break;
                    }

                    RecordingExchange? recording = head.IsProbe ? null : _recording?.Begin(head, frame.Payload.Span, _tunnels[head.Tunnel], started);
                    stream.Advance();
                    if (head.IsProbe)
                    {
                        await ServeProbeAsync(stream, head, started).ConfigureAwait(false);
                        break;
                    }

                    await ServeRequestAsync(stream, head, started, recording).ConfigureAwait(false);
                    break;
                case FrameKind.Open:
                    RawOpen open = RawOpen.Decode(frame.Payload.Span);
                    stream.Advance();
                    await ServeRawAsync(stream, open, started).ConfigureAwait(false);
                    break;
                default:
                    stream.Reset(RelayError.RequestInvalid);
                    break;
            }
        }
        catch (ProtocolViolationException)
        {
            stream.Reset(RelayError.RequestInvalid);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Nobody waits for this task: without it the stream would stay open for ever.
            stream.Reset(RelayError.Internal);
        }
    }

    private async ValueTask ServeProbeAsync(MuxStream stream, RequestHead head, long started)
    {
        _probes[stream] = true;
        try
        {
            await ServeRequestAsync(stream, head, started, recording: null).ConfigureAwait(false);
        }
        finally
        {
            _probes.TryRemove(stream, out _);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ServeRequestAsync(MuxStream stream, RequestHead head, long started, RecordingExchange? recording)
    {
        LocalTunnel tunnel = _tunnels[head.Tunnel];
        LocalService service = _services[head.Tunnel];
        ILocalExchange? exchange = null;
        Activity? span = head.IsProbe ? null : _tracing?.Begin(head, tunnel);
        RelayError error;
        try
        {
            var next = new Interception { Request = head };
            if (_interceptor is not null && !head.IsProbe && _interceptor.TryIntercept(stream, head, tunnel, recording, out Task<Interception> intercepting))
            {
                next = await intercepting.ConfigureAwait(false);
            }

            exchange = next.Request is { } request
                ? await service.OpenAsync(stream, request, MaxHeadBytes, recording).ConfigureAwait(false)
                : next.Answer;
            error = exchange is null ? next.Error : await exchange.RunAsync().ConfigureAwait(false);
        }
        catch (LocalConnectException e)
        {
            error = e.Error;
        }
        catch (OperationCanceledException) when (stream.Error != RelayError.None)
        {
            error = stream.Error;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A bug must cost one exchange, not the tunnel.
            error = RelayError.Internal;
        }

        if (error != RelayError.None)
        {
            stream.Reset(error);
        }

        if (span is not null)
        {
            LocalTracing.End(span, exchange?.Status ?? 0, error);
        }

        service.Ended(head, error);
        if (head.IsProbe)
        {
            // No visitor: nothing to tell of.
            return;
        }

        recording?.Complete(error, exchange?.Status ?? 0);
        _events.ExchangeCompleted(new ExchangeSummary(
            head.Id, tunnel.Name, head.Method, head.Target, exchange?.Status ?? 0, error,
            _time.GetElapsedTime(started), exchange?.RequestBytes ?? 0, exchange?.ResponseBytes ?? 0));
    }

    private async ValueTask ServeRawAsync(MuxStream stream, RawOpen open, long started)
    {
        if (open.Tunnel >= _tunnels.Count)
        {
            stream.Reset(RelayError.RequestInvalid);
            return;
        }

        LocalTunnel tunnel = _tunnels[open.Tunnel];
        var connection = new RawConnection(tunnel, stream, open, _datagrams, _time);
        RelayError error;
        Interlocked.Increment(ref _rawConnections);
        try
        {
            error = await connection.RunAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            error = RelayError.Internal;
        }
        finally
        {
            Interlocked.Decrement(ref _rawConnections);
        }

        if (error != RelayError.None)
        {
            stream.Reset(error);
        }

        _events.ConnectionCompleted(new ConnectionSummary(
            open.Id, tunnel.Name, tunnel.Kind, open.Remote, error, _time.GetElapsedTime(started), connection.BytesIn, connection.BytesOut));
    }
}
