using System.Net;
using System.Net.Sockets;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;
using Ggrok.Shared.Relay.Datagrams;

namespace Ggrok.Client.Rendezvous;

/// <summary>Makes a private name reachable at an address of this machine, for as long as it is not disposed.</summary>
internal sealed class ConnectListener : IDisposable
{
    private static readonly TimeSpan UdpIdle = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromMilliseconds(200);

    private readonly ConnectTarget _target;
    private readonly RemoteConnection _remote;
    private readonly SessionSource _sessions;
    private readonly IClientEvents _events;
    private readonly TimeProvider _time;
    private readonly Socket _socket;
    private readonly DatagramEdge? _edge;
    private readonly CancellationTokenSource _stop = new();
    private bool _disposed;

    /// <exception cref="DialException">The address cannot be listened on.</exception>
    public ConnectListener(ConnectTarget target, SessionSource sessions, IClientEvents events, TimeProvider time)
    {
        _target = target;
        _sessions = sessions;
        _events = events;
        _time = time;
        _remote = new RemoteConnection(target, sessions, events, time);
        _socket = Bind(target.Listen!, target.Udp);
        if (target.Udp)
        {
            _edge = new DatagramEdge(_socket, OpenDatagrams, UdpIdle, time, DatagramsEnded);
        }
        else
        {
            _ = AcceptAsync();
        }
    }

    /// <summary>The private name.</summary>
    public string Name => _target.Name;

    /// <summary>Where it listens: the port is the real one where any free one was asked for.</summary>
    public IPEndPoint Address => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Connections accepted here that are not closed yet.</summary>
    public int Connections => _remote.Running;

    /// <summary>Ends the datagrams of every peer at the session of before; who sends again uses the next one.</summary>
    public void EndFlows() => _edge?.EndFlows();

    /// <summary>Takes no more connections; those that run go on.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _stop.Cancel();
        _edge?.Dispose();
        _socket.Dispose();
        _stop.Dispose();
    }

    private static Socket Bind(IPEndPoint address, bool udp)
    {
        var socket = new Socket(address.AddressFamily, udp ? SocketType.Dgram : SocketType.Stream, udp ? ProtocolType.Udp : ProtocolType.Tcp);
        try
        {
            socket.Bind(address);
            if (!udp)
            {
                socket.Listen();
            }

            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new DialException(new SessionOutcome(
                $"{address} cannot be listened on: {e.Message}. Choose another address or port to listen on.", ExitCode.Usage));
        }
    }

    private async Task AcceptAsync()
    {
        CancellationToken stop = _stop.Token;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                _ = _remote.ServeAsync(await _socket.AcceptAsync(stop).ConfigureAwait(false), stop);
            }
            catch (SocketException) when (!stop.IsCancellationRequested)
            {
                // Out of file descriptors, most likely: going round at once would only heat the processor.
                await Task.Delay(AfterFailure, _time, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private OpenedDatagrams? OpenDatagrams(IPEndPoint peer) =>
        _sessions.TryOpen() is { } stream ? new(stream, _remote.NewOpen()) : null;

    private void DatagramsEnded(IPEndPoint peer, DatagramFlow flow) => _events.ConnectionCompleted(new ConnectionSummary(
        "-", _target.Name, TunnelKind.Udp, peer.ToString(), flow.Error, flow.Lived, flow.BytesOffered, flow.BytesDelivered));
}
