using System.Net;
using System.Net.Sockets;
using Ggrok.Server.Hosting;
using Ggrok.Server.Raw;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;

namespace Ggrok.Server.Ports;

/// <summary>
/// The public ports that listen now. A port is open while at least one session holds a lease of it: two do while a client
/// that came back replaces its own old session.
/// </summary>
public sealed class PublicPorts : IDisposable
{
    private readonly ServerOptions _options;
    private readonly TunnelRegistry _registry;
    private readonly RawRelay _relay;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<(TunnelKind Kind, int Port), OpenPort> _open = [];

    /// <summary>Creates the set; nothing listens yet.</summary>
    public PublicPorts(ServerOptions options, TunnelRegistry registry, RawRelay relay, TimeProvider time)
    {
        _options = options;
        _registry = registry;
        _relay = relay;
        _time = time;
    }

    /// <summary>The server is shutting down: no port is opened any more.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Opens a port, 0 for any free one; null when the system refuses it.</summary>
    /// <param name="kind">TCP or UDP.</param>
    /// <param name="port">The port.</param>
    /// <param name="share">Whether a port that is open already may be shared with who opened it.</param>
    public PortLease? TryAcquire(TunnelKind kind, int port, bool share)
    {
        lock (_gate)
        {
            if (IsClosed)
            {
                return null;
            }

            if (port != 0 && _open.TryGetValue((kind, port), out OpenPort? held))
            {
                held.Leases += share ? 1 : 0;
                return share ? new PortLease(this, kind, port) : null;
            }

            try
            {
                Socket socket = ListeningSocket.Bind(kind == TunnelKind.Udp ? ProtocolType.Udp : ProtocolType.Tcp, _options.PortsAddress, port);
                int actual = ((IPEndPoint)socket.LocalEndPoint!).Port;
                _open[(kind, actual)] = new OpenPort(Serve(kind, actual, socket));
                return new PortLease(this, kind, actual);
            }
            catch (SocketException)
            {
                return null;
            }
        }
    }

    /// <summary>Closes every port.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            IsClosed = true;
            foreach (OpenPort port in _open.Values)
            {
                port.Listener.Dispose();
            }

            _open.Clear();
        }
    }

    internal void Release(TunnelKind kind, int port)
    {
        lock (_gate)
        {
            if (_open.TryGetValue((kind, port), out OpenPort? held) && --held.Leases == 0)
            {
                _open.Remove((kind, port));
                held.Listener.Dispose();
            }
        }
    }

    private IDisposable Serve(TunnelKind kind, int port, Socket socket)
    {
        RouteKey key = RouteKey.PublicPort(kind, port);
        return kind == TunnelKind.Udp
            ? new UdpPort(socket, key, _registry, _relay, _options.UdpIdleTimeout, _time)
            : new SocketAcceptor(socket, accepted => _relay.ServeAsync(accepted, _registry.Find(key)), _time);
    }

    private sealed class OpenPort(IDisposable listener)
    {
        public IDisposable Listener { get; } = listener;

        public int Leases { get; set; } = 1;
    }
}

/// <summary>One holder's share in an open port.</summary>
public sealed class PortLease : IDisposable
{
    private readonly PublicPorts _ports;
    private readonly TunnelKind _kind;
    private int _released;

    internal PortLease(PublicPorts ports, TunnelKind kind, int port)
    {
        _ports = ports;
        _kind = kind;
        Port = port;
    }

    /// <summary>The port.</summary>
    public int Port { get; }

    /// <summary>Gives it up.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _released, 1) == 0)
        {
            _ports.Release(_kind, Port);
        }
    }
}
