using System.Net;
using Ggrok.Server.Edge.BruteForce;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Tokens;

/// <summary>How guessing is slowed.</summary>
public class FailureThrottleTests
{
    private static readonly ThrottleOptions Options = new()
    {
        FreeFailures = 3,
        FirstWait = TimeSpan.FromSeconds(2),
        LongestWait = TimeSpan.FromSeconds(10),
        ForgetAfter = TimeSpan.FromMinutes(1),
        Capacity = 100,
    };

    private readonly ManualTimeProvider _time = new();
    private readonly FailureThrottle _throttle;

    public FailureThrottleTests()
    {
        _throttle = new FailureThrottle(Options, _time);
    }

    [Fact]
    public void Some_failures_are_free_then_each_costs_twice_the_wait_up_to_the_longest()
    {
        double[] waits = [.. Enumerable.Range(0, 8).Select(_ => _throttle.Failed(Key("192.0.2.1")).TotalSeconds)];

        waits.ShouldBe([0, 0, 0, 2, 4, 8, 10, 10]);
        _throttle.WaitOf(Key("192.0.2.1")).ShouldBe(TimeSpan.FromSeconds(10));
        _throttle.WaitOf(Key("192.0.2.2")).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void A_wait_passes_and_the_next_failure_waits_longer()
    {
        Fail("192.0.2.1", 4);

        _time.Advance(TimeSpan.FromSeconds(1.5));
        TimeSpan left = _throttle.WaitOf(Key("192.0.2.1"));
        _time.Advance(TimeSpan.FromSeconds(0.5));

        left.ShouldBe(TimeSpan.FromSeconds(0.5));
        _throttle.WaitOf(Key("192.0.2.1")).ShouldBe(TimeSpan.Zero);
        _throttle.Failed(Key("192.0.2.1")).ShouldBe(TimeSpan.FromSeconds(4));
    }

    [Fact]
    public void Quiet_addresses_are_forgotten()
    {
        Fail("192.0.2.1", 4);

        _time.Advance(Options.ForgetAfter);
        _throttle.Failed(Key("192.0.2.2"));

        _throttle.Count.ShouldBe(1);
        _throttle.Failed(Key("192.0.2.1")).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void A_success_forgives_once_so_that_a_secret_of_ones_own_is_no_way_around()
    {
        Fail("192.0.2.1", 3);
        _throttle.Succeeded(Key("192.0.2.1"));
        TimeSpan forgiven = Fail("192.0.2.1", 3);
        _throttle.Succeeded(Key("192.0.2.1"));

        forgiven.ShouldBe(TimeSpan.Zero);
        _throttle.Failed(Key("192.0.2.1")).ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void A_success_during_a_wait_does_not_end_it()
    {
        Fail("192.0.2.1", 4);

        _throttle.Succeeded(Key("192.0.2.1"));

        _throttle.WaitOf(Key("192.0.2.1")).ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("0.0.0.1", "::1", false)]
    [InlineData("unknown", "nonsense", true)]
    public void IPv6_counts_by_its_64_bits_of_network(string one, string other, bool same)
    {
        AddressBlock.Of(one).Equals(AddressBlock.Of(other)).ShouldBe(same);
        AddressBlock.Of(IPAddress.TryParse(one, out IPAddress? address) ? address : null).ShouldBe(AddressBlock.Of(one));
    }

    [Fact]
    public void What_was_no_failure_is_taken_back_with_its_wait()
    {
        Fail("192.0.2.1", 4);

        _throttle.TakeBack(Key("192.0.2.1"));

        _throttle.WaitOf(Key("192.0.2.1")).ShouldBe(TimeSpan.Zero);
        _throttle.Failed(Key("192.0.2.1")).ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void Scopes_are_apart()
    {
        Fail("192.0.2.1", 5);

        _throttle.WaitOf(Key("192.0.2.1") with { Scope = "alice.my.app" }).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void A_flood_of_addresses_fills_no_memory_and_the_last_ones_stay()
    {
        for (int i = 0; i < 10 * Options.Capacity; i++)
        {
            _throttle.Failed(new FailureKey(AddressBlock.Of(new IPAddress(i))));
        }

        _throttle.Count.ShouldBe(Options.Capacity);
        Fail("192.0.2.1", 4).ShouldBe(TimeSpan.FromSeconds(2));
        _throttle.Count.ShouldBe(Options.Capacity);
    }

    [Fact]
    public async Task Failures_at_once_are_all_counted()
    {
        var throttle = new FailureThrottle(Options with { FreeFailures = 1000 }, _time);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 250; i++)
            {
                throttle.Failed(Key("192.0.2.1"));
            }
        })));

        throttle.WaitOf(Key("192.0.2.1")).ShouldBe(TimeSpan.Zero);
        throttle.Failed(Key("192.0.2.1")).ShouldBe(TimeSpan.FromSeconds(2));
    }

    private TimeSpan Fail(string address, int times)
    {
        TimeSpan wait = TimeSpan.Zero;
        for (int i = 0; i < times; i++)
        {
            wait = _throttle.Failed(Key(address));
        }

        return wait;
    }

    private static FailureKey Key(string address) => new(AddressBlock.Of(address));
}
