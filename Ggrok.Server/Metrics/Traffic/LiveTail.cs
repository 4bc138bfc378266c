using System.Threading.Channels;

namespace Ggrok.Server.Metrics.Traffic;

/// <summary>One exchange that is over, as the live tail shows it. Without query, fields and bodies.</summary>
/// <param name="Time">When it ended.</param>
/// <param name="RequestId">Correlation id.</param>
/// <param name="Tunnel">Name of the tunnel.</param>
/// <param name="Host">Host that the visitor asked for.</param>
/// <param name="Method">Method.</param>
/// <param name="Path">Path without query.</param>
/// <param name="Status">Status that the visitor got; 0 for none.</param>
/// <param name="Milliseconds">How long it took.</param>
/// <param name="RequestBytes">Size of the request body.</param>
/// <param name="ResponseBytes">Size of the response body.</param>
/// <param name="Error">Name of the failure, or null.</param>
internal sealed record TailEntry(
    DateTimeOffset Time, string RequestId, string Tunnel, string Host, string Method, string Path, int Status, double Milliseconds,
    long RequestBytes, long ResponseBytes, string? Error);

/// <summary>
/// Tells those who watch about exchanges that are over. While nobody watches it costs one look; who reads too slowly misses
/// some and learns how many.
/// </summary>
internal sealed class LiveTail
{
    private const int Waiting = 500;

    /// <summary>How many may watch at once.</summary>
    public const int MostWatchers = 20;

    private readonly Lock _gate = new();
    private volatile Watcher[] _watchers = [];

    /// <summary>Whether anybody watches.</summary>
    public bool IsWatched => _watchers.Length > 0;

    /// <summary>Begins to watch; null when too many do.</summary>
    public Watcher? Watch()
    {
        lock (_gate)
        {
            if (_watchers.Length >= MostWatchers)
            {
                return null;
            }

            var watcher = new Watcher(this);
            _watchers = [.. _watchers, watcher];
            return watcher;
        }
    }

    /// <summary>Passes an entry to all who watch; returns at once.</summary>
    public void Publish(TailEntry entry)
    {
        foreach (Watcher watcher in _watchers)
        {
            watcher.Offer(entry);
        }
    }

    private void Remove(Watcher watcher)
    {
        lock (_gate)
        {
            _watchers = [.. _watchers.Where(w => w != watcher)];
        }
    }

    /// <summary>One who watches, until disposed.</summary>
    internal sealed class Watcher(LiveTail tail) : IDisposable
    {
        // Continuations must not run on the relay's thread.
        private readonly Channel<TailEntry> _entries = Channel.CreateBounded<TailEntry>(
            new BoundedChannelOptions(Waiting) { SingleReader = true, AllowSynchronousContinuations = false });

        private int _missed;

        /// <summary>What came and was not read yet.</summary>
        public ChannelReader<TailEntry> Entries => _entries.Reader;

        /// <summary>How many did not fit since the last call.</summary>
        public int TakeMissed() => Interlocked.Exchange(ref _missed, 0);

        public void Offer(TailEntry entry)
        {
            if (!_entries.Writer.TryWrite(entry))
            {
                Interlocked.Increment(ref _missed);
            }
        }

        public void Dispose() => tail.Remove(this);
    }
}
