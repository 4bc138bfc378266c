using System.Net;
using System.Net.WebSockets;
using System.Text;
using Ggrok.Client.Connection;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Balancing;

/// <summary>
/// The table of <c>docs/balancing.md</c>: which failures are tried again at another member. Two visits in turn: each member is the
/// first choice once.
/// </summary>
public class RetryTests
{
    private const int Bytes = 300_000;

    public static TheoryData<string, string, bool, bool> Rows => new()
    {
        // method, how the first member fails, with a body, tried again
        { "GET", nameof(RelayError.LocalUnreachable), false, true },
        { "POST", nameof(RelayError.LocalUnreachable), false, true },
        { "POST", nameof(RelayError.LocalUnreachable), true, true },
        { "POST", nameof(RelayError.LocalTlsFailed), true, true },
        { "POST", nameof(RelayError.TooManyStreams), true, true },
        { "POST", nameof(RelayError.Draining), true, true },
        { "GET", nameof(RelayError.ResponseHeadLocal), false, true },
        { "DELETE", nameof(RelayError.ResponseHeadLocal), false, true },
        { "PUT", nameof(RelayError.ResponseHeadLocal), true, false },
        { "POST", nameof(RelayError.ResponseHeadLocal), false, false },
        { "PATCH", nameof(RelayError.ResponseHeadLocal), false, false },
        { "GET", nameof(RelayError.LocalProtocol), false, true },
        { "POST", nameof(RelayError.LocalProtocol), true, false },
        { "GET", nameof(RelayError.ResponseHeadTimeout), false, false },
        { "GET", nameof(RelayError.ResponseHeadInvalid), false, false },
        { "GET", nameof(RelayError.LocalCancelled), false, false },
        { "GET", nameof(RelayError.Internal), false, false },
        { "GET", nameof(RelayError.TunnelLost), false, true },
        { "HEAD", nameof(RelayError.TunnelLost), false, true },
        { "PUT", nameof(RelayError.TunnelLost), false, true },
        { "PUT", nameof(RelayError.TunnelLost), true, false },
        { "POST", nameof(RelayError.TunnelLost), false, false },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_request_is_tried_again_only_where_that_repeats_nothing(string method, string failure, bool hasBody, bool again)
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        RelayError error = Enum.Parse<RelayError>(failure);
        await using ScriptedMember failing = await ScriptedMember.JoinAsync(pool, (member, _, stream) => FailAsync(member, stream, error));
        int served = 0;
        await pool.JoinAsync(async c =>
        {
            Interlocked.Increment(ref served);
            await c.Request.Body.CopyToAsync(Stream.Null);
        });

        List<(HttpStatusCode Status, string? Error)> answers = [];
        for (int i = 0; i < 2; i++)
        {
            answers.Add(await pool.VisitAsync(new HttpMethod(method), body: hasBody ? "body" : null));
        }

        failing.Seen.ShouldBe(1);
        served.ShouldBe(again ? 2 : 1);
        answers.Count(a => a.Status == HttpStatusCode.OK).ShouldBe(again ? 2 : 1);
        answers.Where(a => a.Error is not null).Select(a => a.Error).ShouldBe(again ? [] : [failure]);
    }

    [Fact]
    public async Task Nothing_is_tried_again_once_a_response_has_begun()
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        await using ScriptedMember failing = await ScriptedMember.JoinAsync(pool, async (_, _, stream) =>
        {
            await ScriptedMember.RespondAsync(stream, 103);
            stream.Reset(RelayError.LocalUnreachable);
        });
        await pool.JoinAsync("good");

        (HttpStatusCode, string?)[] answers = [await pool.VisitAsync(HttpMethod.Get), await pool.VisitAsync(HttpMethod.Get)];

