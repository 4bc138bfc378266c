using System.Net.Sockets;
using System.Security.Cryptography;
using Ggrok.Client.Connection;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;

namespace Ggrok.Client.Rendezvous;

/// <summary>Connections from this machine to a private name.</summary>
internal sealed class RemoteConnection(ConnectTarget target, SessionSource sessions, IClientEvents events, TimeProvider time)
{
    private const int IdBytes = 8;

    private int _running;

    /// <summary>Accepted connections that are not closed yet.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>What opens a stream to the name.</summary>
    public RawOpen NewOpen() => new(
        Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes)), (target.Udp ? TunnelKind.Udp : TunnelKind.Tcp).ToWire(), Name: target.Name);

    /// <summary>Serves a connection accepted here until both directions are over. Never throws.</summary>
    public async Task ServeAsync(Socket socket, CancellationToken stop)
    {
        RelayError error = RelayError.VisitorGone;
        Interlocked.Increment(ref _running);
        try
        {
            SocketEnd.Prepare(socket);
            await using var stream = new NetworkStream(socket, ownsSocket: false);
            error = await SpliceAsync(stream, () => SocketEnd.ShutdownSend(socket), socket.RemoteEndPoint?.ToString(), stop, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            // Gone before anything was read from it.
        }

        SocketEnd.Close(socket, error);
        Interlocked.Decrement(ref _running);
    }

    /// <summary>Joins a local stream with the name until both directions are over; returns how it failed. Never throws.</summary>
    /// <param name="local">The stream at this side.</param>
    /// <param name="shutdownLocal">Half-closes its writing side.</param>
    /// <param name="remote">Who is at its other end, or null.</param>
    /// <param name="stop">Gives up waiting for a session.</param>
    /// <param name="leave">Breaks the connection off: who is at this side is gone.</param>
    public async Task<RelayError> SpliceAsync(Stream local, Action shutdownLocal, string? remote, CancellationToken stop, CancellationToken leave)
    {
        long started = time.GetTimestamp();
        RawOpen open = NewOpen();
        StreamSplice? splice = null;
        MuxStream? stream = null;
        RelayError error;
        try
        {
            (stream, error) = await sessions.OpenAsync(stop).ConfigureAwait(false);
            if (stream is not null)
            {
                await stream.WriteAsync(FrameKind.Open, open.Encode()).ConfigureAwait(false);
                await using CancellationTokenRegistration leaving = leave.UnsafeRegister(static s => ((MuxStream)s!).Reset(RelayError.VisitorGone), stream);
                splice = new StreamSplice(stream, local, RelayError.VisitorGone, shutdownLocal);
                await splice.RunAsync().ConfigureAwait(false);
                error = stream.Error;
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            error = RelayError.Internal;
            stream?.Reset(error);
        }

        events.ConnectionCompleted(new ConnectionSummary(
            open.Id, target.Name, TunnelKind.Tcp, remote, error, time.GetElapsedTime(started), splice?.BytesFromPeer ?? 0, splice?.BytesToPeer ?? 0));
        return error;
    }
}
