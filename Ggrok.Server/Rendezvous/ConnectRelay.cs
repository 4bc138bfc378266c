using Ggrok.Server.Edge;
using Ggrok.Server.Hosting;
using Ggrok.Server.Metrics.Traffic;
using Ggrok.Server.Tunnels;
using Ggrok.Server.Visitors;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;
using IPAddress = System.Net.IPAddress;

namespace Ggrok.Server.Rendezvous;

/// <summary>Streams that a client opens to a private name: joined with a stream to the client that serves it.</summary>
public sealed partial class ConnectRelay(ServerOptions options, TunnelRegistry registry, PolicyBook policies, TrafficStatistics traffic, TimeProvider time, ILogger<ConnectRelay> log)
{
    /// <summary>What the server tells about the names in a Hello.</summary>
    public NameState Describe(string name)
    {
        TunnelRoute? route = registry.Find(RouteKey.Private(name));
        return new NameState(name, route?.Kind.ToWire(), route?.IsAway ?? false);
    }

    /// <summary>Serves one stream until both directions are over. Never throws.</summary>
    /// <param name="session">The client that opened it.</param>
    /// <param name="stream">The stream, of which nothing was read.</param>
    public async Task ServeAsync(TunnelSession session, MuxStream stream)
    {
        long started = time.GetTimestamp();
        RawOpen? open = null;
        StreamBridge? bridge = null;
        TunnelTraffic? counted = null;
        RelayError error;
        try
        {
            InboundFrame frame = await stream.ReadAsync().ConfigureAwait(false);
            open = frame.Kind == FrameKind.Open ? RawOpen.Decode(frame.Payload.Span) : null;
            stream.Advance();
            (error, MuxStream? target, Pacing? pacing, counted) = open is null ? (frame.Kind == FrameKind.Reset ? frame.Error : RelayError.RequestInvalid, null, null, null)
                : await OpenAsync(session, open).ConfigureAwait(false);
            if (target is not null)
            {
                stream.SetIdleTimeout(options.RawIdleTimeout);
                target.SetIdleTimeout(options.RawIdleTimeout);
                bridge = new StreamBridge(stream, target, pacing);
                await bridge.RunAsync().ConfigureAwait(false);
                error = stream.Error;
            }
        }
        catch (ProtocolViolationException)
        {
            error = RelayError.RequestInvalid;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            error = RelayError.Internal;
            LogUnexpected(e, open?.Id ?? "-");
        }

        if (error != RelayError.None)
        {
            stream.Reset(error);
        }

        counted?.RawEnded(error, bridge?.BytesFromFirst ?? 0, bridge?.BytesFromSecond ?? 0);
        if (options.LogRequests)
        {
            Line(FailureLevel.Of(error), Printable.Clean(open?.Id), Printable.Clean(open?.Name), Printable.Clean(session.Hello.Label),
                bridge?.BytesFromFirst ?? 0, bridge?.BytesFromSecond ?? 0, Math.Round(time.GetElapsedTime(started).TotalMilliseconds, 1), error);
        }
    }

    private async Task<(RelayError Error, MuxStream? Target, Pacing? Pacing, TunnelTraffic? Counted)> OpenAsync(TunnelSession session, RawOpen open)
    {
        if (PrivateName.Normalize(open.Name ?? "") is not { } name)
        {
            return (RelayError.RequestInvalid, null, null, null);
        }

        // Before the name is looked up: what a token may not reach, it may not learn about either.
        if (!session.Identity.Grants.AllowsConnecting(name))
        {
            return (RelayError.NotGranted, null, null, null);
        }

        TunnelRoute? route = registry.Find(RouteKey.Private(name));
        if (route is null)
        {
            return (RelayError.NoTunnel, null, null, null);
        }

        TunnelTraffic counted = traffic.Of(route);
        counted.RawBegan();
        try
        {
            return await OpenAsync(session, open, route, counted).ConfigureAwait(false);
        }
        catch
        {
            counted.RawEnded(RelayError.Internal, 0, 0);
            throw;
        }
    }

    private async Task<(RelayError Error, MuxStream? Target, Pacing? Pacing, TunnelTraffic? Counted)> OpenAsync(
        TunnelSession session, RawOpen open, TunnelRoute route, TunnelTraffic counted)
    {
        if (route.Kind.ToWire() != open.Kind)
        {
            return (RelayError.WrongKind, null, null, counted);
        }

        EdgePipeline? pipeline = policies.PipelineOf(route);
        RelayError refusal = pipeline?.Admit(IPAddress.TryParse(session.Remote, out IPAddress? remote) ? remote : null) ?? RelayError.None;
        if (refusal != RelayError.None)
        {
            return (refusal, null, null, counted);
        }

        RelayError error = RelayError.TunnelAway;
        MuxStream? target = route.Tunnel?.TryOpenStream(out error);
        if (target is null)
        {
            return (error == RelayError.TunnelLost ? RelayError.TunnelAway : error, null, null, counted);
        }

        var onward = new RawOpen(open.Id, open.Kind, route.TunnelIndex, Remote: session.Remote);
        await target.WriteAsync(FrameKind.Open, onward.Encode()).ConfigureAwait(false);
        return (RelayError.None, target, pipeline?.Pacing, counted);
    }

    [LoggerMessage(Message = "{RequestId} connection to {Name} of {Client} in={BytesIn} out={BytesOut} {ElapsedMs} ms error={Error}")]
    private partial void Line(LogLevel level, string requestId, string name, string client, long bytesIn, long bytesOut, double elapsedMs, RelayError error);

    [LoggerMessage(Level = LogLevel.Error, Message = "{RequestId} failed without a name")]
    private partial void LogUnexpected(Exception exception, string requestId);
}