        failing.Seen.ShouldBe(1);
        answers.Select(a => a.Item2).ShouldBe([null, "LocalUnreachable"], ignoreOrder: true);
    }

    [Fact]
    public async Task Each_member_is_tried_once_and_the_last_failure_is_told()
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        await using ScriptedMember first = await ScriptedMember.JoinAsync(pool, RelayError.LocalUnreachable);
        await using ScriptedMember second = await ScriptedMember.JoinAsync(pool, RelayError.LocalUnreachable);
        await using ScriptedMember third = await ScriptedMember.JoinAsync(pool, RelayError.LocalUnreachable);

        (HttpStatusCode status, string? error) = await pool.VisitAsync(HttpMethod.Post, body: "body");

        (status, error).ShouldBe((HttpStatusCode.BadGateway, "LocalUnreachable"));
        (first.Seen, second.Seen, third.Seen).ShouldBe((1, 1, 1));
    }

    [Fact]
    public async Task A_body_that_was_half_sent_to_one_member_arrives_whole_at_the_next()
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        var halfRead = new TaskCompletionSource();
        await using ScriptedMember failing = await ScriptedMember.JoinAsync(pool, async (_, _, stream) =>
        {
            await stream.ReadAsync();
            stream.Reset(RelayError.LocalUnreachable);
            halfRead.TrySetResult();
        });
        await pool.JoinAsync(Echo);
        using RawSocket first = await RawSocket.ConnectAsync(pool.Server.Url);
        using RawSocket second = await RawSocket.ConnectAsync(pool.Server.Url);

        foreach (RawSocket visitor in new[] { first, second })
        {
            await visitor.SendAsync("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        }

        await Within.Bound(halfRead.Task, "the first half at the failing member");
        foreach (RawSocket visitor in new[] { first, second })
        {
            await visitor.SendAsync("6\r\n world\r\n0\r\n\r\n");
            (await visitor.ReadUntilAsync("hello world")).ShouldStartWith("HTTP/1.1 200");
        }

        failing.Seen.ShouldBe(1);
    }

    [Fact]
    public async Task A_body_larger_than_what_is_kept_is_not_sent_twice()
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        await using ScriptedMember failing = await ScriptedMember.JoinAsync(pool, async (_, _, stream) =>
        {
            for (int read = 0; read < 100_000;)
            {
                read += (await stream.ReadAsync()).Payload.Length;
                stream.Advance();
            }

            stream.Reset(RelayError.LocalUnreachable);
        });
        await pool.JoinAsync(Echo);

        string body = new('x', Bytes);
        (HttpStatusCode, string?)[] answers = [await pool.VisitAsync(HttpMethod.Post, body: body), await pool.VisitAsync(HttpMethod.Post, body: body)];

        failing.Seen.ShouldBe(1);
        answers.ShouldBe([(HttpStatusCode.OK, null), (HttpStatusCode.BadGateway, "LocalUnreachable")], ignoreOrder: true);
    }

    [Fact]
    public async Task A_visitor_that_waits_for_100_Continue_gets_it_from_the_member_that_serves()
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        await using ScriptedMember failing = await ScriptedMember.JoinAsync(pool, RelayError.LocalUnreachable);
        await pool.JoinAsync(Echo);

        for (int i = 0; i < 2; i++)
        {
            using RawSocket visitor = await RawSocket.ConnectAsync(pool.Server.Url);
            await visitor.SendAsync("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
            await visitor.ReadUntilAsync("HTTP/1.1 100 Continue\r\n\r\n");
            await visitor.SendAsync("hello");
            (await visitor.ReadUntilAsync("hello")).ShouldStartWith("HTTP/1.1 200");
        }

        failing.Seen.ShouldBe(1);
    }

    [Theory]
    [InlineData(RelayError.LocalUnreachable, true)]
    [InlineData(RelayError.ResponseHeadLocal, false)]
    [InlineData(RelayError.TunnelLost, false)]
    public async Task An_upgrade_is_tried_again_only_if_nobody_saw_it(RelayError error, bool again)
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        await using ScriptedMember failing = await ScriptedMember.JoinAsync(pool, (member, _, stream) => FailAsync(member, stream, error));
        await pool.JoinAsync(async c =>
        {
            using WebSocket socket = await c.WebSockets.AcceptWebSocketAsync();
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "served", default);
        });

        List<string> ends = [];
        for (int i = 0; i < 2; i++)
        {
            using RawSocket visitor = await RawSocket.ConnectAsync(pool.Server.Url);
            await visitor.SendAsync("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
            ends.Add((await visitor.ReadUntilAsync("\r\n")).Split(' ')[1]);
        }

        failing.Seen.ShouldBe(1);
        ends.ShouldBe(again ? ["101", "101"] : ["101", "502"], ignoreOrder: true);
    }

    [Fact]
    public async Task Over_HTTP2_bodies_and_WebSockets_are_tried_again_as_over_HTTP1()
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        await using ScriptedMember failing = await ScriptedMember.JoinAsync(pool, RelayError.LocalUnreachable);
        await pool.JoinAsync(async c =>
        {
            if (!c.WebSockets.IsWebSocketRequest)
            {
                await Echo(c);
                return;
            }

            c.Request.Headers.SecWebSocketKey.Count.ShouldBe(1);
            using WebSocket socket = await c.WebSockets.AcceptWebSocketAsync();
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "served", default);
        });
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });

        for (int i = 0; i < 2; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, pool.Server.Url)
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new StringContent("body"),
            };
            using HttpResponseMessage response = await invoker.SendAsync(request, default);
            (await response.Content.ReadAsStringAsync()).ShouldBe("body");
        }

        for (int i = 0; i < 2; i++)
        {
            using var socket = new ClientWebSocket();
            socket.Options.HttpVersion = HttpVersion.Version20;
            socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
            await Within.Bound(socket.ConnectAsync(new UriBuilder(pool.Server.Url) { Scheme = "ws" }.Uri, invoker, default), "the WebSocket");
            (await Within.Bound(socket.ReceiveAsync(new byte[100], default), "the close")).CloseStatusDescription.ShouldBe("served");
        }

        failing.Seen.ShouldBe(2);
    }

    [Fact]
    public async Task A_service_that_is_down_costs_no_visitor_anything_and_soon_gets_no_requests()
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        await pool.JoinAsync(await PoolScene.NowhereAsync());
        await pool.JoinAsync(Echo);

        for (int i = 0; i < 20; i++)
        {
            using HttpResponseMessage response = await pool.Visitor.PostAsync("/", new StringContent($"body {i}"));
            (await response.Content.ReadAsStringAsync()).ShouldBe($"body {i}");
        }

        string[] again = [.. pool.Server.Logs.Lines.Select(l => l.Message).Where(m => m.Contains("is tried again", StringComparison.Ordinal))];
        // Without taking it out it would be every other request.
        again.Length.ShouldBeInRange(3, 8);
        again[0].ShouldContain("LocalUnreachable");
        pool.Server.Logs.Lines.ShouldContain(l => l.Message.Contains("gets no requests", StringComparison.Ordinal));
    }

    private static Task FailAsync(ScriptedMember member, MuxStream stream, RelayError error)
    {
        if (error == RelayError.TunnelLost)
        {
            member.Vanish();
        }
        else
        {
            stream.Reset(error);
        }

        return Task.CompletedTask;
    }

    private static async Task Echo(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        await context.Response.WriteAsync(await reader.ReadToEndAsync());
    }
}
