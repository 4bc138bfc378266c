namespace Ggrok.Server.Edge.Rate;

/// <summary>
/// Token buckets, one for each visitor, in bounded memory. Of a bucket only the time is kept at which it will be full again
/// (the generic cell rate algorithm, ITU-T I.371): a full one need not be kept at all. Not for several threads at once.
/// </summary>
/// <param name="interval">Time in which a token comes back, in ticks.</param>
/// <param name="size">Tokens of a full bucket.</param>
/// <param name="most">So many buckets are kept.</param>
internal sealed class TokenBuckets(long interval, long size, int most)
{
    private readonly Dictionary<UInt128, long> _fullAt = [];

    /// <summary>Buckets that are kept now.</summary>
    public int Count => _fullAt.Count;

    /// <summary>How a bucket stands.</summary>
    /// <param name="key">Whose.</param>
    /// <param name="now">Now, in ticks.</param>
    public BucketState StateOf(UInt128 key, long now)
    {
        long missing = _fullAt.TryGetValue(key, out long fullAt) ? Math.Max(fullAt - now, 0) : 0;
        long room = (size * interval) - missing;
        return new BucketState(room / interval, missing, room >= interval ? 0 : interval - room);
    }

    /// <summary>Takes a token, which <see cref="StateOf"/> has seen.</summary>
    public BucketState Take(UInt128 key, long now)
    {
        long fullAt = _fullAt.TryGetValue(key, out long known) ? Math.Max(known, now) : now;
        if (_fullAt.Count >= most && !_fullAt.ContainsKey(key))
        {
            MakeRoom(now);
        }

        _fullAt[key] = fullAt + interval;
        return StateOf(key, now);
    }

    // Full buckets first. When a flood leaves none, those that are nearest to full: who has used most is remembered longest,
    // so that nobody is forgotten by sending from more addresses than it would take to go round the limit with them anyway.
    private void MakeRoom(long now)
    {
        long[] times = [.. _fullAt.Values];
        Array.Sort(times);
        long threshold = Math.Max(times[times.Length / 2], now);

        // Of many that stand alike only as many as make up the half.
        int alike = (times.Length / 2) - times.AsSpan().IndexOfAnyInRange(threshold, long.MaxValue);
        foreach ((UInt128 key, long fullAt) in _fullAt)
        {
            if (fullAt < threshold || fullAt <= now || (fullAt == threshold && alike-- > 0))
            {
                _fullAt.Remove(key);
            }
        }
    }
}

/// <summary>How a bucket stands.</summary>
/// <param name="Left">Tokens in it.</param>
/// <param name="UntilFull">Time until it is full, in ticks.</param>
/// <param name="UntilNext">Time until there is a token, in ticks; 0 when there is one.</param>
internal readonly record struct BucketState(long Left, long UntilFull, long UntilNext);
