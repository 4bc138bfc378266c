using System.Net;
using System.Net.Sockets;
using Ggrok.Server.Edge;
using Ggrok.Server.Hosting;
using Ggrok.Server.Metrics.Traffic;
using Ggrok.Server.Tunnels;
using Ggrok.Server.Visitors;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;
using Ggrok.Shared.Relay.Datagrams;

namespace Ggrok.Server.Raw;

/// <summary>Connections and datagrams of visitors that are no HTTP: bytes into a stream and back.</summary>
public sealed partial class RawRelay(ServerOptions options, PolicyBook policies, TrafficStatistics traffic, TimeProvider time, ILogger<RawRelay> log)
{
    private int _running;

    /// <summary>
    /// Connections that are not closed yet. That is more than open streams: a visitor may still be reading what both sides
    /// have ended.
    /// </summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Serves one accepted connection until both directions are over. Never throws.</summary>
    /// <param name="socket">The connection, owned from now on.</param>
    /// <param name="route">Where it leads; null or away ends it with a reset.</param>
    /// <param name="already">What was read from it before.</param>
    public async Task ServeAsync(Socket socket, TunnelRoute? route, ReadOnlyMemory<byte> already = default)
    {
        string id = CorrelationId.New();
        long started = time.GetTimestamp();
        string remote = "unknown";
        long fromVisitor = 0;
        long toVisitor = 0;
        MuxStream? stream = null;
        RelayError error;
        TunnelTraffic counted = route is null ? traffic.Unrouted : traffic.Of(route);
        Interlocked.Increment(ref _running);
        counted.RawBegan();
        try
        {
            SocketEnd.Prepare(socket);
            remote = TextOf(socket.RemoteEndPoint);
            stream = OpenStream(route, (socket.RemoteEndPoint as IPEndPoint)?.Address, out error);
            if (stream is not null)
            {
                stream.SetIdleTimeout(options.RawIdleTimeout);
                RawOpen open = Describe(route!, id, socket.RemoteEndPoint as IPEndPoint, socket.LocalEndPoint as IPEndPoint);
                await stream.WriteAsync(FrameKind.Open, open.Encode()).ConfigureAwait(false);
                (error, fromVisitor, toVisitor) = await SpliceAsync(socket, stream, already, policies.PipelineOf(route!)?.Pacing).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            // Gone before anything was read from it.
            error = RelayError.VisitorGone;
            stream?.Reset(error);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            error = RelayError.Internal;
            stream?.Reset(error);
            LogUnexpected(e, id);
        }

        SocketEnd.Close(socket, error);
        Interlocked.Decrement(ref _running);
        counted.RawEnded(error, fromVisitor, toVisitor);
        if (options.LogRequests)
        {
            Line(FailureLevel.Of(error), id, route?.Kind ?? TunnelKind.Tcp, route?.Key.Host ?? "-", remote,
                fromVisitor, toVisitor, Math.Round(time.GetElapsedTime(started).TotalMilliseconds, 1), error);
        }
    }

    /// <summary>Opens a stream for the datagrams of a new peer; null when the tunnel has as many as it may.</summary>
    public OpenedDatagrams? OpenDatagrams(TunnelRoute? route, IPEndPoint peer, IPEndPoint local)
    {
        if (OpenStream(route, peer.Address, out RelayError error) is not { } stream)
        {
            return error == RelayError.TooManyStreams ? null : OpenedDatagrams.Refused;
        }

        TunnelTraffic counted = traffic.Of(route!);
        counted.RawBegan();
        return new OpenedDatagrams(
            stream, Describe(route!, CorrelationId.New(), peer, local), policies.PipelineOf(route!)?.Pacing, flow => DatagramsEnded(counted, peer, flow));
    }

    private void DatagramsEnded(TunnelTraffic counted, IPEndPoint peer, DatagramFlow flow)
    {
        counted.RawEnded(flow.Error, flow.BytesOffered, flow.BytesDelivered);
        if (options.LogRequests)
        {
            LogDatagrams(TextOf(peer), flow.BytesOffered, flow.BytesDelivered, flow.Dropped, flow.Error);
        }
    }

    /// <summary>An address and port as text, IPv4 as such also where the socket speaks IPv6.</summary>
    internal static string TextOf(EndPoint? endPoint) =>
        endPoint is IPEndPoint ip ? new IPEndPoint(Plain(ip.Address), ip.Port).ToString() : "unknown";

    private MuxStream? OpenStream(TunnelRoute? route, IPAddress? remote, out RelayError error)
    {
        error = route is null ? RelayError.NoTunnel : policies.PipelineOf(route)?.Admit(remote) ?? RelayError.None;
        if (error != RelayError.None)
        {
            return null;
        }

        error = RelayError.TunnelAway;
        return route!.Tunnel?.TryOpenStream(out error);
    }

    private static RawOpen Describe(TunnelRoute route, string id, IPEndPoint? peer, IPEndPoint? local) =>
        new(id, route.Kind.ToWire(), route.TunnelIndex)
        {
            Remote = peer is null ? null : Plain(peer.Address).ToString(),
            RemotePort = peer?.Port ?? 0,
            Local = local is null ? null : Plain(local.Address).ToString(),
            LocalPort = local?.Port ?? 0,
        };

    private static async Task<(RelayError Error, long FromVisitor, long ToVisitor)> SpliceAsync(
        Socket socket, MuxStream stream, ReadOnlyMemory<byte> already, Pacing? pacing)
    {
        await using var visitor = new NetworkStream(socket, ownsSocket: false);
        var splice = new StreamSplice(stream, visitor, RelayError.VisitorGone, () => SocketEnd.ShutdownSend(socket), pacing);
        if (!already.IsEmpty)
        {
            await stream.WriteAsync(FrameKind.Data, already).ConfigureAwait(false);
        }

        await splice.RunAsync().ConfigureAwait(false);
        return (stream.Error, splice.BytesFromPeer + already.Length, splice.BytesToPeer);
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    [LoggerMessage(Message = "{RequestId} {Kind} {Name} from {Remote} in={BytesIn} out={BytesOut} {ElapsedMs} ms error={Error}")]
    private partial void Line(LogLevel level, string requestId, TunnelKind kind, string name, string remote, long bytesIn, long bytesOut, double elapsedMs, RelayError error);

    [LoggerMessage(Level = LogLevel.Information, Message = "UDP peer {Remote} forgotten: in={BytesIn} out={BytesOut} dropped={Dropped} error={Error}")]
    private partial void LogDatagrams(string remote, long bytesIn, long bytesOut, long dropped, RelayError error);

    [LoggerMessage(Level = LogLevel.Error, Message = "{RequestId} failed without a name")]
    private partial void LogUnexpected(Exception exception, string requestId);
}
