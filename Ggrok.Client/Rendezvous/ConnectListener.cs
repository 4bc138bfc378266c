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

    private readonly ConnectTarget _target;
    private readonly RemoteConnection _remote;
    private readonly SessionSource _sessions;
    private readonly IClientEvents _events;
    private readonly Socket _socket;
    private readonly DatagramEdge? _edge;
    private readonly SocketAcceptor? _acceptor;
    private readonly CancellationTokenSource _stop = new();
    private bool _disposed;

    /// <exception cref="DialException">The address cannot be listened on.</exception>
    public ConnectListener(ConnectTarget target, SessionSource sessions, IClientEvents events, TimeProvider time)
    {
        _target = target;
        _sessions = sessions;
        _events = events;
        _remote = new RemoteConnection(target, sessions, events, time);
        _socket = Bind(target.Listen!, target.Udp);
        if (target.Udp)
        {
            _edge = new DatagramEdge(_socket, OpenDatagrams, UdpIdle, time, DatagramsEnded);
        }
        else
        {
            CancellationToken stop = _stop.Token;
            _acceptor = new SocketAcceptor(_socket, accepted => _remote.ServeAsync(accepted, stop), time);
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
        _acceptor?.Dispose();
        _stop.Dispose();
    }

    private static Socket Bind(IPEndPoint address, bool udp)
    {
        try
        {
            return ListeningSocket.Bind(udp ? ProtocolType.Udp : ProtocolType.Tcp, address.Address, address.Port);
        }
        catch (SocketException e)
        {
            throw new DialException(new SessionOutcome(
                $"{address} cannot be listened on: {e.Message}. Choose another address or port to listen on.", ExitCode.Usage));
        }
    }

    private OpenedDatagrams? OpenDatagrams(IPEndPoint peer) =>
        _sessions.TryOpen() is { } stream ? new(stream, _remote.NewOpen()) : null;

    private void DatagramsEnded(IPEndPoint peer, DatagramFlow flow) => _events.ConnectionCompleted(new ConnectionSummary(
        "-", _target.Name, TunnelKind.Udp, peer.ToString(), flow.Error, flow.Lived, flow.BytesOffered, flow.BytesDelivered));
}
