using System.Net;
using System.Net.Sockets;
using System.Text;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Raw;

/// <summary>Someone who sends datagrams to an address and hears from it.</summary>
public sealed class UdpPeer : IDisposable
{
    private readonly Socket _socket;

    public UdpPeer(IPEndPoint address)
    {
        _socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 1 << 20 };
        _socket.Connect(address);
    }

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    public Task SendAsync(string text) => SendAsync(Encoding.ASCII.GetBytes(text));

    public Task SendAsync(byte[] datagram) => _socket.SendAsync(datagram);

    public async Task<string> ReceiveAsync() => Encoding.ASCII.GetString(await ReceiveBytesAsync());

    public async Task<byte[]> ReceiveBytesAsync()
    {
        byte[] buffer = new byte[70_000];
        int count = await Within.Bound(_socket.ReceiveAsync(buffer.AsMemory()).AsTask(), "a datagram");
        return buffer[..count];
    }

    /// <summary>Sends until an answer comes: the network, and a tunnel on its way, may lose one.</summary>
    public async Task<byte[]> AskAsync(byte[] datagram)
    {
        Task<byte[]> answer = ReceiveBytesAsync();
        do
        {
            await SendAsync(datagram);
        }
        while (await Task.WhenAny(answer, Task.Delay(200)) != answer);

        return await answer;
    }

    public void Dispose() => _socket.Dispose();
}

/// <summary>A local UDP service that says who asks, so that an answer to the wrong peer shows.</summary>
public sealed class UdpService : IDisposable
{
    private readonly Socket _socket;

    /// <param name="answer">From the peer's port and its datagram; null for no answer.</param>
    /// <param name="port">0 for a free one.</param>
    public UdpService(Func<int, byte[], byte[]?> answer, int port = 0)
    {
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 1 << 20 };
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        Port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
        _ = ServeAsync(answer);
    }

    public int Port { get; }

    public static UdpService Echo(int port = 0) => new((_, d) => d, port);

    public void Dispose() => _socket.Dispose();

    private async Task ServeAsync(Func<int, byte[], byte[]?> answer)
    {
        byte[] buffer = new byte[70_000];
        while (true)
        {
            try
            {
                SocketReceiveFromResult got = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0));
                if (answer(((IPEndPoint)got.RemoteEndPoint).Port, buffer[..got.ReceivedBytes]) is { } bytes)
                {
                    await _socket.SendToAsync(bytes, got.RemoteEndPoint);
                }
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // Closed, or an answer that did not arrive.
                if (_socket.SafeHandle.IsClosed)
                {
                    return;
                }
            }
        }
    }
}
