using System.Net.Sockets;

namespace Ggrok.Shared.Relay;

/// <summary>Accepts connections on one port for as long as it is not disposed.</summary>
public sealed class SocketAcceptor : IDisposable
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromMilliseconds(200);

    private readonly Socket _socket;
    private readonly Func<Socket, Task> _serve;
    private readonly TimeProvider _time;
    private volatile bool _closed;

    /// <summary>Accepts from now on.</summary>
    /// <param name="socket">A listening socket, owned from now on.</param>
    /// <param name="serve">Serves one connection; never throws, and returns at the first wait.</param>
    /// <param name="time">Clock.</param>
    public SocketAcceptor(Socket socket, Func<Socket, Task> serve, TimeProvider time)
    {
        _socket = socket;
        _serve = serve;
        _time = time;
        _ = AcceptAsync();
    }

    /// <summary>Takes no more connections; those that were accepted go on.</summary>
    public void Dispose()
    {
        _closed = true;
        _socket.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_closed)
        {
            try
            {
                _ = _serve(await _socket.AcceptAsync().ConfigureAwait(false));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                if (!_closed)
                {
                    // Out of file descriptors, most likely: going round at once would only heat the processor.
                    await Task.Delay(AfterFailure, _time, CancellationToken.None).ConfigureAwait(false);
                }
            }
        }
    }
}
