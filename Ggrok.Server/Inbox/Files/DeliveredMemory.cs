namespace Ggrok.Server.Inbox.Files;

/// <summary>Which requests were delivered of late, so that a provider that sends one again is answered like the first time.</summary>
internal sealed class DeliveredMemory(TimeProvider time)
{
    /// <summary>For how long.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    /// <summary>So many at most; the oldest are forgotten first.</summary>
    public const int Most = 100_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Delivered> _known = new(StringComparer.Ordinal);
    private readonly Queue<Delivered> _order = new();

    /// <summary>All that are known, the oldest first.</summary>
    public IReadOnlyList<Delivered> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _known.Values.OrderBy(d => d.At)];
            }
        }
    }

    private long Oldest => time.GetUtcNow().ToUnixTimeSeconds() - (long)Kept.TotalSeconds;

    /// <summary>The id under which the same request was delivered; null when none was.</summary>
    public string? Find(string sameness)
    {
        lock (_gate)
        {
            return _known.TryGetValue(sameness, out Delivered found) && found.At > Oldest ? found.Id : null;
        }
    }

    /// <summary>Adds a request. Returns how many are known.</summary>
    public int Add(Delivered delivered)
    {
        lock (_gate)
        {
            _known[delivered.Sameness] = delivered;
            _order.Enqueue(delivered);
            while (_order.Count > 0 && (_known.Count > Most || _order.Peek().At <= Oldest))
            {
                Delivered old = _order.Dequeue();
                if (_known.GetValueOrDefault(old.Sameness) == old)
                {
                    _known.Remove(old.Sameness);
                }
            }

            return _known.Count;
        }
    }
}

/// <summary>A request that was delivered.</summary>
/// <param name="Sameness">By what it is known again.</param>
/// <param name="Id">Its id.</param>
/// <param name="At">When, in seconds of Unix time.</param>
internal readonly record struct Delivered(string Sameness, string Id, long At);
