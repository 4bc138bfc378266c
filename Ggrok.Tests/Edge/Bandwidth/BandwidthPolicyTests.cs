using System.Diagnostics;
using System.Net;
using Ggrok.Shared.Edge.Bandwidth;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Edge.Bandwidth;

/// <summary>Bytes in a second. That a transfer takes long enough is measured; that it does not take longer, by a clock of the test.</summary>
public class BandwidthPolicyTests
{
    private const int Bytes = 300_000;

    // 300 kB at 1 MB/s, less what may be made up for at the beginning and the last piece, which waits for nobody. A wait of less than
    // 5 ms is none.
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(300 - 50 - 17 - 5);

    [Theory]
    [InlineData("1MB/s", 1_000_000, 1_000_000)]
    [InlineData("1 MB/s", 1_000_000, 1_000_000)]
    [InlineData("8Mbit/s", 1_000_000, 1_000_000)]
    [InlineData("up 500kB/s down 2MiB/s", 500_000, 2_097_152)]
    [InlineData("down 2 MB/s, up 1MB/s", 1_000_000, 2_000_000)]
    [InlineData("down 64k/s", null, 65_536)]
    public void A_rate_is_read(string text, int? up, int? down) => BandwidthOptions.Parse(text).ShouldBe(new BandwidthOptions(up, down));

    [Theory]
    [InlineData(1_000_000, 1)]
    [InlineData(1_000_000, 7)]
    [InlineData(64_000, 3)]
    [InlineData(500_000_000, 20)]
    public void Streams_share_the_rate_in_equal_parts_within_a_tenth(int rate, int streams)
    {
        // Each stream asks for its next piece when its turn has come, as the relay does.
        var time = new ManualTimeProvider();
        var shared = new ByteRate(rate, time);
        var turns = new PriorityQueue<int, long>();
        long[] sent = new long[streams];
        for (int i = 0; i < streams; i++)
        {
            turns.Enqueue(i, (time.GetUtcNow() + shared.Reserve(Pace.PieceBytes)).Ticks);
        }

        long end = (time.GetUtcNow() + TimeSpan.FromSeconds(30)).Ticks;
        while (turns.TryDequeue(out int stream, out long at) && at < end)
        {
            time.Advance(TimeSpan.FromTicks(Math.Max(at - time.GetUtcNow().Ticks, 0)));
            sent[stream] += Pace.PieceBytes;
            turns.Enqueue(stream, (time.GetUtcNow() + shared.Reserve(Pace.PieceBytes)).Ticks);
        }

        ((double)sent.Sum()).ShouldBeInRange(rate * 30.0 * 0.9, rate * 30.0 * 1.1);
        (sent.Max() - sent.Min()).ShouldBeLessThanOrEqualTo(Pace.PieceBytes * 2);
    }

    [Fact]
    public void After_a_pause_only_a_little_is_made_up_for()
    {
        var time = new ManualTimeProvider();
        var rate = new ByteRate(1_000_000, time);
        time.Advance(TimeSpan.FromHours(1));
        int bytes = 0;

        while (rate.Reserve(1000) == TimeSpan.Zero)
        {
            bytes += 1000;
        }

        bytes.ShouldBeInRange(1000, 52_000);
    }

