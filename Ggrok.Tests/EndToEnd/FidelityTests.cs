using System.Net;
using System.Net.Http.Headers;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.EndToEnd;

/// <summary>What the visitor sends is what the local service gets, and the reverse.</summary>
public class FidelityTests
{
    [Theory]
    [InlineData("/a/%2e%2e/b")]
    [InlineData("/%7euser")]
    [InlineData("//double//slash")]
    [InlineData("/p?")]
    [InlineData("/p?a=1&a=2&=&%20+")]
    [InlineData("/../x/./y")]
    [InlineData("/%C3%A4?q=%ff")]
    [InlineData("/semi;colon,comma|pipe{brace}\"quote\"")]
    public async Task The_raw_target_arrives_verbatim(string target)
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket visitor = await ggrok.VisitAsync();
        await visitor.SendAsync($"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");

        using RawSocket local = await ggrok.Local.AcceptAsync();
        string head = await local.ReadUntilAsync("\r\n\r\n");

        head.ShouldStartWith($"GET {target} HTTP/1.1\r\n");
    }

    [Theory]
    [InlineData("OPTIONS * HTTP/1.1", "OPTIONS * HTTP/1.1")]
    [InlineData("GET http://127.0.0.1/abs?x=1 HTTP/1.1", "GET /abs?x=1 HTTP/1.1")]
    [InlineData("PROPFIND /dav HTTP/1.1", "PROPFIND /dav HTTP/1.1")]
    [InlineData("M-SEARCH /x HTTP/1.1", "M-SEARCH /x HTTP/1.1")]
    [InlineData("PATCH /x HTTP/1.1", "PATCH /x HTTP/1.1")]
    [InlineData("TRACE /x HTTP/1.1", "TRACE /x HTTP/1.1")]
    public async Task Every_method_and_form_of_target_arrives(string line, string expected)
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket visitor = await ggrok.VisitAsync();
        await visitor.SendAsync($"{line}\r\nHost: 127.0.0.1\r\n\r\n");

        using RawSocket local = await ggrok.Local.AcceptAsync();

        (await local.ReadUntilAsync("\r\n\r\n")).ShouldStartWith(expected + "\r\n");
    }

    [Fact]
    public async Task Repeated_request_fields_stay_apart_in_order_and_hop_by_hop_fields_stay_out()
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket visitor = await ggrok.VisitAsync();
        await visitor.SendAsync(
            "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-One: 1\r\nX-Two: b\u00e4r\r\nX-One: 2\r\nX-Secret-Hop: no\r\n" +
            "Connection: X-Secret-Hop\r\nKeep-Alive: 5\r\nCookie: a=1; b=2\r\nTE: trailers\r\n\r\n");

        using RawSocket local = await ggrok.Local.AcceptAsync();
        string head = await local.ReadUntilAsync("\r\n\r\n");

        head.ShouldContain("X-One: 1\r\nX-One: 2\r\n");
        head.ShouldContain("X-Two: b\u00e4r\r\n");
        head.ShouldContain("Cookie: a=1; b=2\r\n");
        head.ShouldContain("TE: trailers\r\n");
        head.ShouldNotContain("X-Secret-Hop");
        head.ShouldNotContain("Keep-Alive");
        head.ShouldContain($"Host: {ggrok.Local.Url.Authority}\r\n");
    }

    [Fact]
    public async Task Response_fields_arrive_with_repeats_and_bytes_intact()
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket visitor = await ggrok.VisitAsync();
        await visitor.SendAsync("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        using RawSocket local = await ggrok.Local.AcceptAsync();
        await local.ReadUntilAsync("\r\n\r\n");
        await local.SendAsync("HTTP/1.1 299 Odd Phrase\r\nSet-Cookie: a=1; Path=/\r\nX-M: gr\u00fc\u00df\r\nSet-Cookie: b=2\r\nKeep-Alive: timeout=5\r\nContent-Length: 2\r\n\r\nok");

        string head = await visitor.ReadUntilAsync("\r\n\r\n");

        head.ShouldStartWith("HTTP/1.1 299 Odd Phrase\r\n");
        head.ShouldContain("Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\n");
        head.ShouldContain("X-M: gr\u00fc\u00df\r\n");
        head.ShouldNotContain("Keep-Alive");
        (await visitor.ReadUntilAsync("ok")).ShouldBe("ok");
    }

    [Theory]
    [InlineData("HEAD", 200, "Content-Length: 1234\r\n")]
    [InlineData("GET", 204, "")]
    [InlineData("GET", 304, "ETag: \"x\"\r\n")]
    [InlineData("GET", 205, "Content-Length: 0\r\n")]
    public async Task Statuses_without_a_body_get_none_and_the_connection_goes_on(string method, int status, string fields)
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket visitor = await ggrok.VisitAsync();
        await visitor.SendAsync($"{method} /first HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        using RawSocket local = await ggrok.Local.AcceptAsync();
        await local.ReadUntilAsync("\r\n\r\n");
        await local.SendAsync($"HTTP/1.1 {status} X\r\n{fields}\r\n");

        string head = await visitor.ReadUntilAsync("\r\n\r\n");
        head.ShouldStartWith($"HTTP/1.1 {status}");
        head.ShouldContain(fields);

        // The client keeps the connection once it has sent the end of the response, which the visitor may see before that.
        (await ggrok.Client.Events.NextExchangeAsync()).Target.ShouldBe("/first");
        await visitor.SendAsync("GET /second HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        (await local.ReadUntilAsync("\r\n\r\n")).ShouldStartWith("GET /second");
        await local.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nend");
        (await visitor.ReadUntilAsync("end")).ShouldStartWith("HTTP/1.1 200 OK\r\n");
    }

    [Fact]
    public async Task Chunked_bodies_and_trailers_pass_both_ways()
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket visitor = await ggrok.VisitAsync();
        await visitor.SendAsync("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n");
        using RawSocket local = await ggrok.Local.AcceptAsync();
        string head = await local.ReadUntilAsync("\r\n\r\n");
        head.ShouldContain("Transfer-Encoding: chunked\r\n");
        (await local.ReadUntilAsync("0\r\n")).ShouldBe("5\r\nhello\r\n0\r\n");
        (await local.ReadUntilAsync("\r\n\r\n")).ShouldBe("X-Sum: 42\r\n\r\n");
        await local.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-End\r\n\r\n3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nX-End: yes\r\n\r\n");

        string answer = await visitor.ReadUntilAsync("X-End: yes\r\n\r\n");

        answer.ShouldContain("Transfer-Encoding: chunked\r\n");
        answer.Replace("\r\n", "|", StringComparison.Ordinal).ShouldContain("abc");
        answer.ShouldContain("de");
    }

    [Fact]
    public async Task Expect_100_continue_waits_for_the_local_service()
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket visitor = await ggrok.VisitAsync();
        await visitor.SendAsync("POST /up HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
        using RawSocket local = await ggrok.Local.AcceptAsync();
        (await local.ReadUntilAsync("\r\n\r\n")).ShouldContain("Expect: 100-continue");
        await local.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");

        (await visitor.ReadUntilAsync("\r\n\r\n")).ShouldStartWith("HTTP/1.1 100");
        await visitor.SendAsync("data");
        await local.ReadUntilAsync("data");
        await local.SendAsync("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
        (await visitor.ReadUntilAsync("\r\n\r\n")).ShouldStartWith("HTTP/1.1 201 Created");
    }

    [Fact]
    public async Task A_refused_expectation_reaches_the_visitor_before_any_body()
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket visitor = await ggrok.VisitAsync();
        await visitor.SendAsync("POST /up HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
        using RawSocket local = await ggrok.Local.AcceptAsync();
        await local.ReadUntilAsync("\r\n\r\n");
        await local.SendAsync("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

        (await visitor.ReadUntilAsync("\r\n\r\n")).ShouldStartWith("HTTP/1.1 417");
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\r\n folded\r\n\r\n")]
    public async Task Ambiguous_requests_are_refused(string request)
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket visitor = await ggrok.VisitAsync();
        await visitor.SendAsync(request);

        (await visitor.ReadUntilAsync("\r\n\r\n")).ShouldStartWith("HTTP/1.1 400");
    }

    [Fact]
    public async Task Compressed_bodies_ranges_and_redirects_are_left_alone()
    {
        byte[] body = [0x1f, 0x8b, 8, 0, 1, 2, 3];
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(async context =>
        {
            switch (context.Request.Path)
            {
                case "/gzip":
                    context.Response.Headers.ContentEncoding = "gzip";
                    await context.Response.Body.WriteAsync(body);
                    break;
                case "/range":
                    context.Response.StatusCode = 206;
                    context.Response.Headers.ContentRange = "bytes 2-3/10";
                    await context.Response.WriteAsync(context.Request.Headers.Range.ToString());
                    break;
                default:
                    context.Response.Redirect("/elsewhere");
                    break;
            }
        });

        (await ggrok.Visitor.GetByteArrayAsync("/gzip")).ShouldBe(body);
        using var ranged = new HttpRequestMessage(HttpMethod.Get, "/range") { Headers = { Range = new RangeHeaderValue(2, 3) } };
        using HttpResponseMessage part = await ggrok.Visitor.SendAsync(ranged);
        part.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await part.Content.ReadAsStringAsync()).ShouldBe("bytes=2-3");
        using HttpResponseMessage redirect = await ggrok.Visitor.GetAsync("/go");
        redirect.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        redirect.Headers.Location!.OriginalString.ShouldBe("/elsewhere");
    }

    [Theory]
    [InlineData("preserve", "my.public.host")]
    [InlineData("own.example", "own.example")]
    public async Task The_host_header_follows_its_mode(string mode, string expected)
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync(tunnel: t => t with { HostHeader = mode, Host = "my.public.host" });
        using RawSocket visitor = await ggrok.VisitAsync();
        await visitor.SendAsync("GET / HTTP/1.1\r\nHost: my.public.host\r\n\r\n");

        using RawSocket local = await ggrok.Local.AcceptAsync();

        (await local.ReadUntilAsync("\r\n\r\n")).ShouldContain($"\r\nHost: {expected}\r\n");
    }

    [Fact]
    public async Task Forwarding_fields_are_set_and_the_visitors_own_are_not_believed()
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket visitor = await ggrok.VisitAsync();
        await visitor.SendAsync("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nForwarded: for=6.6.6.6\r\n\r\n");

        using RawSocket local = await ggrok.Local.AcceptAsync();
        string head = await local.ReadUntilAsync("\r\n\r\n");

        head.ShouldContain("X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: 127.0.0.1\r\n");
        head.ShouldContain("Forwarded: for=127.0.0.1;host=127.0.0.1;proto=http\r\n");
        head.ShouldNotContain("6.6.6.6");
    }

    [Theory]
    [InlineData("127.0.0.1, 10.0.0.0/8", "1.1.1.1, 203.0.113.9, 10.2.3.4", "1.1.1.1, 203.0.113.9")]
    [InlineData("*", "1.1.1.1, 203.0.113.9", "1.1.1.1, 203.0.113.9")]
    [InlineData("*, 104.16.0.0/13, 2606:4700::/32", "1.1.1.1, 203.0.113.9, 2606:4700::1, 104.22.17.40", "1.1.1.1, 203.0.113.9")]
    public async Task A_trusted_proxy_tells_who_the_visitor_is(string trusted, string chain, string kept)
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync([("GGROK_TRUSTED_PROXIES", trusted)]);
        using RawSocket visitor = await ggrok.VisitAsync();
        await visitor.SendAsync($"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: {chain}\r\nX-Forwarded-Proto: https\r\n\r\n");

        using RawSocket local = await ggrok.Local.AcceptAsync();
        string head = await local.ReadUntilAsync("\r\n\r\n");

        head.ShouldContain($"X-Forwarded-For: {kept}\r\nX-Forwarded-Proto: https\r\n");
        head.ShouldContain("Forwarded: for=203.0.113.9;");
    }

    [Fact]
    public async Task The_correlation_id_is_in_the_local_request_the_response_and_the_log()
    {
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(context => context.Response.WriteAsync(context.Request.Headers["X-Request-ID"]!));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("X-Request-ID", "abc-123");

        using HttpResponseMessage given = await ggrok.Visitor.SendAsync(request);
        using HttpResponseMessage made = await ggrok.Visitor.GetAsync("/");

        (await given.Content.ReadAsStringAsync()).ShouldBe("abc-123");
        given.Headers.GetValues("X-Request-ID").ShouldBe(["abc-123"]);
        string id = await made.Content.ReadAsStringAsync();
        id.Length.ShouldBe(13);
        made.Headers.GetValues("X-Request-ID").ShouldBe([id]);
        string[] told = [(await ggrok.Client.Events.NextExchangeAsync()).Id, (await ggrok.Client.Events.NextExchangeAsync()).Id];
        told.ShouldBe(["abc-123", id], ignoreOrder: true);
        ggrok.Server.Logs.Lines.ShouldContain(l => l.Message.StartsWith("abc-123 127.0.0.1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("not http at all\r\n\r\n", 502, "ResponseHeadLocal")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 502, "ResponseHeadInvalid")]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\r\n folded\r\n\r\n", 502, "ResponseHeadInvalid")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\n\r\n", 502, "ResponseHeadInvalid")]
    public async Task Broken_local_responses_become_named_errors(string response, int status, string error)
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket visitor = await ggrok.VisitAsync();
        await visitor.SendAsync("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n");
        using RawSocket local = await ggrok.Local.AcceptAsync();
        await local.ReadUntilAsync("\r\n\r\n");
        await local.SendAsync(response);

        string head = await visitor.ReadUntilAsync("\r\n\r\n");

        head.ShouldStartWith($"HTTP/1.1 {status}");
        head.ShouldContain($"X-Ggrok-Error: {error}\r\n");
    }
}
