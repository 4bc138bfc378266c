using System.Net.Sockets;
using Ggrok.Client.Connection;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;
using Ggrok.Shared.Relay.Datagrams;

namespace Ggrok.Client.Local.Raw;

/// <summary>One raw connection from the tunnel to a local service.</summary>
internal sealed class RawConnection(LocalTunnel tunnel, MuxStream stream, RawOpen open, TimeProvider time)
{
    private const int LargestDatagram = 65_535;

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
                : await LocalDialer.DialAsync(tunnel.Target, limit.Token).ConfigureAwait(false);
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
        var flow = new DatagramFlow(stream, null, async d => await socket.SendAsync(d).ConfigureAwait(false), time);
        Task receiving = ReceiveAsync(socket, flow);
        await flow.RunAsync().ConfigureAwait(false);
        socket.Dispose();
        await receiving.ConfigureAwait(false);
        BytesIn = flow.BytesDelivered;
        BytesOut = flow.BytesOffered;
        return flow.Error;
    }

    private static async Task ReceiveAsync(Socket socket, DatagramFlow flow)
    {
        byte[] buffer = new byte[LargestDatagram];
        while (true)
        {
            try
            {
                int count = await socket.ReceiveAsync(buffer.AsMemory()).ConfigureAwait(false);
                flow.Offer(buffer.AsSpan(0, count));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
            {
                flow.Fail(RelayError.LocalUnreachable);
                return;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                flow.Complete();
                return;
            }
        }
    }
}
