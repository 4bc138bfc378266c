using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Relay.Datagrams;

/// <summary>A stream for the datagrams of a new peer.</summary>
/// <param name="Stream">The stream, on which nothing was sent yet.</param>
/// <param name="Open">What opens it.</param>
/// <param name="Pacing">How fast bytes may go; null for as fast as they can.</param>
/// <param name="Ended">Is told when the peer's flow is over; null for nobody.</param>
public readonly record struct OpenedDatagrams(MuxStream Stream, RawOpen Open, Pacing? Pacing = null, Action<DatagramFlow>? Ended = null)
{
    /// <summary>None for this peer, also if another one made room.</summary>
    public static OpenedDatagrams Refused => default;

    internal bool IsRefused => Stream is null;
}

/// <summary>
/// A UDP port in front of a tunnel: each peer that sends to it has a stream of its own, which is forgotten after a time
/// without datagrams.
/// </summary>
public sealed class DatagramEdge : IDisposable
{
    private const int LargestDatagram = 65_535;

    // A flood must not keep the thread that serves all sockets.
    private const int DatagramsInARow = 64;

    // Where every question comes from a port of its own, as with DNS, there are soon more peers than streams.
    private static readonly TimeSpan MakeRoomEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan QuietEnough = TimeSpan.FromSeconds(1);

    private readonly Socket _socket;
    private readonly Func<IPEndPoint, OpenedDatagrams?> _open;
    private readonly Action<IPEndPoint, DatagramFlow>? _ended;
    private readonly TimeSpan _idle;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<SocketAddress, DatagramFlow> _flows = new();
    private readonly DatagramBudget _budget = new();
    private readonly ITimer _sweep;
    private long _madeRoom;
    private volatile bool _closed;

    /// <param name="socket">A bound UDP socket, owned from now on.</param>
    /// <param name="open">
    /// Opens a stream for a new peer; null when there is no room now, and the datagram is dropped.
    /// </param>
    /// <param name="idle">Time without datagrams after which a peer is forgotten.</param>
    /// <param name="time">Clock.</param>
    /// <param name="ended">Is told when a peer's flow is over.</param>
    public DatagramEdge(
        Socket socket, Func<IPEndPoint, OpenedDatagrams?> open, TimeSpan idle, TimeProvider time, Action<IPEndPoint, DatagramFlow>? ended = null)
    {
        _socket = socket;
        _open = open;
        _ended = ended;
        _idle = idle;
        _time = time;
        _sweep = time.CreateTimer(static s => ((DatagramEdge)s!).Sweep(), this, idle / 4, idle / 4);
        Running = ReceiveAsync();
    }

    /// <summary>Completes when the edge is closed.</summary>
    public Task Running { get; }

    /// <summary>Peers that have a stream now.</summary>
    public int Peers => _flows.Count;

    /// <summary>Closes the port and ends every flow.</summary>
    public void Dispose()
    {
        _closed = true;
        _sweep.Dispose();
        _socket.Dispose();
        EndFlows();
    }

    /// <summary>Ends every flow; peers that send again get new ones.</summary>
    public void EndFlows()
    {
        foreach (DatagramFlow flow in _flows.Values)
        {
            flow.Complete();
        }
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(LargestDatagram, pinned: true);
        var from = new SocketAddress(_socket.AddressFamily);
        for (int inARow = 0; !_closed; inARow++)
        {
            if (inARow == DatagramsInARow)
            {
                inARow = 0;
                await Task.Yield();
            }

            try
            {
                int count = await _socket.ReceiveFromAsync(buffer.AsMemory(), SocketFlags.None, from).ConfigureAwait(false);
                Take(from, buffer.AsSpan(0, count));
            }
            catch (SocketException)
            {
                // An answer that could not be delivered is reported here on some systems; it concerns one peer.
            }
            catch (ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Take(SocketAddress from, ReadOnlySpan<byte> datagram)
    {
        if (_flows.TryGetValue(from, out DatagramFlow? known) && known.Offer(datagram))
        {
            return;
        }

        Start(Copy(from))?.Offer(datagram);
    }

    private DatagramFlow? Start(SocketAddress peer)
    {
        var endPoint = (IPEndPoint)_socket.LocalEndPoint!.Create(peer);
        if (_open(endPoint) is not { } opened)
        {
            MakeRoom();
            return null;
        }

        // Nobody is forgotten for the sake of one who may not come at all.
        if (opened.IsRefused)
        {
            return null;
        }

        var flow = new DatagramFlow(opened.Stream, opened.Open.Encode(), d => SendAsync(d, peer), _budget, _time, opened.Pacing);
        _flows[peer] = flow;
        _ = RunAsync(flow, peer, endPoint, opened.Ended);
        if (_closed)
        {
            flow.Complete();
        }

        return flow;
    }

    /// <summary>Forgets the peers that have been quiet for longest, for those that come next; this one is to try again.</summary>
    private void MakeRoom()
    {
        if (_madeRoom != 0 && _time.GetElapsedTime(_madeRoom) < MakeRoomEvery)
        {
            return;
        }

        _madeRoom = _time.GetTimestamp();
        int some = Math.Max(1, _flows.Count / 8);
        foreach (DatagramFlow flow in _flows.Values.Where(f => f.Idle >= QuietEnough).OrderByDescending(f => f.Idle).Take(some))
        {
            flow.Complete();
        }
    }

    private async Task RunAsync(DatagramFlow flow, SocketAddress peer, IPEndPoint endPoint, Action<DatagramFlow>? ended)
    {
        await flow.RunAsync().ConfigureAwait(false);
        _flows.TryRemove(KeyValuePair.Create(peer, flow));
        ended?.Invoke(flow);
        _ended?.Invoke(endPoint, flow);
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> datagram, SocketAddress peer) =>
        await _socket.SendToAsync(datagram, SocketFlags.None, peer).ConfigureAwait(false);

    private void Sweep()
    {
        foreach ((SocketAddress peer, DatagramFlow flow) in _flows)
        {
            // Its next datagram must find no flow that is about to end.
            if (flow.Idle >= _idle && _flows.TryRemove(KeyValuePair.Create(peer, flow)))
            {
                flow.Complete();
            }
        }
    }

    private static SocketAddress Copy(SocketAddress address)
    {
        var copy = new SocketAddress(address.Family, address.Size);
        address.Buffer[..address.Size].CopyTo(copy.Buffer);
        return copy;
    }
}
