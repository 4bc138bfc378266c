using System.Net;
using Ggrok.Server.Edge.Rate;
using Ggrok.Shared.Edge.Rate;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Edge.Rate;

/// <summary>Token buckets by a clock that the test moves.</summary>
public class RateLimiterTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void A_bucket_gives_its_burst_and_then_the_rate()
    {
        RateLimiter limiter = Limiter("10/s burst 3");

        Passed(limiter, 5).ShouldBe(3);
        _time.Advance(TimeSpan.FromMilliseconds(99));
        Passed(limiter, 5).ShouldBe(0);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Passed(limiter, 5).ShouldBe(1);
        _time.Advance(TimeSpan.FromMilliseconds(200));
        Passed(limiter, 5).ShouldBe(2);
        _time.Advance(TimeSpan.FromDays(300));
        Passed(limiter, 5).ShouldBe(3);
    }

    [Theory]
    [InlineData("100/s", 100)]
    [InlineData("7/s", 7)]
    [InlineData("600/m burst 1", 10)]
    [InlineData("100000/s burst 100", 100_000)]
    [InlineData("333/10s burst 5", 33.3)]
    public void Over_a_long_time_the_rate_is_right(string rule, double perSecond)
    {
        RateLimiter limiter = Limiter(rule);
        Passed(limiter, 100_000);
        int passed = 0;

        for (int i = 0; i < 10_000; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            passed += Passed(limiter, 200);
        }

        passed.ShouldBeInRange((int)(perSecond * 10 * 0.98) - 1, (int)(perSecond * 10 * 1.02) + 1);
    }

    [Fact]
    public void Who_is_refused_is_told_when_to_come_again_and_passes_then()
    {
        RateLimiter limiter = Limiter("2/m burst 1");

        limiter.Take(IPAddress.Loopback).Passes.ShouldBeTrue();
        RateVerdict refused = limiter.Take(IPAddress.Loopback);
        (refused.Passes, refused.RetryAfterSeconds).ShouldBe((false, 30));
        _time.Advance(TimeSpan.FromSeconds(refused.RetryAfterSeconds));
        limiter.Take(IPAddress.Loopback).Passes.ShouldBeTrue();
    }

    [Fact]
    public void A_flood_of_addresses_fills_no_memory_and_resets_nobody_who_has_used_up_his_limit()
    {
        RateLimiter limiter = Limiter("100/h");
        IPAddress greedy = IPAddress.Parse("203.0.113.9");
        for (int i = 0; i < 100; i++)
        {
            limiter.Take(greedy).Passes.ShouldBeTrue();
        }

        for (int i = 0; i < 200_000; i++)
        {
            limiter.Take(new IPAddress((uint)(i + 1))).Passes.ShouldBeTrue();
        }

        limiter.Take(greedy).Passes.ShouldBeFalse();
        limiter.Take(null).Passes.ShouldBeTrue();
    }

    [Fact]
    public void Buckets_are_bounded_also_when_all_stand_alike()
    {
        var buckets = new TokenBuckets(interval: 1000, size: 10, most: 100);

        for (int i = 0; i < 10_000; i++)
        {
            buckets.Take((UInt128)i, now: 5);
            buckets.Count.ShouldBeLessThanOrEqualTo(100);
        }

        buckets.Count.ShouldBeGreaterThanOrEqualTo(50);
        buckets.Take(0, now: 1_000_000_000);
        buckets.StateOf(1, now: 1_000_000_000).Left.ShouldBe(10);
    }

    private RateLimiter Limiter(string rule) => new([RateRule.Parse(rule)], _time);

    private static int Passed(RateLimiter limiter, int tries)
    {
        int passed = 0;
        while (tries-- > 0 && limiter.Take(IPAddress.Loopback).Passes)
        {
            passed++;
        }

        return passed;
    }
}
