using System.Net;
using System.Net.Sockets;

namespace Ggrok.Bench.Delaying;

/// <summary>
/// A loopback port that leads to another one as a long way does: every byte arrives later by the same time, in order, and
/// as many may be on the way as somebody sends. Only the making of a connection takes no longer.
/// </summary>
internal sealed class DelayingPipe : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _sockets = [];
    private readonly int _target;
    private readonly TimeSpan _oneWay;
    private bool _over;

    /// <param name="target">Loopback port at the other end.</param>
    /// <param name="roundTrip">Time there and back together.</param>
    public DelayingPipe(int target, TimeSpan roundTrip)
    {
        _target = target;
        _oneWay = roundTrip / 2;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Breaks every connection.</summary>
    public void Dispose()
    {
        _listener.Dispose();
        lock (_sockets)
        {
            _over = true;
            _sockets.ForEach(s => s.Dispose());
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket near = await _listener.AcceptSocketAsync().ConfigureAwait(false);
                await ConnectAsync(near).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The measurement is over.
        }
    }

    private async Task ConnectAsync(Socket near)
    {
        var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
        near.NoDelay = true;
        far.NoDelay = true;
        Keep(near);
        Keep(far);
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, _target).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            near.Dispose();
            return;
        }

        DelayedDirection.Start(near, far, _oneWay);
        DelayedDirection.Start(far, near, _oneWay);
    }

    private void Keep(Socket socket)
    {
        lock (_sockets)
        {
            _sockets.Add(socket);
            if (_over)
            {
                socket.Dispose();
            }
        }
    }
}
