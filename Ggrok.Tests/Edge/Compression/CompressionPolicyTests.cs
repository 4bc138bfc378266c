using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Edge.Compression;

public class CompressionPolicyTests
{
    private static readonly string s_text = string.Join('\n', Enumerable.Range(0, 200_000).Select(i => $"line {i} of some text"));

    [Theory]
    [InlineData("br, gzip", "br")]
    [InlineData("gzip", "gzip")]
    [InlineData("gzip, br;q=0.1", "gzip")]
    [InlineData("br;q=0, gzip;q=0", null)]
    [InlineData("identity", null)]
    [InlineData("zstd", null)]
    [InlineData(null, null)]
    public async Task Text_is_compressed_as_the_visitor_likes_and_byte_for_byte_the_same(string? accepts, string? encoding)
    {
        await using EdgeScene scene = await SceneAsync(async context =>
        {
            context.Response.ContentType = "text/plain; charset=utf-8";
            context.Response.Headers.ETag = "\"abc\"";
            context.Response.Headers.AcceptRanges = "bytes";
            context.Response.ContentLength = s_text.Length;
            await context.Response.WriteAsync(s_text);
        });

        HttpResponseMessage response = await GetAsync(scene, accepts);

        response.Content.Headers.ContentEncoding.ShouldBe(encoding is null ? [] : [encoding]);
        response.Headers.Vary.ShouldBe(["Accept-Encoding"]);
        response.Headers.ETag!.ToString().ShouldBe(encoding is null ? "\"abc\"" : "W/\"abc\"");
        response.Headers.AcceptRanges.Count.ShouldBe(encoding is null ? 1 : 0);
        byte[] sent = await response.Content.ReadAsByteArrayAsync();
        (sent.Length < s_text.Length / 3).ShouldBe(encoding is not null);
        SHA256.HashData(await PlainAsync(sent, encoding)).ShouldBe(SHA256.HashData(Encoding.UTF8.GetBytes(s_text)));
    }

    [Theory]
    [InlineData("image/png")]
    [InlineData("application/octet-stream")]
    [InlineData("text/event-stream")]
    [InlineData("application/grpc-web-text")]
    [InlineData("")]
    [InlineData("text/plain", "Content-Encoding", "gzip")]
    [InlineData("text/plain", "Content-Encoding", "identity")]
    [InlineData("text/plain", "Cache-Control", "private, No-Transform")]
    [InlineData("text/plain", "Content-Range", "bytes 0-9999/20000")]
    [InlineData("text/plain", "Repr-Digest", "sha-256=:4REjxQ4yrqUVicfSKYNO/cF9zNj5ANbzgDZt3/h3Qxo=:")]
    public async Task What_is_compressed_or_must_not_change_stays_as_it_is(string type, string? name = null, string? value = null)
    {
        byte[] body = RandomNumberGenerator.GetBytes(10_000);
        await using EdgeScene scene = await SceneAsync(async context =>
        {
            context.Response.StatusCode = name == "Content-Range" ? 206 : 200;
            context.Response.ContentType = type.Length == 0 ? null : type;
            context.Response.ContentLength = body.Length;
            if (name is not null)
            {
                context.Response.Headers[name] = value;
            }

            await context.Response.Body.WriteAsync(body);
        });

        HttpResponseMessage response = await GetAsync(scene, "br");

        (await response.Content.ReadAsByteArrayAsync()).ShouldBe(body);
        response.Content.Headers.ContentLength.ShouldBe(body.Length);
        response.Content.Headers.ContentEncoding.ShouldBe(name == "Content-Encoding" ? [value!] : []);
    }

    [Fact]
    public async Task Small_answers_and_answers_without_a_body_stay_as_they_are()
    {
        await using EdgeScene scene = await SceneAsync(async context =>
        {
            context.Response.ContentType = "text/plain";
            if (context.Request.Path == "/304")
            {
                context.Response.StatusCode = 304;
                context.Response.Headers.ETag = "\"abc\"";
                return;
            }

            int size = context.Request.Method == "HEAD" ? 5000 : 1000;
            context.Response.ContentLength = size;
            if (context.Request.Method != "HEAD")
            {
                await context.Response.WriteAsync(new string('a', size));
            }
        });

        HttpResponseMessage small = await GetAsync(scene, "br");
        (await small.Content.ReadAsStringAsync()).ShouldBe(new string('a', 1000));
        HttpResponseMessage head = await GetAsync(scene, "br", HttpMethod.Head);
        head.Content.Headers.ContentLength.ShouldBe(5000);
        HttpResponseMessage same = await GetAsync(scene, "br", path: "/304");
        ((int)same.StatusCode, same.Headers.ETag!.ToString()).ShouldBe((304, "\"abc\""));
    }

