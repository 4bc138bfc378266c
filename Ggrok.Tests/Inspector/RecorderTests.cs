using System.Buffers;
using System.Text;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Inspector;

/// <summary>What the recorder keeps, and what gives way.</summary>
public class RecorderTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void An_exchange_is_found_again_as_it_happened()
    {
        Recorder recorder = NewRecorder(new RecorderOptions());
        RecordingExchange exchange = Begin(recorder, "POST", "/a?b=c", new HeaderField("Content-Type", "text/plain"));
        exchange.RequestData("first "u8);
        _time.Advance(TimeSpan.FromMilliseconds(20));
        exchange.RequestData("second"u8);
        exchange.RequestSent();
        exchange.Responding("HTTP/1.1 404 Gone fishing\r\nX-A: 1\r\nX-A: \"2\"\r\n\r\n"u8, carriesMessages: false);
        _time.Advance(TimeSpan.FromMilliseconds(5));
        exchange.ResponseData("answer"u8);
        exchange.ResponseTrailers([new HeaderField("X-Sum", "7")]);
        exchange.Complete(RelayError.None, 404);

        ExchangeSnapshot found = recorder.Find(exchange.Number).ShouldNotBeNull();

        found.State.ShouldBe(ExchangeState.Done);
        found.Request.Target.ShouldBe("/a?b=c");
        found.Request.Headers.ShouldBe([new HeaderField("Content-Type", "text/plain")]);
        Text(found.RequestBody).ShouldBe("first second");
        found.RequestBody.ArrivalOf(0).ShouldBe(TimeSpan.Zero);
        found.RequestBody.ArrivalOf(6).ShouldBe(TimeSpan.FromMilliseconds(20));
        found.Timings.RequestSent.ShouldBe(TimeSpan.FromMilliseconds(20));
        found.Response.ShouldNotBeNull().Reason.ShouldBe("Gone fishing");
        found.Response.Headers.ShouldBe([new HeaderField("X-A", "1"), new HeaderField("X-A", "\"2\"")]);
        Text(found.ResponseBody).ShouldBe("answer");
        found.ResponseTrailers.ShouldBe([new HeaderField("X-Sum", "7")]);
        found.Timings.Ended.ShouldBe(TimeSpan.FromMilliseconds(25));
    }

    [Fact]
    public void A_running_exchange_can_be_looked_at()
    {
        Recorder recorder = NewRecorder(new RecorderOptions());
        RecordingExchange exchange = Begin(recorder, "GET", "/slow");
        exchange.Responding("HTTP/1.1 200 OK\r\n\r\n"u8, carriesMessages: true);
        exchange.ResponseData("so far"u8);

        ExchangeSnapshot running = recorder.Find(exchange.Number).ShouldNotBeNull();

        running.State.ShouldBe(ExchangeState.Active);
        running.Timings.Ended.ShouldBeNull();
        Text(running.ResponseBody).ShouldBe("so far");
        recorder.Summaries(0, 10, out _).ShouldHaveSingleItem().Number.ShouldBe(exchange.Number);
    }

    [Fact]
    public void Running_exchanges_are_listed_with_the_sizes_of_their_bodies_and_found_with_their_bytes()
    {
        Recorder recorder = NewRecorder(new RecorderOptions());
        RecordingExchange exchange = Begin(recorder, "POST", "/hook", new HeaderField("X-GitHub-Event", "push"));
        exchange.RequestData(new byte[40_000]);
        exchange.Responding("HTTP/1.1 200 OK\r\n\r\n"u8, carriesMessages: false);
        exchange.ResponseData(new byte[30_000]);
        _time.Advance(TimeSpan.FromSeconds(2));

        ExchangeSnapshot listed = recorder.Summaries(0, 10, out _).ShouldHaveSingleItem();
        ExchangeSnapshot seen = recorder.LongRunning(10).ShouldHaveSingleItem();

        foreach (ExchangeSnapshot summary in new[] { listed, seen })
        {
            summary.RequestBody.Total.ShouldBe(40_000);
            summary.ResponseBody.Total.ShouldBe(30_000);
            summary.Webhook.ShouldNotBeNull().EventName.ShouldBe("push");
        }

        recorder.Find(exchange.Number)!.ResponseBody.Bytes.Length.ShouldBe(30_000);
    }

    [Fact]
    public void Of_a_body_the_beginning_is_kept_and_its_size_counted()
    {
        Recorder recorder = NewRecorder(new RecorderOptions { MaxBodyBytes = 1000 });
        RecordingExchange exchange = Begin(recorder, "GET", "/large");
        exchange.Responding("HTTP/1.1 200 OK\r\n\r\n"u8, carriesMessages: false);
        byte[] body = new byte[4321];
        Random.Shared.NextBytes(body);
        foreach (byte[] part in body.Chunk(300))
        {
            exchange.ResponseData(part);
        }

        exchange.Complete(RelayError.None, 200);

        ExchangeSnapshot found = recorder.Find(exchange.Number).ShouldNotBeNull();
        found.ResponseBody.Bytes.ToArray().ShouldBe(body[..1000]);
        found.ResponseBody.Total.ShouldBe(body.Length);
        found.ResponseBody.IsTruncated.ShouldBeTrue();
        recorder.Fill.CutBodies.ShouldBe(1);
    }

    [Fact]
    public void The_oldest_give_way_and_are_counted()
    {
        Recorder recorder = NewRecorder(new RecorderOptions { MaxExchanges = 10 });
        for (int i = 0; i < 25; i++)
        {
            Begin(recorder, "GET", $"/{i}").Complete(RelayError.None, 200);
        }

        recorder.Summaries(0, int.MaxValue, out _).Select(e => e.Request.Target).ShouldBe(Enumerable.Range(15, 10).Reverse().Select(i => $"/{i}"));
        recorder.Find(15).ShouldBeNull();
        recorder.Find(16).ShouldNotBeNull();
        RecorderFill fill = recorder.Fill;
        fill.Kept.ShouldBe(10);
        fill.Recorded.ShouldBe(25);
        fill.Evicted.ShouldBe(15);
    }

    [Fact]
    public void Whatever_comes_the_memory_is_bounded_and_what_is_kept_is_whole()
    {
        const int MaxBytes = 64 * 1024;
        Recorder recorder = NewRecorder(new RecorderOptions { MaxBytes = MaxBytes, MaxBodyBytes = 16 * 1024 });
        var random = new Random(4711);
        var bodies = new Dictionary<long, byte[]>();
        for (int i = 0; i < 3000; i++)
        {
            RecordingExchange exchange = Begin(recorder, "GET", "/" + new string('x', random.Next(300)));
            byte[] body = new byte[random.Next(2) == 0 ? random.Next(100) : random.Next(20_000)];
            random.NextBytes(body);
            exchange.Responding("HTTP/1.1 200 OK\r\n\r\n"u8, carriesMessages: false);
            exchange.ResponseData(body);
            exchange.Complete(RelayError.None, 200);
            bodies[exchange.Number] = body;
            recorder.Fill.Bytes.ShouldBeLessThanOrEqualTo(MaxBytes);
        }

        List<ExchangeSnapshot> kept = recorder.Summaries(0, int.MaxValue, out _);
        kept.Count.ShouldBeGreaterThan(1);
        kept.Select(e => e.Number).ShouldBe(Enumerable.Range(0, kept.Count).Select(i => 3000L - i));
        foreach (ExchangeSnapshot exchange in kept.Select(e => recorder.Find(e.Number)!))
        {
            byte[] body = bodies[exchange.Number];
            exchange.ResponseBody.Bytes.ToArray().ShouldBe(body[..Math.Min(body.Length, 16 * 1024)]);
            exchange.ResponseBody.Total.ShouldBe(body.Length);
        }
    }

    [Fact]
    public void Running_exchanges_share_a_bound_and_give_it_back()
    {
        Recorder recorder = NewRecorder(new RecorderOptions { MaxBytes = 1 << 20, MaxBodyBytes = 64 * 1024 });
        RecordingExchange[] many = [.. Enumerable.Range(0, 100).Select(_ => Begin(recorder, "PUT", "/"))];
        foreach (RecordingExchange exchange in many)
        {
            exchange.RequestData(new byte[64 * 1024]);
        }

        many.Sum(e => recorder.Find(e.Number)!.RequestBody.Bytes.Length).ShouldBeInRange(1, 1 << 20);
        many.Last().Complete(RelayError.VisitorGone, 0);
        recorder.Find(many.Last().Number)!.RequestBody.Total.ShouldBe(64 * 1024);
        foreach (RecordingExchange exchange in many)
        {
            exchange.Complete(RelayError.VisitorGone, 0);
        }

        RecordingExchange next = Begin(recorder, "PUT", "/");
        next.RequestData(new byte[64 * 1024]);
        recorder.Find(next.Number)!.RequestBody.Bytes.Length.ShouldBe(64 * 1024);
    }

    [Fact]
    public void Whoever_follows_hears_of_each_change_once()
    {
        Recorder recorder = NewRecorder(new RecorderOptions());
        RecordingExchange first = Begin(recorder, "GET", "/1");
        long seen = recorder.Changes;
        recorder.Summaries(seen, 10, out _).ShouldBeEmpty();

        RecordingExchange second = Begin(recorder, "GET", "/2");
        first.Complete(RelayError.None, 200);
        recorder.Summaries(seen, 10, out _).Select(e => (e.Number, e.State)).ShouldBe([(second.Number, ExchangeState.Active), (first.Number, ExchangeState.Done)]);

        seen = recorder.Changes;
        for (int i = 0; i < 50; i++)
        {
            Begin(recorder, "GET", "/").Complete(RelayError.None, 200);
        }

        recorder.Summaries(seen, 20, out int leftOut).Count.ShouldBe(20);
        leftOut.ShouldBe(30);
    }

    [Fact]
    public void A_list_of_many_large_exchanges_has_each_once_in_order()
    {
        Recorder recorder = NewRecorder(new RecorderOptions { MaxBytes = 8 << 20, MaxBodyBytes = 1 << 20 });
        for (int i = 0; i < 300; i++)
        {
            RecordingExchange exchange = Begin(recorder, "PUT", $"/{i}");
            exchange.RequestData(new byte[i % 50 == 0 ? 600_000 : i * 10]);
            exchange.Complete(RelayError.None, 200);
        }

        List<ExchangeSnapshot> all = recorder.Summaries(0, int.MaxValue, out int leftOut);

        leftOut.ShouldBe(0);
        all.Count.ShouldBe(recorder.Fill.Kept);
        all.Select(e => e.Number).ShouldBe(Enumerable.Range(0, all.Count).Select(i => 300L - i));
        recorder.Summaries(0, 7, out leftOut).Select(e => e.Number).ShouldBe(Enumerable.Range(0, 7).Select(i => 300L - i));
        leftOut.ShouldBe(all.Count - 7);
    }

    [Fact]
    public void A_response_head_that_cannot_be_read_again_spoils_no_list()
    {
        Recorder recorder = NewRecorder(new RecorderOptions());
        RecordingExchange exchange = Begin(recorder, "GET", "/odd");
        exchange.Responding("HTTP/1.1 502 \r\nX-A: 1\r\nX-B: a\nb\r\n\r\n"u8, carriesMessages: false);
        exchange.Complete(RelayError.ResponseHeadInvalid, 502);

        recorder.Summaries(0, 10, out _).ShouldHaveSingleItem().Error.ShouldBe(RelayError.ResponseHeadInvalid);
        recorder.Find(exchange.Number).ShouldNotBeNull().Response.ShouldNotBeNull().Status.ShouldBe(502);
    }

    [Fact]
    public void The_last_one_is_the_newest_that_can_be_found()
    {
        Recorder recorder = NewRecorder(new RecorderOptions { MaxExchanges = 2 });
        recorder.LastNumber.ShouldBe(0);
        RecordingExchange[] four = [.. Enumerable.Range(1, 4).Select(i => Begin(recorder, "GET", $"/{i}"))];
        recorder.LastNumber.ShouldBe(4);
        foreach (int i in (int[])[3, 2, 1])
        {
            four[i].Complete(RelayError.None, 200);
        }

        recorder.Find(4).ShouldBeNull();
        recorder.LastNumber.ShouldBe(3);
        recorder.Clear();
        recorder.LastNumber.ShouldBe(1);
        four[0].Complete(RelayError.None, 200);
        recorder.Clear();
        recorder.LastNumber.ShouldBe(0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(513)]
    [InlineData(10_000)]
    public void Whatever_happens_the_memory_of_running_exchanges_comes_back(int maxBodyBytes)
    {
        Recorder recorder = NewRecorder(new RecorderOptions { MaxBytes = 1 << 20, MaxBodyBytes = maxBodyBytes, MaxExchanges = 7 });
        var random = new Random(maxBodyBytes);
        var running = new List<RecordingExchange>();
        for (int i = 0; i < 30_000; i++)
        {
            if (running.Count == 0 || random.Next(10) == 0)
            {
                running.Add(Begin(recorder, "PUT", "/"));
            }

            RecordingExchange exchange = running[random.Next(running.Count)];
            byte[] data = new byte[random.Next(3) == 0 ? 0 : random.Next(20_000)];
            switch (random.Next(6))
            {
                case 0:
                    exchange.RequestData(data);
                    break;
                case 1:
                    exchange.ResponseData(data);
                    break;
                case 2:
                    exchange.Responding("HTTP/1.1 200 OK\r\n\r\n"u8, carriesMessages: data.Length % 2 == 0);
                    break;
                case 3:
                    exchange.RequestDataAgain(data.Length);
                    break;
                case 4:
                    exchange.ReplaceRequest(new RequestHead { Id = "id", Method = "GET", Target = "/", Scheme = "https", Host = "a", Version = "1.1", Remote = "b" }, data);
                    break;
                default:
                    exchange.Complete(RelayError.None, 200);
                    exchange.Complete(RelayError.VisitorGone, 0);
                    _ = random.Next(2) == 0 && running.Remove(exchange);
                    break;
            }
        }

        foreach (RecordingExchange exchange in running)
        {
            exchange.Complete(RelayError.TunnelLost, 0);
        }

        recorder.Fill.Active.ShouldBe(0);
        recorder.Budget.Left.ShouldBe(1 << 20);
        recorder.Summaries(0, int.MaxValue, out _).Count.ShouldBe(recorder.Fill.Kept);
    }

    [Fact]
    public void Forgetting_leaves_what_is_running()
    {
        Recorder recorder = NewRecorder(new RecorderOptions());
        RecordingExchange running = Begin(recorder, "GET", "/running");
        Begin(recorder, "GET", "/over").Complete(RelayError.None, 200);

        recorder.Clear();

        recorder.Summaries(0, 10, out _).ShouldHaveSingleItem().Number.ShouldBe(running.Number);
        running.Complete(RelayError.None, 204);
        recorder.Find(running.Number).ShouldNotBeNull();
    }

    [Fact]
    public async Task Writers_and_readers_at_once_see_whole_exchanges_only()
    {
        var recorder = new Recorder(new RecorderOptions { MaxExchanges = 50, MaxBytes = 1 << 20 }, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        Task[] writers = [.. Enumerable.Range(0, 3).Select(w => Task.Run(() =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                RecordingExchange exchange = Begin(recorder, "GET", $"/{w}/{i}");
                exchange.Responding("HTTP/1.1 200 OK\r\n\r\n"u8, carriesMessages: false);
                exchange.ResponseData(Encoding.ASCII.GetBytes($"/{w}/{i}"));
                exchange.Complete(RelayError.None, 200);
            }
        }))];
        long looked = 0;
        Task reader = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                foreach (ExchangeSnapshot summary in recorder.Summaries(0, 100, out _))
                {
                    ExchangeSnapshot? found = recorder.Find(summary.Number);
                    if (found is { State: ExchangeState.Done })
                    {
                        Text(found.ResponseBody).ShouldBe(found.Request.Target);
                        looked++;
                    }
                }
            }
        });

        await Within.Bound(Task.WhenAll(writers), "the writers");
        await stop.CancelAsync();
        await Within.Bound(reader, "the reader");
        looked.ShouldBeGreaterThan(0);
        recorder.Fill.Recorded.ShouldBe(60_000);
        recorder.Fill.Active.ShouldBe(0);
    }

    [Fact]
    public void Figures_of_a_second_are_those_of_the_exchanges_that_ended_in_it()
    {
        Recorder recorder = NewRecorder(new RecorderOptions());
        _time.Advance(TimeSpan.FromSeconds(1));
        foreach ((int status, int ms) in new[] { (200, 10), (200, 10), (404, 10), (503, 1000) })
        {
            RecordingExchange exchange = Begin(recorder, "GET", "/");
            _time.Advance(TimeSpan.FromMilliseconds(status == 503 ? 0 : 1));
            exchange.ResponseData(new byte[ms]);
            exchange.Complete(RelayError.None, status);
        }

        Begin(recorder, "GET", "/").Complete(RelayError.LocalUnreachable, 0);
        _time.Advance(TimeSpan.FromSeconds(1));

        SecondFigures? second = recorder.Stats.Last(1, (_, figures) => figures).ShouldHaveSingleItem();

        second.ShouldNotBeNull().Requests.ShouldBe(5);
        second.OfClass(2).ShouldBe(2);
        second.OfClass(4).ShouldBe(1);
        second.OfClass(5).ShouldBe(1);
        second.Errors.ShouldBe(1);
        second.ResponseBytes.ShouldBe(1030);
        second.Latency.Percentile(0.5)!.Value.ShouldBeInRange(0.8, 1.2);
    }

    private static string Text(CapturedBody body) => Encoding.UTF8.GetString(body.Bytes.Span);

    private Recorder NewRecorder(RecorderOptions options) => new(options, _time);

    private static RecordingExchange Begin(Recorder recorder, string method, string target, params HeaderField[] fields)
    {
        var head = new RequestHead { Id = "id", Method = method, Target = target, Scheme = "https", Host = "my.app", Version = "1.1", Remote = "203.0.113.9" };
        head.Headers.AddRange(fields);
        var envelope = new ArrayBufferWriter<byte>();
        HeadWriter.Write(envelope, head);
        return recorder.Begin(new ExchangeOrigin { Tunnel = "web", Started = recorder.Time.GetTimestamp() }, envelope.WrittenSpan);
    }
}
