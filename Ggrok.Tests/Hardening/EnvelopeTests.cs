using System.Net;
using System.Text;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Hardening;

/// <summary>What a client can do to visitors with the envelopes that it sends: nothing but answer.</summary>
public class EnvelopeTests
{
    [Theory]
    [InlineData("{\"status\":200,\"headers\":[[\"X\",\"a\\r\\nSet-Cookie: stolen=1\"]]}")]
    [InlineData("{\"status\":200,\"headers\":[[\"X\\r\\nSet-Cookie\",\"stolen=1\"]]}")]
    [InlineData("{\"status\":200,\"headers\":[[\"X:\",\"a\"]]}")]
    [InlineData("{\"status\":200,\"headers\":[[\"\",\"a\"]]}")]
    [InlineData("{\"status\":200,\"headers\":[[\"X\",\"a\\u0000b\"]]}")]
    [InlineData("{\"status\":200,\"headers\":[[\"X\",\"\\u4e2d\\u010a\"]]}")]
    [InlineData("{\"status\":200,\"reason\":\"OK\\r\\nSet-Cookie: stolen=1\",\"headers\":[]}")]
    [InlineData("{\"status\":99,\"headers\":[]}")]
    [InlineData("{\"status\":1000,\"headers\":[]}")]
    [InlineData("{\"status\":-1,\"headers\":[]}")]
    [InlineData("{\"status\":\"200\",\"headers\":[]}")]
    [InlineData("{\"status\":200,\"headers\":[[\"Content-Length\",\"-1\"]]}")]
    [InlineData("{\"status\":200,\"headers\":[[\"Content-Length\",\"5\"],[\"Content-Length\",\"6\"]]}")]
    [InlineData("{\"status\":101,\"headers\":[]}")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]")]
    [InlineData("{\"status\":200,\"headers\":[]} {\"status\":200}")]
    [InlineData("{\"status\":200")]
    [InlineData("")]
    [InlineData("null")]
    public async Task A_response_envelope_that_is_not_valid_is_an_error_for_that_visitor_alone(string envelope)
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using RogueClient rogue = await RogueClient.RegisterAsync(server.Url);
        using RawSocket visitor = await RawSocket.ConnectAsync(server.Url);
        await visitor.SendAsync($"GET /one HTTP/1.1\r\nHost: {server.Url.Authority}\r\n\r\n");
        (FrameHeader header, _) = await rogue.NextAsync(FrameKind.Head);

        await rogue.SendAsync(FrameKind.Head, header.Stream, envelope);
        await rogue.SendAsync(FrameKind.End, header.Stream);
        string head = await visitor.ReadUntilAsync("\r\n\r\n");