    [Fact]
    public async Task Who_leaves_before_its_turn_gives_it_back_and_who_has_left_gets_none()
    {
        var time = new ManualTimeProvider();
        var rate = new ByteRate(1000, time);
        var pace = new Pace([rate], time);
        await using var pair = new TunnelPair();
        Shared.Multiplexing.MuxStream leaving = pair.Server.OpenStream()!;
        rate.Reserve(1000);

        Task wait = pace.WaitAsync(1_000_000, leaving).AsTask();
        wait.IsCompleted.ShouldBeFalse();
        leaving.Reset(RelayError.VisitorGone);
        await Within.Bound(wait, "the end of the wait");
        await pace.WaitAsync(1_000_000, leaving);

        rate.Reserve(1).ShouldBeInRange(TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_stream_waits_for_its_turn_and_no_longer_than_it_lives()
    {
        var time = new ManualTimeProvider();
        var pace = new Pace([new ByteRate(1000, time)], time);
        await using var pair = new TunnelPair();
        Shared.Multiplexing.MuxStream stream = pair.Server.OpenStream()!;
        DateTimeOffset started = time.GetUtcNow();
        await pace.WaitAsync(5000, stream);
        (time.GetUtcNow() - started).ShouldBe(TimeSpan.Zero);

        Task second = pace.WaitAsync(1000, stream).AsTask();
        await Eventually.BecomesAsync(
            () =>
            {
                if (!second.IsCompleted)
                {
                    time.Advance(TimeSpan.FromMilliseconds(100));
                }

                return Task.FromResult(second.IsCompleted);
            },
            true);
        (time.GetUtcNow() - started).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(5));
        Task third = pace.WaitAsync(1000, stream).AsTask();
        third = Task.WhenAll(third, pace.WaitAsync(1_000_000, stream).AsTask(), pace.WaitAsync(1, stream).AsTask());
        third.IsCompleted.ShouldBeFalse();
        stream.Reset(RelayError.VisitorGone);
        await Within.Bound(third, "the end of the wait");
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Responses_take_their_time_and_arrive_whole(string version)
    {
        await using EdgeScene scene = await SceneAsync("down 1MB/s");
        var request = new HttpRequestMessage(HttpMethod.Get, "/") { Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        long started = Stopwatch.GetTimestamp();

        byte[] body = await (await scene.Visitor.SendAsync(request)).Content.ReadAsByteArrayAsync();

        (body.Length, Stopwatch.GetElapsedTime(started)).ShouldSatisfyAllConditions(
            t => t.Item1.ShouldBe(Bytes), t => t.Item2.ShouldBeGreaterThanOrEqualTo(Least));
    }

    [Fact]
    public async Task Requests_take_their_time_and_what_is_set_for_one_direction_holds_for_that_alone()
    {
        await using EdgeScene scene = await SceneAsync("up 1MB/s");
        long started = Stopwatch.GetTimestamp();

        HttpResponseMessage response = await scene.Visitor.PostAsync("/", new ByteArrayContent(new byte[Bytes]));

        Stopwatch.GetElapsedTime(started).ShouldBeGreaterThanOrEqualTo(Least);
        response.Headers.GetValues("Got").ShouldBe(["300000"]);
    }

    [Fact]
    public async Task Visitors_share_the_rate_of_the_tunnel_and_the_servers_holds_beside_the_clients()
    {
        await using EdgeScene scene = await EdgeScene.StartAsync([("bandwidth", "1GB/s")], [("GGROK_POLICIES", "all: {bandwidth: 2MB/s}")], AppAsync);
        long started = Stopwatch.GetTimestamp();

        byte[][] bodies = await Task.WhenAll(scene.Visitor.GetByteArrayAsync("/a"), scene.Visitor.GetByteArrayAsync("/b"));

        bodies.ShouldAllBe(b => b.Length == Bytes);
        Stopwatch.GetElapsedTime(started).ShouldBeGreaterThanOrEqualTo(Least);
    }

    [Fact]
    public async Task A_visitor_that_leaves_in_the_middle_ends_the_request()
    {
        var gone = new TaskCompletionSource();
        await using EdgeScene scene = await EdgeScene.StartAsync([("bandwidth", "10kB/s")], app: async context =>
        {
            using CancellationTokenRegistration aborted = context.RequestAborted.Register(gone.SetResult);
            try
            {
                for (byte[] some = new byte[64 * 1024]; ;)
                {
                    await context.Response.Body.WriteAsync(some, context.RequestAborted);
                }
            }
            catch (OperationCanceledException)
            {
                // What is waited for.
            }
        });
        using (HttpResponseMessage response = await scene.Visitor.GetAsync("/", HttpCompletionOption.ResponseHeadersRead))
        {
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await Within.Bound(gone.Task, "the end of the local request");
    }

    private static Task<EdgeScene> SceneAsync(string rate) => EdgeScene.StartAsync([("bandwidth", rate)], app: AppAsync);

    private static async Task AppAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        context.Response.Headers["Got"] = body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture);
        await context.Response.Body.WriteAsync(new byte[Bytes]);
    }
}
