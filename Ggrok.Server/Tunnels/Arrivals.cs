namespace Ggrok.Server.Tunnels;

/// <summary>
/// Who waits for a name: woken when something is registered or released under it. So many may wait at once and no more, so that
/// nobody fills the memory with requests for what never comes.
/// </summary>
internal sealed class Arrivals
{
    /// <summary>Most that wait at once, for all names together.</summary>
    public const int Most = 1000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(RouteSpace Space, string Host), Expected> _expected = [];
    private int _waiting;

    /// <summary>How many wait.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>
    /// A place among those who wait for a name, to be disposed; null when too many wait. Taken before the name is looked up, no change
    /// is missed.
    /// </summary>
    public Place? Take(RouteSpace space, string host)
    {
        lock (_gate)
        {
            if (_waiting == Most)
            {
                return null;
            }

            _waiting++;
            if (!_expected.TryGetValue((space, host), out Expected? expected))
            {
                expected = _expected[(space, host)] = new Expected();
            }

            expected.Places++;
            return new Place(this, (space, host), expected);
        }
    }

    /// <summary>Something has changed under a name.</summary>
    public void Tell(RouteKey key)
    {
        // Nearly always: registering does not cost more for what nobody waits for. Whoever takes a place after this look finds
        // the name as it is now.
        Interlocked.MemoryBarrier();
        if (Waiting == 0)
        {
            return;
        }

        lock (_gate)
        {
            if (_expected.Remove((key.Space, key.Host), out Expected? expected))
            {
                expected.Changed.SetResult();
            }
        }
    }

    private void Leave((RouteSpace, string) name, Expected expected)
    {
        lock (_gate)
        {
            _waiting--;
            if (--expected.Places == 0 && _expected.GetValueOrDefault(name) == expected)
            {
                _expected.Remove(name);
            }
        }
    }

    /// <summary>The place of one that waits.</summary>
    internal sealed class Place(Arrivals arrivals, (RouteSpace, string) name, Expected expected) : IDisposable
    {
        /// <summary>Completes with the next change.</summary>
        public Task Changed => expected.Changed.Task;

        public void Dispose() => arrivals.Leave(name, expected);
    }

    /// <summary>One name that is waited for.</summary>
    internal sealed class Expected
    {
        public TaskCompletionSource Changed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Places { get; set; }
    }
}
