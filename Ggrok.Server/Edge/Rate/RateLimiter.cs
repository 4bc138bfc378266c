using System.Globalization;
using System.Net;
using Ggrok.Shared.Edge.Rate;

namespace Ggrok.Server.Edge.Rate;

/// <summary>Several limits together: a request passes when each has room, and only then counts for any.</summary>
internal sealed class RateLimiter
{
    /// <summary>Visitors that one limit remembers.</summary>
    public const int MostVisitors = 16 * 1024;

    private readonly Lock _gate = new();
    private readonly RateRule[] _rules;
    private readonly TokenBuckets[] _buckets;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly string[] _names;

    public RateLimiter(IReadOnlyList<RateRule> rules, TimeProvider time)
    {
        _rules = [.. rules];
        _buckets = [.. rules.Select(r => new TokenBuckets(r.Period.Ticks / r.Requests, r.Burst, MostVisitors))];
        _names = [.. rules.Select(r => $"\"{r.Name}\"")];
        _time = time;
        _started = time.GetTimestamp();
        Policy = string.Join(", ", rules.Select((r, i) => string.Create(CultureInfo.InvariantCulture, $"{_names[i]};q={r.Requests};w={r.Period.TotalSeconds:0}")));
    }

    /// <summary>The value of RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10 section 3).</summary>
    public string Policy { get; }

    /// <summary>Whether a request may pass; then it is counted.</summary>
    public RateVerdict Take(IPAddress? visitor)
    {
        UInt128 own = VisitorKey.Of(visitor);
        long now = _time.GetElapsedTime(_started).Ticks;
        lock (_gate)
        {
            int tightest = 0;
            BucketState tightestState = default;
            for (int i = 0; i < _buckets.Length; i++)
            {
                BucketState state = _buckets[i].StateOf(KeyOf(i, own), now);
                if (i == 0 || IsTighter(state, tightestState))
                {
                    (tightest, tightestState) = (i, state);
                }
            }

            if (tightestState.UntilNext > 0)
            {
                return new RateVerdict(false, _names[tightest], tightestState);
            }

            for (int i = 0; i < _buckets.Length; i++)
            {
                BucketState after = _buckets[i].Take(KeyOf(i, own), now);
                tightestState = i == tightest ? after : tightestState;
            }

            return new RateVerdict(true, _names[tightest], tightestState);
        }
    }

    private UInt128 KeyOf(int rule, UInt128 visitor) => _rules[rule].IsPerVisitor ? visitor : VisitorKey.Everybody;

    private static bool IsTighter(BucketState one, BucketState other) =>
        one.UntilNext != other.UntilNext ? one.UntilNext > other.UntilNext : one.Left < other.Left;
}

/// <summary>What came of a request, by the limit that left it least room.</summary>
/// <param name="Passes">Whether it passes.</param>
/// <param name="Name">Name of that limit, quoted.</param>
/// <param name="State">How its bucket stands now.</param>
internal readonly record struct RateVerdict(bool Passes, string Name, BucketState State)
{
    /// <summary>Seconds after which another request would pass; at least 1.</summary>
    public long RetryAfterSeconds => Math.Max(Seconds(State.UntilNext), 1);

    /// <summary>The value of RateLimit: what is left, and the seconds until all of it is back.</summary>
    public string Field => string.Create(CultureInfo.InvariantCulture, $"{Name};r={State.Left};t={Seconds(State.UntilFull)}");

    private static long Seconds(long ticks) => (ticks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;
}