        head.ShouldStartWith("HTTP/1.1 502");
        head.ShouldNotContain("stolen");
        await AnswersAsync(server, rogue);
    }

    [Fact]
    public async Task Fields_of_framing_in_an_envelope_do_not_change_how_the_response_is_framed()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using RogueClient rogue = await RogueClient.RegisterAsync(server.Url);
        using RawSocket visitor = await RawSocket.ConnectAsync(server.Url);
        await visitor.SendAsync($"GET /one HTTP/1.1\r\nHost: {server.Url.Authority}\r\n\r\n");
        (FrameHeader header, _) = await rogue.NextAsync(FrameKind.Head);

        await rogue.SendAsync(FrameKind.Head, header.Stream,
            "{\"status\":200,\"headers\":[[\"Transfer-Encoding\",\"identity\"],[\"Connection\",\"close, X-Request-ID\"],[\"Keep-Alive\",\"1\"],[\"Upgrade\",\"h2c\"]]}");
        await rogue.SendAsync(FrameKind.Data, header.Stream, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
        await rogue.SendAsync(FrameKind.End, header.Stream);
        string answer = await visitor.ReadUntilAsync("\r\n0\r\n\r\n");

        answer.ShouldContain("Transfer-Encoding: chunked\r\n");
        answer.ShouldNotContain("identity");
        answer.ShouldNotContain("h2c");
        answer.Split("\r\n\r\n", 2)[1].ShouldStartWith("2c\r\nHTTP/1.1 200 OK\r\n", customMessage: "the body is one chunk of the visitor's response");
    }

    [Fact]
    public async Task A_body_longer_than_announced_breaks_off_and_poisons_nobody()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using RogueClient rogue = await RogueClient.RegisterAsync(server.Url);
        using RawSocket visitor = await RawSocket.ConnectAsync(server.Url);
        await visitor.SendAsync($"GET /one HTTP/1.1\r\nHost: {server.Url.Authority}\r\n\r\nGET /two HTTP/1.1\r\nHost: {server.Url.Authority}\r\n\r\n");
        (FrameHeader header, _) = await rogue.NextAsync(FrameKind.Head);

        await rogue.SendAsync(FrameKind.Head, header.Stream, "{\"status\":200,\"headers\":[[\"Content-Length\",\"2\"]]}");
        await rogue.SendAsync(FrameKind.Data, header.Stream, "okHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
        await rogue.SendAsync(FrameKind.End, header.Stream);
        string all = await ReadAllAsync(visitor);

        all.ShouldNotContain("poison");
        await AnswersAsync(server, rogue);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_visitor_who_leaves_with_the_whole_response_has_not_gone_early(bool isOver)
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using RogueClient rogue = await RogueClient.RegisterAsync(server.Url);
        using RawSocket visitor = await RawSocket.ConnectAsync(server.Url);
        await visitor.SendAsync($"GET /one HTTP/1.1\r\nHost: {server.Url.Authority}\r\n\r\n");
        (FrameHeader header, _) = await rogue.NextAsync(FrameKind.Head);

        await rogue.SendAsync(FrameKind.Head, header.Stream, "{\"status\":200,\"headers\":[[\"Content-Length\",\"2\"]]}");
        await rogue.SendAsync(FrameKind.Data, header.Stream, "ok");
        await visitor.ReadUntilAsync("\r\n\r\nok");
        visitor.Dispose();
        if (isOver)
        {
            await rogue.SendAsync(FrameKind.End, header.Stream);
        }

        await Eventually.BecomesAsync(() => Task.FromResult(server.Logs.Lines.Any(l => l.Message.Contains(" GET /one 200 ", StringComparison.Ordinal) && l.Message.EndsWith("error=None", StringComparison.Ordinal))), true);
    }

    [Fact]
    public async Task An_answer_to_a_stream_that_is_not_the_clients_reaches_nobody()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using RogueClient victim = await RogueClient.RegisterAsync(server.Url, "/victim");
        await using RogueClient rogue = await RogueClient.RegisterAsync(server.Url, "/rogue");
        using RawSocket visitor = await RawSocket.ConnectAsync(server.Url);
        await visitor.SendAsync($"GET /victim HTTP/1.1\r\nHost: {server.Url.Authority}\r\n\r\n");
        (FrameHeader header, _) = await victim.NextAsync(FrameKind.Head);

        for (uint stream = 2; stream <= 64; stream += 2)
        {
            await rogue.SendAsync(FrameKind.Head, stream, "{\"status\":200,\"headers\":[[\"X-From\",\"rogue\"]]}");
        }

        await victim.SendAsync(FrameKind.Head, header.Stream, "{\"status\":200,\"headers\":[[\"X-From\",\"victim\"],[\"Content-Length\",\"0\"]]}");
        await victim.SendAsync(FrameKind.End, header.Stream);

        (await visitor.ReadUntilAsync("\r\n\r\n")).ShouldContain("X-From: victim\r\n");
    }

    [Theory]
    [InlineData("{\"a\":", 100)]
    [InlineData("[", 60_000)]
    public async Task A_deep_hello_is_refused_at_once(string open, int depth)
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using RogueClient rogue = await RogueClient.ConnectAsync(server.Url);

        await rogue.SendAsync(FrameKind.Hello, 0, string.Concat(Enumerable.Repeat(open, depth)));

        await Within.Bound(rogue.ClosedAsync(), "the refusal");
        await using RogueClient honest = await RogueClient.RegisterAsync(server.Url);
    }

    [Fact]
    public async Task A_hello_with_a_key_written_twice_is_refused()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using RogueClient rogue = await RogueClient.ConnectAsync(server.Url);
        string hello = $$"""
            {"protocol":1,"client":"a","instance":"b","version":"1","label":"m","origin":"{{server.Url.GetLeftPart(UriPartial.Authority)}}",
             "tunnels":[{"name":"web","kind":"http","path":"/mine","path":"/theirs"}]}
            """;

        await rogue.SendAsync(FrameKind.Hello, 0, hello);

        await Within.Bound(rogue.ClosedAsync(), "the refusal");
        server.Get<Ggrok.Server.Tunnels.TunnelRegistry>().Snapshot().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_hello_with_a_thousand_tunnels_or_larger_than_a_message_is_refused()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        var many = new Hello(1, "a", "b", "1", "m", server.Url.GetLeftPart(UriPartial.Authority),
            [.. Enumerable.Range(0, 1000).Select(i => new TunnelRequest($"t{i}", "http", Path: $"/p{i}"))]);
        await using (RogueClient rogue = await RogueClient.ConnectAsync(server.Url))
        {
            byte[] message = HandshakeCodec.Encode(FrameKind.Hello, many, HandshakeJson.Default.Hello);
            await rogue.SendAsync(message);
            await Within.Bound(rogue.ClosedAsync(), "the refusal");
        }

        await using (RogueClient rogue = await RogueClient.ConnectAsync(server.Url))
        {
            await rogue.SendAsync(new byte[1024 * 1024]);
            await Within.Bound(rogue.ClosedAsync(), "the refusal");
        }

        server.Get<Ggrok.Server.Tunnels.TunnelRegistry>().Snapshot().ShouldBeEmpty();
    }

    // The tunnel goes on.
    private static async Task AnswersAsync(RunningServer server, RogueClient rogue)
    {
        using var client = new HttpClient { BaseAddress = server.Url };
        Task<HttpResponseMessage> answer = client.GetAsync("/again");
        while (true)
        {
            (FrameHeader header, byte[] payload) = await rogue.NextAsync(FrameKind.Head);
            if (Encoding.UTF8.GetString(payload).Contains("/again", StringComparison.Ordinal))
            {
                await rogue.SendAsync(FrameKind.Head, header.Stream, "{\"status\":204,\"headers\":[]}");
                await rogue.SendAsync(FrameKind.End, header.Stream);
                break;
            }
        }

        (await Within.Bound(answer, "the next answer")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    private static async Task<string> ReadAllAsync(RawSocket visitor)
    {
        try
        {
            return await visitor.ReadToEndAsync();
        }
        catch (IOException)
        {
            return "";
        }
    }
}
