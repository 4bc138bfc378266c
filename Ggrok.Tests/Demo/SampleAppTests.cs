using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Ggrok.Demo.SampleApp;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Demo;

/// <summary>What the sample app promises, asked directly and through the tunnel: there must be no difference.</summary>
public class SampleAppTests(SampleAppFixture sample) : IClassFixture<SampleAppFixture>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_page_and_its_parts_come_with_a_policy_that_allows_nothing_from_elsewhere(bool tunnel)
    {
        foreach ((string path, string type) in new[] { ("", "text/html"), ("app.css", "text/css"), ("app.js", "text/javascript") })
        {
            using HttpResponseMessage answer = await sample.Visitor.GetAsync(sample.At(tunnel, path));

            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            answer.Content.Headers.ContentType!.MediaType.ShouldBe(type);
            answer.Headers.GetValues("Content-Security-Policy").Single().ShouldStartWith("default-src 'none'");
            (await answer.Content.ReadAsStringAsync()).ShouldNotContain("{{");
        }
    }

    [Fact]
    public async Task Behind_a_stripped_path_the_page_names_its_parts_below_it()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, sample.Local);
        request.Headers.Add("X-Forwarded-Prefix", "/alice");

        using HttpResponseMessage answer = await sample.Visitor.SendAsync(request);

        (await answer.Content.ReadAsStringAsync()).ShouldContain("<base href=\"/alice/\">");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_clock_sends_an_event_at_once_and_goes_on_after_the_last_one_seen(bool tunnel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, sample.At(tunnel, "clock"));
        request.Headers.Add("Last-Event-ID", "41");
        using HttpResponseMessage answer = await sample.Visitor.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());

        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        foreach (int id in new[] { 42, 43 })
        {
            (await Line(reader)).ShouldBe(string.Create(CultureInfo.InvariantCulture, $"id: {id}"));
            DateTime.Parse((await Line(reader))["data: ".Length..], CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal)
                .ShouldBe(DateTime.UtcNow, TimeSpan.FromMinutes(1));
            (await Line(reader)).ShouldBeEmpty();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_upload_is_answered_with_its_size_and_digest(bool tunnel)
    {
        byte[] body = new byte[3_000_001];
        SampleBytes.Fill(body, 0);

        using HttpResponseMessage answer = await sample.Visitor.PostAsync(sample.At(tunnel, "upload"), new ByteArrayContent(body));

        using JsonDocument json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        json.RootElement.GetProperty("bytes").GetInt64().ShouldBe(body.Length);
        json.RootElement.GetProperty("sha256").GetString().ShouldBe(Convert.ToHexStringLower(SHA256.HashData(body)));
    }

    [Theory]
    [InlineData(false, "download?bytes=300001")]
    [InlineData(true, "download?bytes=300001")]
    [InlineData(true, "download?bytes=300001&rate=3000000")]
    [InlineData(true, "download?bytes=0")]
    public async Task A_download_has_the_same_bytes_at_any_rate_and_their_digest(bool tunnel, string path)
    {
        using HttpResponseMessage answer = await sample.Visitor.GetAsync(sample.At(tunnel, path));
        byte[] body = await answer.Content.ReadAsByteArrayAsync();

        answer.Content.Headers.ContentLength.ShouldBe(path.Contains("=0", StringComparison.Ordinal) ? 0 : 300_001);
        body.ShouldBe(Enumerable.Range(0, body.Length).Select(i => SampleBytes.At(i)).ToArray());
        answer.Headers.GetValues("Repr-Digest").Single().ShouldBe(SampleBytes.ReprDigest(SHA256.HashData(body)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Trailers_follow_the_body(bool tunnel)
    {
        using HttpResponseMessage small = await sample.Visitor.GetAsync(sample.At(tunnel, "trailers"));
        (await small.Content.ReadAsStringAsync()).ShouldBe("body\n");
        small.TrailingHeaders.GetValues("X-Checksum").ShouldBe(["42"]);

        using HttpResponseMessage large = await sample.Visitor.GetAsync(sample.At(tunnel, "download?bytes=200000&trailer=1"));
        byte[] body = await large.Content.ReadAsByteArrayAsync();
        body.Length.ShouldBe(200_000);
        large.TrailingHeaders.GetValues("Repr-Digest").ShouldBe([SampleBytes.ReprDigest(SHA256.HashData(body))]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_has_ranges_and_validators(bool tunnel)
    {
        Uri file = sample.At(tunnel, "file");
        using HttpResponseMessage part = await SendAsync(file, h => h.Range = new RangeHeaderValue(1000, 1009));
        using HttpResponseMessage beyond = await SendAsync(file, h => h.Range = new RangeHeaderValue(1 << 20, null));
        using HttpResponseMessage same = await SendAsync(file, h => h.IfNoneMatch.Add(new EntityTagHeaderValue("\"sample-1\"")));
        using HttpResponseMessage changed = await SendAsync(file, h =>
        {
            h.Range = new RangeHeaderValue(0, 9);
            h.IfRange = new RangeConditionHeaderValue(new EntityTagHeaderValue("\"other\""));
        });

        part.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        part.Content.Headers.ContentRange!.ToString().ShouldBe("bytes 1000-1009/1048576");
        (await part.Content.ReadAsByteArrayAsync()).ShouldBe(Enumerable.Range(1000, 10).Select(i => SampleBytes.At(i)).ToArray());
        beyond.StatusCode.ShouldBe(HttpStatusCode.RequestedRangeNotSatisfiable);
        same.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        changed.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await changed.Content.ReadAsByteArrayAsync()).Length.ShouldBe(1 << 20);
    }

    [Fact]
    public async Task Fields_are_shown_as_they_came_also_on_a_connection_used_before()
    {
        using RawSocket visitor = await RawSocket.ConnectAsync(sample.Local);
        await visitor.SendAsync("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\nGET /headers HTTP/1.1\r\nfalse: 1");
        await visitor.ReadUntilAsync("}\n");

        await visitor.SendAsync("GET /headers?%2e//x HTTP/1.1\r\nHost: a\r\nZebra:  1 \r\naccept: */*\r\nAlpha: \r\nzEBRA: 2\r\nConnection: close\r\n\r\n");
        string answer = await visitor.ReadToEndAsync();

        answer.ShouldContain("\"target\":\"/headers?%2e//x\"");
        answer.ShouldContain("""[["Host","a"],["Zebra","1"],["accept","*/*"],["Alpha",""],["zEBRA","2"],["Connection","close"]]""");
    }

    [Theory]
    [InlineData(false, 418)]
    [InlineData(true, 418)]
    [InlineData(true, 204)]
    [InlineData(true, 205)]
    [InlineData(true, 304)]
    [InlineData(true, 503)]
    public async Task Any_status_can_be_had(bool tunnel, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, sample.At(tunnel, string.Create(CultureInfo.InvariantCulture, $"status/{status}")));
        using HttpResponseMessage answer = await sample.Visitor.SendAsync(request);

        ((int)answer.StatusCode).ShouldBe(status);
        (await answer.Content.ReadAsStringAsync()).ShouldBe(status is 204 or 205 or 304 ? "" : string.Create(CultureInfo.InvariantCulture, $"status {status}\n"));
    }

    [Theory]
    [InlineData("redirect", 302, "headers")]
    [InlineData("redirect?to=status/418&status=308", 308, "status/418")]
    public async Task A_redirect_is_relative(string path, int status, string location)
    {
        using HttpResponseMessage answer = await sample.Visitor.GetAsync(sample.At(tunnel: true, path));

        ((int)answer.StatusCode).ShouldBe(status);
        answer.Headers.Location!.OriginalString.ShouldBe(location);
    }

    [Theory]
    [InlineData("redirect?to=//evil.example")]
    [InlineData("redirect?to=https://evil.example")]
    [InlineData("redirect?to=/%5Cevil.example")]
    [InlineData("redirect?status=304")]
    [InlineData("status/99")]
    [InlineData("status/abc")]
    [InlineData("download?bytes=-1")]
    [InlineData("download?rate=x")]
    [InlineData("slow?ms=600001")]
    public async Task A_parameter_that_is_not_valid_is_refused_with_advice(string path)
    {
        using HttpResponseMessage answer = await sample.Visitor.GetAsync(sample.At(tunnel: false, path));

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("must be");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cookies_are_separate_lines_and_gzip_is_left_alone(bool tunnel)
    {
        using HttpResponseMessage cookies = await SendAsync(sample.At(tunnel, "cookies"), h => h.Add("Cookie", "a=1; b=2"));
        using HttpResponseMessage gzip = await sample.Visitor.GetAsync(sample.At(tunnel, "gzip"));
        await using var plain = new GZipStream(await gzip.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        using var reader = new StreamReader(plain);

        cookies.Headers.GetValues("Set-Cookie").ShouldBe(["one=1; path=/", "two=2; path=/; samesite=lax; httponly"]);
        (await cookies.Content.ReadAsStringAsync()).ShouldBe("a=1; b=2\n");
        gzip.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
        (await reader.ReadToEndAsync()).ShouldBe("compressed by the local service\n");
    }

    [Theory]
    [MemberData(nameof(Heads))]
    public async Task Head_gets_the_fields_of_get_and_no_body(string path, bool tunnel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, sample.At(tunnel, path));
        using HttpResponseMessage head = await sample.Visitor.SendAsync(request);
        using HttpResponseMessage get = await sample.Visitor.GetAsync(sample.At(tunnel, path), HttpCompletionOption.ResponseHeadersRead);

        head.StatusCode.ShouldBe(get.StatusCode);
        head.Content.Headers.ContentType.ShouldBe(get.Content.Headers.ContentType);
        head.Content.Headers.ContentLength.ShouldBe(get.Content.Headers.ContentLength);
        (await head.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
    }

    public static TheoryData<string, bool> Heads()
    {
        var data = new TheoryData<string, bool>();
        foreach (string path in new[] { "", "app.js", "clock", "upload", "download?bytes=1000000000&rate=1", "download?trailer=1", "file", "status/418", "cookies", "gzip", "trailers", "slow?ms=1", "nothing" })
        {
            data.Add(path, false);
            data.Add(path, true);
        }

        return data;
    }

    private static Task<string> Line(StreamReader reader) => Within.Bound(reader.ReadLineAsync()!, "a line of the clock")!;

    private async Task<HttpResponseMessage> SendAsync(Uri url, Action<HttpRequestHeaders> headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        headers(request.Headers);
        return await sample.Visitor.SendAsync(request);
    }
}
