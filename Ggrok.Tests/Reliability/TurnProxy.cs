using System.Net;
using System.Net.Sockets;

namespace Ggrok.Tests.Reliability;

/// <summary>A load balancer as simple as can be: each connection goes to the next address that takes it.</summary>
internal sealed class TurnProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int[] _ports;
    private int _turn = -1;
    private int _accepted;

    public TurnProxy(params int[] ports)
    {
        _ports = ports;
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Url => new($"http://{_listener.LocalEndpoint}");

    /// <summary>Connections that came.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient accepted = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _accepted);
                _ = ServeAsync(accepted);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(TcpClient visitor)
    {
        using (visitor)
        {
            using TcpClient? server = await ConnectAsync();
            if (server is null)
            {
                return;
            }

            try
            {
                await Task.WhenAny(visitor.GetStream().CopyToAsync(server.GetStream(), _stop.Token), server.GetStream().CopyToAsync(visitor.GetStream(), _stop.Token));
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                // Over.
            }
        }
    }

    private async Task<TcpClient?> ConnectAsync()
    {
        int first = Interlocked.Increment(ref _turn);
        for (int i = 0; i < _ports.Length; i++)
        {
            var server = new TcpClient { NoDelay = true };
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _ports[(first + i) % _ports.Length]);
                return server;
            }
            catch (SocketException)
            {
                server.Dispose();
            }
        }

        return null;
    }
}
