using System.Net.Sockets;

namespace Ggrok.Tests.Chaos;

/// <summary>One connection through the proxy: two sockets, and a lane for each direction.</summary>
internal sealed class ChaosLink
{
    // Long enough for an end that has seen the other's end to close its own; one that does not is reset.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ChaosProxy _proxy;
    private readonly Socket _client;
    private readonly Socket _server;
    private readonly ChaosLane _up;
    private readonly ChaosLane _down;
    private readonly CancellationTokenSource _over = new();
    private int _isCut;
    private readonly TaskCompletionSource?[] _stalled = new TaskCompletionSource?[2];

    public ChaosLink(ChaosProxy proxy, Socket client, Socket server, LinkConditions conditions)
    {
        _proxy = proxy;
        _client = client;
        _server = server;
        _up = new ChaosLane(this, Direction.Up, client, server, conditions, _over.Token);
        _down = new ChaosLane(this, Direction.Down, server, client, conditions, _over.Token);
    }

    /// <summary>Nothing is forwarded any more.</summary>
    public bool IsCut => Volatile.Read(ref _isCut) != 0;

    /// <summary>Closes so that the other end sees a reset.</summary>
    public static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Reset by the other end already, or closed.
        }

        socket.Dispose();
    }

    /// <summary>Runs until both directions are over or the link is cut.</summary>
    public async Task RunAsync()
    {
        await Task.WhenAll(_up.RunAsync(), _down.RunAsync());
        _client.Dispose();
        _server.Dispose();
    }

    public void CutAfter(Cut cut) => (cut.Direction == Direction.Up ? _up : _down).CutAfter(cut.AfterBytes, cut.Kind);

    public void Cut(CutKind kind)
    {
        if (Interlocked.Exchange(ref _isCut, 1) != 0)
        {
            return;
        }

        if (kind == CutKind.Reset)
        {
            Break();
        }
        else
        {
            // What still comes is read and dropped: closing with it unread would be a reset.
            Finish(_client);
            Finish(_server);
            _over.CancelAfter(Patience);
        }

        _proxy.CountCut();
    }

    /// <summary>
    /// From now on it swallows everything, the end of either side too, as a router does that has forgotten the connection.
    /// </summary>
    /// <param name="direction">What goes in one direction only, or null for both.</param>
    public void Stall(Direction? direction = null)
    {
        foreach (Direction each in Enum.GetValues<Direction>())
        {
            if (direction is null || direction == each)
            {
                Interlocked.CompareExchange(ref _stalled[(int)each], new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), null);
            }
        }
    }

    /// <summary>What became of either side in the meantime shows at the other.</summary>
    public void Unstall()
    {
        foreach (ref TaskCompletionSource? stalled in _stalled.AsSpan())
        {
            Interlocked.Exchange(ref stalled, null)?.SetResult();
        }
    }

    /// <summary>Completes when the direction does not stall.</summary>
    public Task MovingAsync(Direction direction) => Volatile.Read(ref _stalled[(int)direction])?.Task.WaitAsync(_over.Token) ?? Task.CompletedTask;

    /// <summary>The same as <see cref="Break"/>, once nothing stalls: news of it travel in both directions.</summary>
    public async Task BreakWhenMovingAsync()
    {
        await Task.WhenAll(MovingAsync(Direction.Up), MovingAsync(Direction.Down)).ContinueWith(static _ => { }, TaskScheduler.Default);
        Break();
    }

    /// <summary>One end is gone without an orderly end: so is the other.</summary>
    public void Break()
    {
        Interlocked.Exchange(ref _isCut, 1);
        Reset(_client);
        Reset(_server);
        _over.Cancel();
    }

    public void Count(Direction direction, int bytes) => _proxy.Count(direction, bytes);

    private static void Finish(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Gone already.
        }
    }
}
