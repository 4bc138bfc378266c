using System.Buffers;
using System.Net.Sockets;
using Ggrok.Client.Connection;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;
using Ggrok.Shared.Relay.Datagrams;

namespace Ggrok.Client.Local.Raw;

/// <summary>One raw connection from the tunnel to a local service.</summary>
internal sealed class RawConnection(LocalTunnel tunnel, MuxStream stream, RawOpen open, LocalFlows flows, TimeProvider time)
{
    private const int LargestDatagram = 65_535;
    private const int DatagramsInARow = 64;

    /// <summary>Bytes towards the service.</summary>
    public long BytesIn { get; private set; }

    /// <summary>Bytes from the service.</summary>
    public long BytesOut { get; private set; }

    /// <summary>Runs until both directions are over; returns how it failed.</summary>
    public async Task<RelayError> RunAsync()
    {
        if (tunnel.Kind == TunnelKind.Http || open.Kind != tunnel.Kind.ToWire())
        {
            return RelayError.WrongKind;
        }

        Socket? socket = await ConnectAsync().ConfigureAwait(false);
        if (socket is null)
        {
            return stream.Error == RelayError.None ? RelayError.LocalUnreachable : stream.Error;
        }

        using (socket)
        {
            return await (tunnel.Kind == TunnelKind.Udp ? ExchangeAsync(socket) : SpliceAsync(socket)).ConfigureAwait(false);
        }
    }

    private async Task<Socket?> ConnectAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stream.Aborted);
        limit.CancelAfter(LocalDialer.Timeout);
        try
        {
            return tunnel.Kind == TunnelKind.Udp
                ? await LocalDialer.DialUdpAsync(tunnel.Target, limit.Token).ConfigureAwait(false)
                : await LocalDialer.DialRawAsync(tunnel.Target, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return null;
        }
    }

    private async Task<RelayError> SpliceAsync(Socket socket)
    {
        await using var local = new NetworkStream(socket, ownsSocket: false);
        if (tunnel.ProxyProtocol)
        {
            try
            {
                await local.WriteAsync(ProxyProtocol.HeaderFor(open)).ConfigureAwait(false);
            }
            catch (IOException)
            {
                return RelayError.LocalUnreachable;
            }
        }

        var splice = new StreamSplice(stream, local, RelayError.ResponseBodyLocal, () => SocketEnd.ShutdownSend(socket));
        await splice.RunAsync().ConfigureAwait(false);
        BytesIn = splice.BytesToPeer;
        BytesOut = splice.BytesFromPeer;
        SocketEnd.Close(socket, stream.Error);
        return stream.Error;
    }

    private async Task<RelayError> ExchangeAsync(Socket socket)
    {
        socket.Blocking = false;
        var flow = new DatagramFlow(stream, null, d => DeliverAsync(socket, d), flows.Budget, time);
        flows.Add(flow);
        Task receiving = ReceiveAsync(socket, flow);
        await flow.RunAsync().ConfigureAwait(false);
        flows.Remove(flow);
        socket.Dispose();
        await receiving.ConfigureAwait(false);
        BytesIn = flow.BytesDelivered;
        BytesOut = flow.BytesOffered;
        return flow.Error;
    }

    private async ValueTask DeliverAsync(Socket socket, ReadOnlyMemory<byte> datagram)
    {
        try
        {
            await socket.SendAsync(datagram).ConfigureAwait(false);
        }
        catch (SocketException e) when (IsNobodyThere(e))
        {
            // The answer to an earlier datagram: the system tells it to whoever asks first.
            stream.Reset(RelayError.LocalUnreachable);
        }
    }

    private async Task ReceiveAsync(Socket socket, DatagramFlow flow)
    {
        // Waiting without a buffer keeps a quiet peer small. Windows would drop a datagram for which there is no room.
        byte[] first = OperatingSystem.IsWindows() ? new byte[LargestDatagram] : [];
        try
        {
            while (true)
            {
                int count = await socket.ReceiveAsync(first.AsMemory()).ConfigureAwait(false);
                if (first.Length > 0)
                {
                    flow.Offer(first.AsSpan(0, count));
                }

                if (!TakeWaiting(socket, flow))
                {
                    // A flood must not keep the thread that serves all sockets.
                    await Task.Yield();
                }
            }
        }
        catch (SocketException e) when (IsNobodyThere(e))
        {
            stream.Reset(RelayError.LocalUnreachable);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            flow.Complete();
        }
    }

    private static bool IsNobodyThere(SocketException e) => e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset;

    /// <summary>Takes what has arrived; false when there may be more.</summary>
    private static bool TakeWaiting(Socket socket, DatagramFlow flow)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(LargestDatagram);
        try
        {
            for (int i = 0; i < DatagramsInARow; i++)
            {
                int count = socket.Receive(buffer, SocketFlags.None, out SocketError error);
                if (error == SocketError.WouldBlock)
                {
                    return true;
                }

                if (error != SocketError.Success)
                {
                    throw new SocketException((int)error);
                }

                flow.Offer(buffer.AsSpan(0, count));
            }

            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
