using System.Text;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Hardening;

/// <summary>
/// Requests that two parsers may take for different ones (RFC 9112 section 11.2): what the local service gets is what the
/// server took them for, or nothing.
/// </summary>
public class SmugglingTests
{
    private const string Smuggled = "GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

    [Theory]
    [InlineData("CL.TE", "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("TE.CL", "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n2e\r\n")]
    [InlineData("TE.TE", "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n")]
    [InlineData("TE not last", "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n")]
    [InlineData("TE unknown", "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")]
    [InlineData("TE in HTTP/1.0", "POST / HTTP/1.0\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("space before colon", "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("vertical tab in value", "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n")]
    [InlineData("two lengths", "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nContent-Length: 46\r\n\r\n")]
    [InlineData("list of lengths", "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0, 46\r\n\r\n")]
    [InlineData("hexadecimal length", "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0x2e\r\n\r\n")]
    [InlineData("obs-fold", "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("bare CR", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\rContent-Length: 46\r\n\r\n")]
    [InlineData("NUL in value", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\0b\r\n\r\n")]
    [InlineData("bad chunk size", "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("negative chunk size", "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nhello\r\n0\r\n\r\n")]
    [InlineData("chunk without end", "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n")]
    public async Task Ambiguous_framing_is_refused_and_nothing_is_read_behind_it(string kind, string request)
    {
        await using var scene = await CountingScene.StartAsync();
        using RawSocket visitor = await RawSocket.ConnectAsync(scene.Ggrok.Server.Url);

        await visitor.SendAsync(request + Smuggled);
        string answers = await AllAsync(visitor);

        answers.ShouldStartWith("HTTP/1.1 400", customMessage: kind);
        answers.Split("HTTP/1.1 ").Length.ShouldBe(2, $"{kind}: one answer, and the connection is closed behind it");
        scene.Paths.ShouldNotContain("/smuggled", kind);
    }

    [Fact]
    public async Task Bare_line_feeds_end_lines_for_the_server_and_the_local_service_sees_proper_ones()
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket visitor = await ggrok.VisitAsync();

        await visitor.SendAsync("GET /a HTTP/1.1\nHost: 127.0.0.1\nX-One: 1\n\n");
        string answer = await FirstLineOrCloseAsync(visitor, ggrok);

        // RFC 9112 section 2.2 allows either; what counts is that both ends see the same request.
        answer.ShouldBeOneOf("refused", "GET /a HTTP/1.1");
    }

    [Fact]
    public async Task A_signed_length_arrives_as_a_plain_number()
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket visitor = await ggrok.VisitAsync();

        await visitor.SendAsync($"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: +{Smuggled.Length}\r\n\r\n{Smuggled}");
        using RawSocket local = await ggrok.Local.AcceptAsync();

        // RFC 9112 section 6.3 would have it refused; Kestrel reads the number, and the local service gets it as it should be.
        (await local.ReadUntilAsync("\r\n\r\n")).ShouldContain($"\r\nContent-Length: {Smuggled.Length}\r\n");
        (await local.ReadUntilAsync(Smuggled)).ShouldBe(Smuggled);
    }

    [Fact]
    public async Task Chunk_extensions_do_not_travel()
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket visitor = await ggrok.VisitAsync();

        await visitor.SendAsync("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5;a=\"b\";c=d\r\nhello\r\n0;x\r\n\r\n");
        using RawSocket local = await ggrok.Local.AcceptAsync();
        string head = await local.ReadUntilAsync("\r\n\r\n");
        string body = await local.ReadUntilAsync("0\r\n\r\n");

        head.ShouldContain("chunked");
        body.ShouldBe("5\r\nhello\r\n0\r\n\r\n");
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")]
    public async Task A_local_response_with_ambiguous_framing_is_refused(string response)
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket visitor = await ggrok.VisitAsync();
        await visitor.SendAsync("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        using RawSocket local = await ggrok.Local.AcceptAsync();
        await local.ReadUntilAsync("\r\n\r\n");

        await local.SendAsync(response);

        (await visitor.ReadUntilAsync("\r\n\r\n")).ShouldStartWith("HTTP/1.1 502");
    }

    [Fact]
    public async Task What_a_local_service_sends_behind_its_response_is_nobodys_answer()
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket first = await ggrok.VisitAsync();
        await first.SendAsync("GET /one HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        using RawSocket local = await ggrok.Local.AcceptAsync();
        await local.ReadUntilAsync("\r\n\r\n");
        await local.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\noneHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
        (await first.ReadUntilAsync("one")).ShouldStartWith("HTTP/1.1 200");

        using RawSocket second = await ggrok.VisitAsync();
        await second.SendAsync("GET /two HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        using RawSocket fresh = await ggrok.Local.AcceptAsync();
        (await fresh.ReadUntilAsync("\r\n\r\n")).ShouldStartWith("GET /two ");
        await fresh.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo");

        (await second.ReadUntilAsync("two")).ShouldNotContain("poison");
    }

    [Theory]
    [InlineData("content-length", "3")]
    [InlineData("transfer-encoding", "chunked")]
    [InlineData("connection", "keep-alive, x-secret")]
    [InlineData("upgrade", "websocket")]
    public async Task Fields_of_http1_framing_in_http2_do_not_reach_the_local_service_as_framing(string name, string value)
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        await using var visitor = await Http2Socket.ConnectAsync(ggrok.Server.Url);

        await visitor.SendRequestAsync(1, "/h2", endStream: true, (name, value));
        string seen = await visitor.OutcomeAsync(1, ggrok.Local);

        // Refused, or relayed without a body and without the field (RFC 9113 section 8.2.2).
        if (seen.StartsWith("GET /h2 ", StringComparison.Ordinal))
        {
            seen.ShouldNotContain($"\r\n{name}:", Case.Insensitive);
        }
        else
        {
            seen.ShouldBe("refused");
        }
    }

    private static async Task<string> AllAsync(RawSocket visitor)
    {
        // A server that closes with unread bytes resets the connection behind its answer.
        string answer = await visitor.ReadUntilAsync("\r\n\r\n");
        try
        {
            return answer + await visitor.ReadToEndAsync();
        }
        catch (IOException)
        {
            return answer;
        }
    }

    private static async Task<string> FirstLineOrCloseAsync(RawSocket visitor, RawEnvironment ggrok)
    {
        Task<string> refused = visitor.ReadUntilAsync("\r\n");
        Task<RawSocket> relayed = ggrok.Local.AcceptAsync();
        if (await Task.WhenAny(refused, relayed) == refused)
        {
            (await refused).ShouldStartWith("HTTP/1.1 400");
            return "refused";
        }

        using RawSocket local = await relayed;
        string head = await local.ReadUntilAsync("\r\n\r\n");
        head.Replace("\r\n", "", StringComparison.Ordinal).ShouldNotContain("\n");
        await local.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await refused;
        return head[..head.IndexOf("\r\n", StringComparison.Ordinal)];
    }
}

/// <summary>A tunnel whose local service remembers which paths it was asked for.</summary>
internal sealed class CountingScene : IAsyncDisposable
{
    private readonly System.Collections.Concurrent.ConcurrentQueue<string> _paths = new();

    public GgrokEnvironment Ggrok { get; private set; } = null!;

    public IReadOnlyCollection<string> Paths => _paths;

    public static async Task<CountingScene> StartAsync(IEnumerable<(string Name, string Value)>? settings = null)
    {
        var scene = new CountingScene();
        scene.Ggrok = await GgrokEnvironment.StartAsync(async context =>
        {
            scene._paths.Enqueue(context.Request.Path.Value!);
            await context.Request.Body.CopyToAsync(Stream.Null);
            await context.Response.WriteAsync("ok");
        }, settings);
        return scene;
    }

    public ValueTask DisposeAsync() => Ggrok.DisposeAsync();
}
