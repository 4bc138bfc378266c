using Ggrok.Server.Hosting;
using Ggrok.Server.Metrics.Prometheus;
using Ggrok.Server.Metrics.Traffic;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Figures;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Metrics;

/// <summary>The figures themselves: how long they are kept, and that they stay bounded.</summary>
public sealed class TrafficTests
{
    private static readonly RouteOwner Owner = new("client", "anna@laptop");

    private readonly ManualTimeProvider _time = new();
    private readonly TunnelRegistry _registry;

    public TrafficTests()
    {
        _registry = new TunnelRegistry(_time);
    }

    [Fact]
    public void Each_second_and_each_minute_has_its_figures()
    {
        TrafficStatistics traffic = Statistics();
        TunnelRoute route = Route("a.example");
        _registry.Register([route]);
        Exchange(traffic, route, 200, TimeSpan.FromMilliseconds(10), bytes: 100);
        Exchange(traffic, route, 503, TimeSpan.FromMilliseconds(30), RelayError.TunnelAway);
        traffic.Sample();
        _time.Advance(TimeSpan.FromSeconds(1));
        Exchange(traffic, route, 200, TimeSpan.FromMilliseconds(500), bytes: 7);
        traffic.Sample();
        _time.Advance(TimeSpan.FromSeconds(1));

        foreach (TunnelTraffic? of in (TunnelTraffic?[])[traffic.Of(route), null])
        {
            List<TrafficPoint> seconds = traffic.Points(of, 3, minutes: false, p => p);
            seconds.Select(s => s.Requests).ShouldBe([0, 2, 1]);
            seconds.Select(s => s.Errors).ShouldBe([0, 1, 0]);
            seconds.Select(s => s.ServerErrors).ShouldBe([0, 1, 0]);
            seconds.Select(s => s.BytesOut).ShouldBe([0, 100, 7]);
            seconds[2].P50.ShouldBeInRange(400, 600);
            float.IsNaN(seconds[0].P50).ShouldBeTrue();
            TrafficPoint minute = traffic.Points(of, 1, minutes: true, p => p)[0];
            (minute.Requests, minute.BytesOut).ShouldBe((3, 107L));
            minute.P99.ShouldBeInRange(400, 600);
            minute.P50.ShouldBeInRange(25, 36);
        }
    }

