using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Ggrok.Bench.Fleet;

/// <summary>Many clients with one tunnel each, all in this process, with heartbeats.</summary>
internal sealed class IdleFleet : IDisposable
{
    private const int AtOnce = 32;

    // Of the 28,000 local ports that Linux gives out for one address, so that others find some too.
    private const int ClientsPerAddress = 20_000;

    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentBag<IdleClient> _clients = [];
    private readonly HttpMessageInvoker _way;
    private readonly Uri _server;
    private readonly Timer _clock;
    private int _connected;

    public IdleFleet(Uri server)
    {
        _server = server;
        _way = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, UseCookies = false, ConnectCallback = ConnectAsync });
        _clock = new Timer(_ => Tick(), null, TickInterval, TickInterval);
    }

    /// <summary>Clients that are connected; the others were lost.</summary>
    public int Alive => _clients.Count(c => !c.Connection.IsClosing);

    /// <summary>Every client has heard from the server since its handshake.</summary>
    public bool AllHaveHeard => _clients.All(c => c.HasHeard);

    /// <summary>Opens tunnels with names <c>{prefix}0</c> and so on.</summary>
    /// <exception cref="InvalidOperationException">One was not opened.</exception>
    public Task OpenAsync(string prefix, int count, CancellationToken stop) => Parallel.ForAsync(
        0, count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop },
        async (i, token) => _clients.Add(
            await IdleClient.OpenAsync(_server, _way, prefix + i.ToString(CultureInfo.InvariantCulture), token).ConfigureAwait(false)));

    /// <summary>Closes every tunnel in good order.</summary>
    public Task CloseAsync() => Task.WhenAll(_clients.Select(c => c.CloseAsync()));

    public void Dispose()
    {
        _clock.Dispose();
        foreach (IdleClient client in _clients)
        {
            client.Dispose();
        }

        _way.Dispose();
    }

    private void Tick()
    {
        foreach (IdleClient client in _clients)
        {
            client.Connection.Tick();
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken stop)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            int address = 1 + Interlocked.Increment(ref _connected) / ClientsPerAddress;
            socket.Bind(new IPEndPoint(new IPAddress([127, 0, 0, (byte)address]), 0));
            await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, stop).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
