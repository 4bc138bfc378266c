using System.Security.Cryptography;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Ggrok.Tests.EndToEnd;

/// <summary>Bodies stream, both ways at once, and ends travel.</summary>
public class StreamingTests
{
    [Fact]
    public async Task Large_bodies_arrive_whole_both_ways()
    {
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(async context =>
        {
            byte[] hash = await SHA256.HashDataAsync(context.Request.Body);
            context.Response.Headers["X-Hash"] = Convert.ToHexString(hash);
            await context.Response.Body.WriteAsync(Bytes(20_000_000, seed: 2));
        });
        byte[] sent = Bytes(30_000_000, seed: 1);

        using HttpResponseMessage response = await ggrok.Visitor.PostAsync("/", new ByteArrayContent(sent));
        byte[] received = await response.Content.ReadAsByteArrayAsync();

        response.Headers.GetValues("X-Hash").ShouldBe([Convert.ToHexString(SHA256.HashData(sent))]);
        SHA256.HashData(received).ShouldBe(SHA256.HashData(Bytes(20_000_000, seed: 2)));
    }

    [Fact]
    public async Task Events_arrive_one_by_one()
    {
        var next = new SemaphoreSlim(0);
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            for (int i = 0; i < 3; i++)
            {
                await context.Response.WriteAsync($"data: {i}\n\n");
                await context.Response.Body.FlushAsync();
                await next.WaitAsync();
            }
        });

        using Stream events = await ggrok.Visitor.GetStreamAsync("/");
        using var reader = new StreamReader(events);
        for (int i = 0; i < 3; i++)
        {
            // The local service waits for the visitor to have seen each event.
            (await Within.Bound(reader.ReadLineAsync(), "an event")).ShouldBe($"data: {i}");
            await reader.ReadLineAsync();
            next.Release();
        }

        (await reader.ReadLineAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task The_response_flows_while_the_request_body_is_still_being_sent()
    {
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(async context =>
        {
            await context.Response.Body.FlushAsync();
            byte[] buffer = new byte[100];
            int count;
            while ((count = await context.Request.Body.ReadAsync(buffer)) > 0)
            {
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, count));
                await context.Response.Body.FlushAsync();
            }
        });
        using RawSocket visitor = await RawSocket.ConnectAsync(ggrok.Server.Url);
        await visitor.SendAsync("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n");
        await visitor.ReadUntilAsync("\r\n\r\n");
        foreach (string word in (string[])["one", "two", "six"])
        {
            await visitor.SendAsync($"3\r\n{word}\r\n");
            (await visitor.ReadUntilAsync(word)).ShouldContain(word);
        }

        await visitor.SendAsync("0\r\n\r\n");
        await visitor.ReadUntilAsync("0\r\n\r\n");
    }

    [Fact]
    public async Task An_early_answer_ends_an_upload_that_nobody_reads()
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket visitor = await ggrok.VisitAsync();
        await visitor.SendAsync("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000000\r\n\r\nstart");
        using RawSocket local = await ggrok.Local.AcceptAsync();
        await local.ReadUntilAsync("start");
        await local.SendAsync("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");

        string answer = await visitor.ReadUntilAsync("big");

        answer.ShouldStartWith("HTTP/1.1 413 Too Large");
    }

    [Fact]
    public async Task A_visitor_who_leaves_cancels_the_local_request()
    {
        var cancelled = new TaskCompletionSource();
        var started = new TaskCompletionSource();
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(async context =>
        {
            context.RequestAborted.Register(() => cancelled.TrySetResult());
            started.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        RawSocket visitor = await RawSocket.ConnectAsync(ggrok.Server.Url);
        await visitor.SendAsync("GET /slow HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        await Within.Bound(started.Task, "the local request");

        visitor.Dispose();

        await Within.Bound(cancelled.Task, "the local request to be cancelled");
        (await ggrok.Client.Events.NextExchangeAsync()).Error.ShouldBe(RelayError.VisitorGone);
    }

    [Fact]
    public async Task A_local_service_that_breaks_off_breaks_the_response_off()
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket visitor = await ggrok.VisitAsync();
        await visitor.SendAsync("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        using RawSocket local = await ggrok.Local.AcceptAsync();
        await local.ReadUntilAsync("\r\n\r\n");
        await local.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n");
        await visitor.ReadUntilAsync("part");

        local.Reset();

        string rest = await ReadRestAsync(visitor);
        rest.ShouldNotContain("0\r\n\r\n");
        (await ggrok.Client.Events.NextExchangeAsync()).Error.ShouldBe(RelayError.ResponseBodyLocal);
    }

    [Fact]
    public async Task A_slow_reader_stops_the_sender_and_harms_nobody_else()
    {
        long written = 0;
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(async context =>
        {
            if (context.Request.Path == "/small")
            {
                await context.Response.WriteAsync("small");
                return;
            }

            context.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
            byte[] block = new byte[64 * 1024];
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(block, context.RequestAborted);
                Interlocked.Add(ref written, block.Length);
            }
        });
        using RawSocket slow = await RawSocket.ConnectAsync(ggrok.Server.Url);
        await slow.SendAsync("GET /endless HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        await slow.ReadUntilAsync("\r\n\r\n");

        // The sender stalls once every buffer on the way is full: the count stops growing across many other requests.
        long before;
        int quiet = 0;
        do
        {
            before = Interlocked.Read(ref written);
            for (int i = 0; i < 20; i++)
            {
                (await ggrok.Visitor.GetStringAsync("/small")).ShouldBe("small");
            }

            quiet = Interlocked.Read(ref written) == before ? quiet + 1 : 0;
        }
        while (quiet < 10);

        before.ShouldBeLessThan(40_000_000);
    }

    [Fact]
    public async Task Many_requests_run_at_once_and_each_gets_its_own_answer()
    {
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(async context =>
        {
            using var body = new StreamReader(context.Request.Body);
            await context.Response.WriteAsync(context.Request.Path + await body.ReadToEndAsync());
        });

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 300).Select(async i =>
        {
            using HttpResponseMessage response = await ggrok.Visitor.PostAsync($"/{i}", new StringContent(new string('x', i * 50)));
            return await response.Content.ReadAsStringAsync();
        }));

        answers.ShouldBe(Enumerable.Range(0, 300).Select(i => $"/{i}{new string('x', i * 50)}"));
    }

    private static async Task<string> ReadRestAsync(RawSocket socket)
    {
        try
        {
            return await socket.ReadToEndAsync();
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static byte[] Bytes(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
