using System.Net;
using System.Net.Sockets;
using Ggrok.Server.Raw;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Relay.Datagrams;

namespace Ggrok.Server.Ports;

/// <summary>Takes datagrams on one public port.</summary>
internal sealed class UdpPort : IDisposable
{
    private readonly DatagramEdge _edge;

    public UdpPort(Socket socket, RouteKey key, TunnelRegistry registry, RawRelay relay, TimeSpan idle, TimeProvider time)
    {
        IPEndPoint local = (IPEndPoint)socket.LocalEndPoint!;
        _edge = new DatagramEdge(socket, peer => relay.OpenDatagrams(registry.Find(key), peer, local), idle, time);
    }

    public void Dispose() => _edge.Dispose();
}
