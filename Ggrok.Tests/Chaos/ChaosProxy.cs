using System.Net;
using System.Net.Sockets;

namespace Ggrok.Tests.Chaos;

/// <summary>Towards whom bytes travel.</summary>
public enum Direction
{
    /// <summary>From who connected to the target.</summary>
    Up,

    /// <summary>From the target to who connected.</summary>
    Down,
}

/// <summary>How a link ends.</summary>
public enum CutKind
{
    /// <summary>Both ends see a reset; what waited for them may be lost with it.</summary>
    Reset,

    /// <summary>Both ends see an orderly end, wherever that is in what was being sent.</summary>
    Finish,
}

/// <summary>Where a link is cut: after so many further bytes in a direction, exactly.</summary>
public sealed record Cut(Direction Direction, long AfterBytes, CutKind Kind);

/// <summary>
/// A TCP proxy that behaves badly when it is told to: cuts, freezes, delays, slows down, lets nobody in. It reorders
/// nothing, and of what it forwards before a cut it loses no byte.
/// </summary>
public sealed class ChaosProxy : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Socket _listener;
    private readonly HashSet<ChaosLink> _links = [];
    private readonly List<Task> _running = [];
    private readonly Task _accepting;
    private readonly LinkConditions _conditions = new();
    private TaskCompletionSource _changed = NewSignal();
    private Uri _target;
    private Func<int, Cut?>? _fate;
    private bool _isRefusing;
    private int _accepted;
    private int _refused;
    private int _cuts;
    private long _up;
    private long _down;

    private ChaosProxy(Uri target)
    {
        _target = target;
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}");
        _accepting = AcceptAsync();
    }

    /// <summary>Where to connect in place of the target.</summary>
    public Uri Url { get; }

    /// <summary>Connections that were let in.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Connections that were reset at once.</summary>
    public int Refused => Volatile.Read(ref _refused);

    /// <summary>Links that this proxy cut; not those that one of its ends closed.</summary>
    public int Cuts => Volatile.Read(ref _cuts);

    /// <summary>Links that are there now.</summary>
    public int Open
    {
        get
        {
            lock (_gate)
            {
                return _links.Count;
            }
        }
    }

    /// <summary>How long each byte is on its way, each way.</summary>
    public TimeSpan Delay
    {
        get => _conditions.Delay;
        set => _conditions.Delay = value;
    }

    /// <summary>How fast a link is, each way; 0 for as fast as it can be.</summary>
    public long BytesPerSecond
    {
        get => _conditions.BytesPerSecond;
        set => _conditions.BytesPerSecond = value;
    }

    /// <summary>A proxy before the target, on a free port.</summary>
    public static ChaosProxy Start(Uri target) => new(target);

    /// <summary>Bytes that were forwarded, over all links.</summary>
    public long Forwarded(Direction direction) => direction == Direction.Up ? Volatile.Read(ref _up) : Volatile.Read(ref _down);

    /// <summary>Where new links lead from now on.</summary>
    public void LeadTo(Uri target) => Volatile.Write(ref _target, target);

    /// <summary>Decides of each new link, by its number from 1, where it will be cut; null for nowhere.</summary>
    public void Foretell(Func<int, Cut?>? fate) => Volatile.Write(ref _fate, fate);

    /// <summary>Cuts every link now.</summary>
    public void CutAll(CutKind kind)
    {
        foreach (ChaosLink link in Links())
        {
            link.Cut(kind);
        }
    }

    /// <summary>Cuts every link that is there after so many further bytes.</summary>
    public void CutAll(Cut cut)
    {
        foreach (ChaosLink link in Links())
        {
            link.CutAfter(cut);
        }
    }

    /// <summary>Forwards nothing any more, though connections stay open and new ones are accepted.</summary>
    /// <param name="direction">One direction only, or null for both.</param>
    public void Freeze(Direction? direction = null) => _conditions.Freeze(direction);

    /// <summary>Forwards again, first of all what waited.</summary>
    public void Thaw() => _conditions.Thaw();

    /// <summary>
    /// The links that are there swallow everything from now on, and their ends learn nothing of each other; new ones are as usual.
    /// </summary>
    public void StallAll() => Array.ForEach(Links(), l => l.Stall());

    /// <summary>Links that stalled go on, or end if one of their ends did.</summary>
    public void UnstallAll() => Array.ForEach(Links(), l => l.Unstall());

    /// <summary>Resets new connections at once until <see cref="Admit"/>.</summary>
    public void Refuse() => Volatile.Write(ref _isRefusing, true);

    /// <summary>Lets new connections in again.</summary>
    public void Admit() => Volatile.Write(ref _isRefusing, false);

    /// <summary>Completes when so many connections were let in since the start.</summary>
    public Task AcceptedAsync(int count) => ReachAsync(() => Accepted >= count, $"link {count}");

    /// <summary>Completes when so many connections were refused since the start.</summary>
    public Task RefusedAsync(int count) => ReachAsync(() => Refused >= count, $"refusal {count}");

    /// <summary>Completes when so many links were cut since the start.</summary>
    public Task CutsAsync(int count) => ReachAsync(() => Cuts >= count, $"cut {count}");

    /// <summary>Completes when there are so many links, or more.</summary>
    public Task OpenAsync(int count = 1) => ReachAsync(() => Open >= count, $"link {count}");

    /// <summary>Completes when every link is gone.</summary>
    public Task EmptyAsync() => ReachAsync(() => Open == 0, "all links to be gone");

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        CutAll(CutKind.Reset);
        Task[] running;
        lock (_gate)
        {
            running = [.. _running];
        }

        await Testing.Within.Bound(Task.WhenAll(running), "the links to end");
    }

    internal void Count(Direction direction, int bytes) => Interlocked.Add(ref direction == Direction.Up ? ref _up : ref _down, bytes);

    internal void CountCut()
    {
        Interlocked.Increment(ref _cuts);
        Changed();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The links that are there now.</summary>
    internal ChaosLink[] Links()
    {
        lock (_gate)
        {
            return [.. _links];
        }
    }

    private async Task ReachAsync(Func<bool> isReached, string what)
    {
        while (true)
        {
            Task changed = Volatile.Read(ref _changed).Task;
            if (isReached())
            {
                return;
            }

            await Testing.Within.Bound(changed, what);
        }
    }

    private void Changed() => Interlocked.Exchange(ref _changed, NewSignal()).TrySetResult();

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            if (Volatile.Read(ref _isRefusing))
            {
                ChaosLink.Reset(client);
                Interlocked.Increment(ref _refused);
                Changed();
                continue;
            }

            Task running = ServeAsync(client);
            lock (_gate)
            {
                _running.RemoveAll(t => t.IsCompleted);
                _running.Add(running);
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, Volatile.Read(ref _target).Port);
        }
        catch (SocketException)
        {
            // Nobody there: who connected learns it as from a proxy whose target is down.
            server.Dispose();
            ChaosLink.Reset(client);
            Interlocked.Increment(ref _refused);
            Changed();
            return;
        }

        var link = new ChaosLink(this, client, server, _conditions);
        lock (_gate)
        {
            _links.Add(link);
            if (Volatile.Read(ref _fate)?.Invoke(_accepted + 1) is { } cut)
            {
                link.CutAfter(cut);
            }

            _accepted++;
        }

        Changed();
        await link.RunAsync();
        lock (_gate)
        {
            _links.Remove(link);
        }

        Changed();
    }
}