    [Theory]
    [InlineData("text/event-stream", false)]
    [InlineData("application/x-ndjson", true)]
    public async Task Streams_arrive_piece_by_piece_and_the_head_before_them(string type, bool isCompressed)
    {
        using var go = new SemaphoreSlim(0);
        await using EdgeScene scene = await SceneAsync(async context =>
        {
            context.Response.ContentType = type;
            await context.Response.Body.FlushAsync();
            for (int i = 0; i < 5; i++)
            {
                await Within.Bound(go.WaitAsync(), "the reader");
                await context.Response.WriteAsync($"data: {i}\n\n");
                await context.Response.Body.FlushAsync();
            }
        });

        using HttpResponseMessage response = await Within.Bound(GetAsync(scene, "br", completion: HttpCompletionOption.ResponseHeadersRead), "the head alone");
        response.Content.Headers.ContentEncoding.Count.ShouldBe(isCompressed ? 1 : 0);
        await using Stream sent = await response.Content.ReadAsStreamAsync();
        using var reader = new StreamReader(isCompressed ? new BrotliStream(sent, CompressionMode.Decompress) : sent);
        for (int i = 0; i < 5; i++)
        {
            go.Release();
            (await Within.Bound(reader.ReadLineAsync(), $"event {i} alone")).ShouldBe($"data: {i}");
            await reader.ReadLineAsync();
        }

        (await reader.ReadLineAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Over_http2_it_is_the_same()
    {
        await using EdgeScene scene = await SceneAsync(context =>
        {
            context.Response.ContentType = "text/css";
            return context.Response.WriteAsync(s_text);
        });
        var request = new HttpRequestMessage(HttpMethod.Get, "/") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Add("Accept-Encoding", "br");

        HttpResponseMessage response = await scene.Visitor.SendAsync(request);

        response.Version.ShouldBe(HttpVersion.Version20);
        Encoding.UTF8.GetString(await PlainAsync(await response.Content.ReadAsByteArrayAsync(), response.Content.Headers.ContentEncoding.Single())).ShouldBe(s_text);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_not_taken_for_whole()
    {
        await using EdgeScene scene = await SceneAsync(async context =>
        {
            context.Response.ContentType = "text/plain";
            await context.Response.WriteAsync(s_text[..300_000]);
            await context.Response.Body.FlushAsync();
            context.Abort();
        });

        await Should.ThrowAsync<HttpRequestException>(async () => await (await GetAsync(scene, "br")).Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Trailers_and_their_chunks_are_left_alone()
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync(tunnel: t => t with { Policies = [new("compress", "true")] });
        using RawSocket visitor = await ggrok.VisitAsync();
        await visitor.SendAsync("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: br\r\nConnection: close\r\n\r\n");
        using RawSocket local = await ggrok.Local.AcceptAsync();
        await local.ReadUntilAsync("\r\n\r\n");
        await local.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n");

        string answer = await visitor.ReadToEndAsync();

        answer.ShouldNotContain("Content-Encoding");
        answer.ShouldEndWith("5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n");
    }

    [Fact]
    public async Task Server_and_client_compress_once_together_and_error_pages_pass()
    {
        await using EdgeScene scene = await EdgeScene.StartAsync([("compress", "true")], [("GGROK_POLICIES", "all: {compress: true}")], context =>
        {
            if (context.Request.Path == "/gone")
            {
                context.Abort();
                return Task.CompletedTask;
            }

            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync(s_text);
        });

        HttpResponseMessage response = await GetAsync(scene, "br");
        response.Content.Headers.ContentEncoding.ShouldBe(["br"]);
        Encoding.UTF8.GetString(await PlainAsync(await response.Content.ReadAsByteArrayAsync(), "br")).ShouldBe(s_text);
        HttpResponseMessage gone = await GetAsync(scene, "br", path: "/gone");
        gone.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        gone.Headers.GetValues("X-Ggrok-Error").ShouldBe(["ResponseHeadLocal"]);
        (await gone.Content.ReadAsStringAsync()).ShouldContain("ResponseHeadLocal");
    }

    [Fact]
    public async Task A_visitor_who_does_not_read_stops_the_local_service_rather_than_filling_memory()
    {
        const int Most = 256;
        byte[] piece = Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(768 * 1024)));
        int written = 0;
        await using EdgeScene scene = await SceneAsync(async context =>
        {
            context.Response.ContentType = "text/plain";
            while (Volatile.Read(ref written) < Most && !context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(piece);
                Interlocked.Increment(ref written);
            }
        });

        using HttpResponseMessage response = await GetAsync(scene, "gzip", completion: HttpCompletionOption.ResponseHeadersRead);

        response.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
        int blockedAt = await Within.Bound(StandstillAsync(() => Volatile.Read(ref written)), "the local service to wait");
        blockedAt.ShouldBeLessThan(64);

        // It only waits: what is read makes room for more.
        await using Stream sent = await response.Content.ReadAsStreamAsync();
        byte[] buffer = new byte[64 * 1024];
        while (Volatile.Read(ref written) == blockedAt)
        {
            (await Within.Bound(sent.ReadAsync(buffer).AsTask(), "more of the answer")).ShouldBeGreaterThan(0);
        }
    }

    // The number at which something stands still: the same one in many looks on end.
    private static async Task<int> StandstillAsync(Func<int> read)
    {
        int last = 0;
        for (int same = 0; same < 20;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100));
            int now = read();
            same = now > 0 && now == last ? same + 1 : 0;
            last = now;
        }

        return last;
    }

    private static Task<EdgeScene> SceneAsync(RequestDelegate app) => EdgeScene.StartAsync([("compress", "true")], app: app);

    private static async Task<HttpResponseMessage> GetAsync(
        EdgeScene scene, string? accepts, HttpMethod? method = null, string path = "/", HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead)
    {
        var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        if (accepts is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept-Encoding", accepts);
        }

        return await scene.Visitor.SendAsync(request, completion);
    }

    private static async Task<byte[]> PlainAsync(byte[] sent, string? encoding)
    {
        var source = new MemoryStream(sent);
        await using Stream plain = encoding switch
        {
            "br" => new BrotliStream(source, CompressionMode.Decompress),
            "gzip" => new GZipStream(source, CompressionMode.Decompress),
            _ => source,
        };
        var target = new MemoryStream();
        await plain.CopyToAsync(target);
        return target.ToArray();
    }
}
