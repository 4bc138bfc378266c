namespace Ggrok.Server.Edge.BruteForce;

/// <summary>Who failed at what.</summary>
/// <param name="Address">Where the attempt came from: the visitor's own address behind trusted proxies.</param>
/// <param name="Scope">
/// What was guessed at, where failures at one thing must not count for another: the tunnel with a password of its own, whose
/// owner could else have a visitor's address refused elsewhere.
/// </param>
public readonly record struct FailureKey(AddressBlock Address, string Scope = "");

/// <summary>
/// Slows guessing, for each address: after some failures it has to wait before the next attempt is looked at, and longer each
/// time. Bounded in memory. Ask <see cref="WaitOf"/> before anything is compared.
/// </summary>
public sealed class FailureThrottle(ThrottleOptions options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<FailureKey, LinkedListNode<Record>> _records = [];
    private readonly LinkedList<Record> _longestQuietFirst = new();
    private readonly long _start = time.GetTimestamp();
    private int _count;

    /// <summary>Throttles with the usual numbers.</summary>
    public FailureThrottle(TimeProvider time)
        : this(new ThrottleOptions(), time)
    {
    }

    /// <summary>How many are remembered.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>How long this one must not try yet; zero when it may.</summary>
    public TimeSpan WaitOf(FailureKey key)
    {
        // Nearly always: nobody failed.
        if (Count == 0)
        {
            return TimeSpan.Zero;
        }

        lock (_gate)
        {
            return _records.TryGetValue(key, out LinkedListNode<Record>? node) ? Remaining(node.Value, Now()) : TimeSpan.Zero;
        }
    }

    /// <summary>Notes a failure; returns how long this one must wait now.</summary>
    public TimeSpan Failed(FailureKey key)
    {
        lock (_gate)
        {
            TimeSpan now = Now();
            while (_longestQuietFirst.First is { } oldest && now - oldest.Value.LastFailure >= options.ForgetAfter)
            {
                Remove(oldest);
            }

            Record record = Touch(key);
            record.LastFailure = now;
            record.Failures++;
            int beyond = record.Failures - options.FreeFailures;
            if (beyond > 0)
            {
                // Beyond 2^30 any longest wait is reached.
                TimeSpan wait = options.FirstWait * (1L << Math.Min(beyond - 1, 30));
                record.Until = now + (wait < options.LongestWait ? wait : options.LongestWait);
            }

            return Remaining(record, now);
        }
    }

    /// <summary>
    /// Notes a success, which forgives the failures before it. Only once until they would be forgotten anyway: who has one
    /// secret could else guess at others without end. A success during a wait, where one is possible, does not end it.
    /// </summary>
    public void Succeeded(FailureKey key)
    {
        if (Count == 0)
        {
            return;
        }

        lock (_gate)
        {
            if (_records.TryGetValue(key, out LinkedListNode<Record>? node) && !node.Value.IsForgiven && Remaining(node.Value, Now()) == TimeSpan.Zero)
            {
                node.Value.IsForgiven = true;
                node.Value.Failures = 0;
            }
        }
    }

    /// <summary>Takes back the last failure, which was none: noted before it was sure, so that attempts at once are not all free.</summary>
    public void TakeBack(FailureKey key)
    {
        lock (_gate)
        {
            if (_records.TryGetValue(key, out LinkedListNode<Record>? node) && node.Value.Failures > 0)
            {
                node.Value.Failures--;
                node.Value.Until = node.Value.Failures <= options.FreeFailures ? TimeSpan.Zero : node.Value.Until;
            }
        }
    }

    /// <summary>A wait as the value of Retry-After (RFC 9110 section 10.2.3): whole seconds, rounded up.</summary>
    public static int RetryAfterSeconds(TimeSpan wait) => Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));

    private Record Touch(FailureKey key)
    {
        if (_records.TryGetValue(key, out LinkedListNode<Record>? node))
        {
            _longestQuietFirst.Remove(node);
        }
        else
        {
            if (_records.Count >= options.Capacity)
            {
                Remove(_longestQuietFirst.First!);
            }

            node = new LinkedListNode<Record>(new Record(key));
            _records.Add(key, node);
        }

        _longestQuietFirst.AddLast(node);
        Volatile.Write(ref _count, _records.Count);
        return node.Value;
    }

    private void Remove(LinkedListNode<Record> node)
    {
        _longestQuietFirst.Remove(node);
        _records.Remove(node.Value.Key);
        Volatile.Write(ref _count, _records.Count);
    }

    private static TimeSpan Remaining(Record record, TimeSpan now) => record.Until > now ? record.Until - now : TimeSpan.Zero;

    // Monotonic: a corrected wall clock must not free or lock anybody.
    private TimeSpan Now() => time.GetElapsedTime(_start);

    private sealed class Record(FailureKey key)
    {
        public FailureKey Key { get; } = key;

        public int Failures { get; set; }

        public TimeSpan LastFailure { get; set; }

        public TimeSpan Until { get; set; }

        public bool IsForgiven { get; set; }
    }
}