    [Fact]
    public void What_is_older_than_the_ring_does_not_come_back()
    {
        TrafficStatistics traffic = Statistics();
        TunnelRoute route = Route("a.example");
        _registry.Register([route]);
        Exchange(traffic, route, 200, TimeSpan.FromMilliseconds(10));
        traffic.Sample();
        _time.Advance(TimeSpan.FromSeconds(TrafficSeries.Seconds));
        traffic.Points(traffic.Of(route), TrafficSeries.Seconds, minutes: false, p => p.Requests).Sum().ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(1));
        traffic.Points(traffic.Of(route), TrafficSeries.Seconds, minutes: false, p => p.Requests).Sum().ShouldBe(0);
        traffic.Points(traffic.Of(route), TrafficSeries.Minutes, minutes: true, p => p.Requests).Sum().ShouldBe(1);
        _time.Advance(TimeSpan.FromDays(1));
        traffic.Points(traffic.Of(route), TrafficSeries.Minutes, minutes: true, p => p.Requests).Sum().ShouldBe(0);
    }

    [Fact]
    public void Figures_of_a_name_go_on_when_its_client_comes_back()
    {
        TrafficStatistics traffic = Statistics();
        TunnelRoute first = Route("a.example");
        Exchange(traffic, first, 200, TimeSpan.FromMilliseconds(10));
        TunnelRoute second = Route("a.example");
        Exchange(traffic, second, 200, TimeSpan.FromMilliseconds(10));
        Requests(traffic.Of(second)).ShouldBe(2);
    }

    [Fact]
    public void A_name_that_nobody_holds_is_forgotten_after_an_hour_and_the_totals_keep_it()
    {
        TrafficStatistics traffic = Statistics();
        TunnelRoute gone = Route("gone.example");
        TunnelRoute held = Route("held.example");
        Exchange(traffic, gone, 200, TimeSpan.FromMilliseconds(10), RelayError.VisitorGone, bytes: 5);
        Exchange(traffic, held, 200, TimeSpan.FromMilliseconds(10), bytes: 6);
        _registry.Register([held]);
        _time.Advance(TimeSpan.FromMinutes(61));
        traffic.Forget();

        traffic.Tunnels.Select(t => t.Name).ShouldBe(["held.example"]);
        Figure.Requests(traffic.Totals()).ShouldBe(2);
        traffic.Totals()[Figure.ResponseBytes].ShouldBe(11);
        traffic.Failures()[RelayError.VisitorGone].ShouldBe(1);

        // Its route was kept by nobody but the test: it must not count where nobody looks.
        Exchange(traffic, gone, 200, TimeSpan.FromMilliseconds(10));
        traffic.Tunnels.Count().ShouldBe(2);
        Figure.Requests(traffic.Totals()).ShouldBe(3);
    }

    [Fact]
    public void A_running_exchange_keeps_its_tunnel_from_being_forgotten()
    {
        TrafficStatistics traffic = Statistics();
        TunnelTraffic running = traffic.Of(Route("a.example"));
        running.Began();
        _time.Advance(TimeSpan.FromHours(2));
        traffic.Forget();
        running.IsForgotten.ShouldBeFalse();
        running.Ended(200, RelayError.None, 0, 0, null);
        traffic.Forget();
        running.IsForgotten.ShouldBeTrue();
    }

    [Fact]
    public void Thousands_of_names_share_one_entry_and_gone_ones_make_room_first()
    {
        TrafficStatistics traffic = Statistics(max: 3);
        TunnelRoute[] held = [Route("a.example"), Route("b.example"), Route("c.example")];
        _registry.Register(held);
        Array.ForEach(held, r => Exchange(traffic, r, 200, TimeSpan.FromMilliseconds(1)));
        for (int i = 0; i < 5000; i++)
        {
            Exchange(traffic, Route($"t{i}.example"), 200, TimeSpan.FromMilliseconds(1));
        }

        traffic.Tunnels.Count().ShouldBe(3);
        Requests(traffic.Other).ShouldBe(5000);

        RegistrationResult other = _registry.Register([Route("d.example")]);
        other.Lease.ShouldNotBeNull();
        _time.Advance(TimeSpan.FromMinutes(2));
        _registry.Register([Route("a.example", "somebody else")]).Lease.ShouldBeNull();
        Requests(traffic.Of(Route("d.example"))).ShouldBe(5000, "all three are held: d shares the entry");
    }

    [Fact]
    public void The_longest_gone_name_makes_room()
    {
        TrafficStatistics traffic = Statistics(max: 2);
        Exchange(traffic, Route("old.example"), 200, TimeSpan.FromMilliseconds(1));
        _time.Advance(TimeSpan.FromMinutes(2));
        Exchange(traffic, Route("newer.example"), 200, TimeSpan.FromMilliseconds(1));
        _time.Advance(TimeSpan.FromMinutes(2));
        Exchange(traffic, Route("newest.example"), 200, TimeSpan.FromMilliseconds(1));
        traffic.Tunnels.Select(t => t.Name).Order().ShouldBe(["newer.example", "newest.example"]);
        Figure.Requests(traffic.Totals()).ShouldBe(3);
    }

    [Fact]
    public void Counting_an_exchange_takes_no_memory()
    {
        TrafficStatistics traffic = Statistics();
        TunnelRoute route = Route("a.example");
        Exchange(traffic, route, 502, TimeSpan.FromMilliseconds(3), RelayError.LocalUnreachable, bytes: 10);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            Exchange(traffic, route, 502, TimeSpan.FromMilliseconds(3), RelayError.LocalUnreachable, bytes: 10);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void The_scale_has_the_bounds_that_monitoring_names()
    {
        foreach (double bound in (double[])[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10])
        {
            LatencyScale.UpperBounds.ShouldContain(bound);
            LatencyScale.IndexOf(TimeSpan.FromSeconds(bound)).ShouldBeLessThan(LatencyScale.IndexOf(TimeSpan.FromSeconds(bound) + TimeSpan.FromTicks(1)));
        }

        LatencyScale.UpperBounds.ShouldBe(LatencyScale.UpperBounds.Order());
        LatencyScale.IndexOf(TimeSpan.FromDays(1)).ShouldBe(LatencyScale.Buckets - 1);
        LatencyScale.IndexOf(TimeSpan.Zero).ShouldBe(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whatever_stands_in_a_label_comes_out_as_it_went_in(bool isOpen)
    {
        TextForm form = isOpen ? TextForm.OpenMetrics : TextForm.Prometheus;
        const string Hostile = "a\"b\\c\nd{e}=\u00e9\"} 1";
        var text = new MetricsText(form);
        text.Counter("ggrok_tests", "Tests.");
        text.Sample(3, ("tunnel", Hostile), ("other", ""));
        Exposition read = Exposition.Read(System.Text.Encoding.UTF8.GetString(text.Finish()), form == TextForm.OpenMetrics);
        read.Value("ggrok_tests_total", ("tunnel", Hostile), ("other", "")).ShouldBe(3);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("*/*", false)]
    [InlineData("application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true)]
    [InlineData("text/plain;version=0.0.4, application/openmetrics-text;q=0", false)]
    public void The_form_is_the_one_that_is_asked_for(string accept, bool isOpen) =>
        (MetricsText.Wanted(accept) == TextForm.OpenMetrics).ShouldBe(isOpen);

    [Fact]
    public void Who_does_not_read_the_tail_misses_entries_and_holds_nobody_up()
    {
        var tail = new LiveTail();
        tail.IsWatched.ShouldBeFalse();
        using (LiveTail.Watcher watcher = tail.Watch().ShouldNotBeNull())
        {
            for (int i = 0; i < 2000; i++)
            {
                tail.Publish(new TailEntry(default, "id", "t", "h", "GET", "/", 200, 1, 0, 0, null));
            }

            int waiting = 0;
            while (watcher.Entries.TryRead(out _))
            {
                waiting++;
            }

            (waiting + watcher.TakeMissed()).ShouldBe(2000);
            waiting.ShouldBe(500);
            watcher.TakeMissed().ShouldBe(0);
        }

        tail.IsWatched.ShouldBeFalse();
    }

    private TrafficStatistics Statistics(int max = 500) => new(new ServerOptions { MetricsMaxTunnels = max }, _registry, _time);

    private static TunnelRoute Route(string host, string? client = null) =>
        new() { Key = RouteKey.Http(host, "/"), Owner = client is null ? Owner : new RouteOwner(client, client), Tunnel = new Nowhere() };

    private static void Exchange(
        TrafficStatistics traffic, TunnelRoute route, int status, TimeSpan duration, RelayError error = RelayError.None, long bytes = 0)
    {
        TunnelTraffic counted = traffic.Of(route);
        counted.Began();
        counted.Ended(status, error, 0, bytes, duration);
    }

    private static long Requests(TunnelTraffic traffic)
    {
        long[] figures = new long[Figure.Count];
        traffic.Read(figures);
        return Figure.Requests(figures);
    }

    private sealed class Nowhere : ITunnel
    {
        public Ggrok.Shared.Multiplexing.MuxStream? TryOpenStream(out RelayError error)
        {
            error = RelayError.TunnelLost;
            return null;
        }
    }
}
