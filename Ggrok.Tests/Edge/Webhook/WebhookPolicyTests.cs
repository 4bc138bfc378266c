using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Ggrok.Server.Edge.Webhook;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Ggrok.Tests.Edge.Webhook;

/// <summary>Which requests must be signed, and what happens to their bodies.</summary>
public class WebhookPolicyTests
{
    private static readonly (string, string) GitHub = ("verify", "github=" + WebhookScene.Secret);

    [Theory]
    [InlineData("1.1", true)]
    [InlineData("1.1", false)]
    [InlineData("2.0", true)]
    [InlineData("2.0", false)]
    public async Task A_valid_body_passes_untouched_and_framed_as_it_was(string version, bool hasLength)
    {
        await using WebhookScene scene = await WebhookScene.StartAsync(GitHub);
        byte[] body = RandomNumberGenerator.GetBytes(300_000);
        HttpRequestMessage request = WebhookScene.Signed("/hook", hasLength ? new ByteArrayContent(body) : new StreamContent(new Unsized(body)), WebhookScene.Sign(body));
        request.Version = Version.Parse(version);
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;

        (await scene.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK);

        scene.Received.TryDequeue(out Received? received).ShouldBeTrue();
        received!.Body.ShouldBe(body);
        (received.ContentLength, received.TransferEncoding).ShouldBe(hasLength ? ("300000", null) : (null, "chunked"));
    }

    [Fact]
    public async Task An_empty_body_is_signed_too()
    {
        await using WebhookScene scene = await WebhookScene.StartAsync(GitHub);

        (await scene.PostAsync("/", "", WebhookScene.Sign(""))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await scene.SendAsync(WebhookScene.Signed("/", null, WebhookScene.Sign(""), HttpMethod.Delete))).StatusCode.ShouldBe(HttpStatusCode.OK);
        await WebhookScene.RefusedAsync(await scene.PostAsync("/", "", WebhookScene.Sign("x")), "fits no configured secret");
        scene.Received.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Trailers_of_a_verified_body_pass()
    {
        await using WebhookScene scene = await WebhookScene.StartAsync(GitHub);
        using RawSocket visitor = await scene.ConnectAsync();

        await visitor.SendAsync($"POST / HTTP/1.1\r\nHost: {scene.Host}\r\nX-Hub-Signature-256: {WebhookScene.Sign("hello")}\r\nTrailer: Checksum\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "2\r\nhe\r\n3\r\nllo\r\n0\r\nChecksum: 42\r\n\r\n");

        (await visitor.ReadUntilAsync("\r\n")).ShouldBe("HTTP/1.1 200 OK\r\n");
        scene.Received.TryDequeue(out Received? received).ShouldBeTrue();
        received!.Trailer.ShouldBe("42");
    }

    [Fact]
    public async Task Who_waits_for_100_continue_gets_it_with_a_signature_and_the_refusal_without()
    {
        await using WebhookScene scene = await WebhookScene.StartAsync(GitHub);
        using RawSocket signed = await scene.ConnectAsync();
        using RawSocket unsigned = await scene.ConnectAsync();
        string head = $"POST / HTTP/1.1\r\nHost: {scene.Host}\r\nExpect: 100-continue\r\nContent-Length: 5\r\n";

        await signed.SendAsync($"{head}X-Hub-Signature-256: {WebhookScene.Sign("hello")}\r\n\r\n");
        (await signed.ReadUntilAsync("\r\n\r\n")).ShouldStartWith("HTTP/1.1 100 Continue");
        await signed.SendAsync("hello");
        (await signed.ReadUntilAsync("\r\n")).ShouldBe("HTTP/1.1 200 OK\r\n");
        await unsigned.SendAsync(head + "\r\n");
        (await unsigned.ReadUntilAsync("\r\n")).ShouldBe("HTTP/1.1 401 Unauthorized\r\n");
        scene.Received.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Connections_go_on_after_refused_and_verified_requests()
    {
        await using WebhookScene scene = await WebhookScene.StartAsync(GitHub);
        using RawSocket visitor = await scene.ConnectAsync();

        for (int i = 0; i < 3; i++)
        {
            foreach ((string signature, string status) in new[] { (WebhookScene.Sign("hello"), "200"), (WebhookScene.Sign("other"), "401") })
            {
                await visitor.SendAsync($"POST / HTTP/1.1\r\nHost: {scene.Host}\r\nX-Hub-Signature-256: {signature}\r\nContent-Length: 5\r\n\r\nhello");
                (await visitor.ReadUntilAsync("\r\n")).ShouldStartWith($"HTTP/1.1 {status} ");
                string head = await visitor.ReadUntilAsync("\r\n\r\n");
                await visitor.ReadUntilAsync(head.Contains("chunked", StringComparison.Ordinal) ? "0\r\n\r\n" : "}");
            }
        }

        scene.Received.ShouldAllBe(r => Encoding.UTF8.GetString(r.Body) == "hello");
        scene.Received.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused_by_its_length_or_when_it_has_come_so_far()
    {
        await using WebhookScene scene = await WebhookScene.StartAsync(GitHub, ("verify-max-body", "100kB"));
        using RawSocket announced = await scene.ConnectAsync();
        using RawSocket chunked = await scene.ConnectAsync();
        string head = $"POST / HTTP/1.1\r\nHost: {scene.Host}\r\nX-Hub-Signature-256: {WebhookScene.Sign("")}\r\n";

        await announced.SendAsync(head + "Content-Length: 100001\r\n\r\n");
        (await announced.ReadUntilAsync("\r\n\r\n")).ShouldContain("X-Ggrok-Error: RequestBodyTooLarge");

        // 98 KiB, and the end never comes.
        await chunked.SendAsync(head + "Transfer-Encoding: chunked\r\n\r\n" + string.Concat(Enumerable.Repeat("400\r\n" + new string('x', 1024) + "\r\n", 98)));
        (await chunked.ReadUntilAsync("\r\n\r\n")).ShouldContain("X-Ggrok-Error: RequestBodyTooLarge");
        byte[] largest = new byte[100_000];
        (await scene.SendAsync(WebhookScene.Signed("/", new ByteArrayContent(largest), WebhookScene.Sign(largest)))).StatusCode.ShouldBe(HttpStatusCode.OK);
        scene.Received.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_body_that_trickles_in_is_waited_for_half_a_minute()
    {
        var time = new ManualTimeProvider();
        var pipe = new Pipe();
        var context = new DefaultHttpContext();
        context.Features.Set<IRequestBodyPipeFeature>(new FromPipe(pipe.Reader));
        using var body = new HeldBody(1000, new HeldBytes(100_000));
        Task<RelayError> reading = body.ReadAsync(context, TimeSpan.FromSeconds(30), time).AsTask();

        for (int i = 0; i < 29; i++)
        {
            await pipe.Writer.WriteAsync("x"u8.ToArray());
            time.Advance(TimeSpan.FromSeconds(1));
            reading.IsCompleted.ShouldBeFalse();
        }

        time.Advance(TimeSpan.FromSeconds(2));
        (await Within.Bound(reading, "the end of the patience")).ShouldBe(RelayError.RequestBodyTimeout);
    }

    [Fact]
    public async Task What_is_held_of_all_bodies_is_bounded_and_given_back()
    {
        var room = new HeldBytes(100_000);
        var first = new HeldBody(100_000, room);
        var second = new HeldBody(100_000, room);
        var third = new HeldBody(100_000, room);

        (await ReadAsync(first, 40_000)).ShouldBe(RelayError.None);
        (await ReadAsync(second, 60_000)).ShouldBe(RelayError.ConcurrencyLimited);
        first.Dispose();
        second.Dispose();
        (await ReadAsync(third, 60_000)).ShouldBe(RelayError.None);
        third.Dispose();
        room.TryTake(100_000).ShouldBeTrue();
    }

    [Theory]
    [InlineData("github", "GET", "/any", false)]
    [InlineData("github", "HEAD", "/any", false)]
    [InlineData("github", "OPTIONS", "/any", false)]
    [InlineData("github", "POST", "/any", true)]
    [InlineData("github", "PUT", "/any", true)]
    [InlineData("github", "DELETE", "/any", true)]
    [InlineData("github", "get", "/any", true)]
    [InlineData("github", "BREW", "/any", true)]
    [InlineData("/hooks github", "POST", "/any", false)]
    [InlineData("/hooks github", "POST", "/hooks", true)]
    [InlineData("/hooks github", "GET", "/hooks/a?b", true)]
    [InlineData("/hooks github", "POST", "/hooksmore", false)]
    [InlineData("POST,PUT /hooks github", "PUT", "/hooks", true)]
    [InlineData("POST,PUT /hooks github", "GET", "/hooks", false)]
    [InlineData("post github", "PUT", "/", false)]
    [InlineData("/ github", "GET", "/", true)]
    [InlineData("/hooks github", "POST", "//hooks/", true)]
    [InlineData("/hooks github", "POST", "/Hooks/a", true)]
    [InlineData("/hooks github", "POST", "/%68ooks", true)]
    [InlineData("/hooks github", "POST", "/%2568ooks", true)]
    [InlineData("/hooks github", "POST", "/x/../hooks", true)]
    [InlineData("/hooks github", "POST", "/x/%2e%2e/hooks", true)]
    [InlineData("/hooks github", "POST", "/x%2f..%2fhooks", true)]
    [InlineData("/hooks github", "POST", "/./hooks", true)]
    [InlineData("/hooks github", "POST", "/hooks;a=b", true)]
    [InlineData("/hooks github", "POST", "\\hooks", true)]
    [InlineData("/hooks/a github", "POST", "/hooks/b/../a", true)]
    [InlineData("/hooks/a github", "POST", "/hooks%2fa", true)]
    [InlineData("/hooks github", "POST", "/other?/hooks", false)]
    public void A_rule_says_which_requests_must_be_signed(string scope, string method, string target, bool must) =>
        Shared.Edge.Webhook.WebhookRule.Parse(scope + "=secret").AppliesTo(method, target.StartsWith('\\') ? "/x/..\\" + target[1..] : target).ShouldBe(must);

    [Fact]
    public async Task The_rules_with_the_longest_path_count_alone()
    {
        await using WebhookScene scene = await WebhookScene.StartAsync(("verify", "github=outer"), ("verify", "/hooks github=inner"), ("verify", "/hooks github=newer"));

        (await scene.PostAsync("/", "x", WebhookScene.Sign("x", "outer"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await scene.PostAsync("/hooks", "x", WebhookScene.Sign("x", "inner"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await scene.PostAsync("/hooks/a", "x", WebhookScene.Sign("x", "newer"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        await WebhookScene.RefusedAsync(await scene.PostAsync("/hooks", "x", WebhookScene.Sign("x", "outer")), "fits no configured secret");
        await WebhookScene.RefusedAsync(await scene.PostAsync("/", "x", WebhookScene.Sign("x", "inner")), "fits no configured secret");
        (await scene.Edge.Visitor.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await WebhookScene.RefusedAsync(await scene.Edge.Visitor.GetAsync("/hooks"), "The request has no X-Hub-Signature-256 field.");
    }

    [Fact]
    public async Task The_servers_and_the_clients_rules_both_hold()
    {
        await using EdgeScene scene = await EdgeScene.StartAsync([("verify", "github=a")], [("GGROK_POLICIES", "all: {verify: shopify=b}")]);
        HttpRequestMessage both = WebhookScene.Signed("/", new StringContent("x"), WebhookScene.Sign("x", "a"));
        both.Headers.Add("X-Shopify-Hmac-Sha256", Convert.ToBase64String(HMACSHA256.HashData("b"u8.ToArray(), "x"u8.ToArray())));

        (await scene.Visitor.SendAsync(both)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await WebhookScene.RefusedAsync(await scene.Visitor.SendAsync(WebhookScene.Signed("/", new StringContent("x"), WebhookScene.Sign("x", "a"))), "X-Shopify-Hmac-Sha256");
        scene.Reached.ShouldBe(1);
    }

    [Fact]
    public async Task A_secret_of_the_server_may_be_in_a_file()
    {
        string folder = Directory.CreateTempSubdirectory("ggrok").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "secret"), "from a file\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "policies.yml"), "all: {verify-file: \"/hooks github=secret\"}");
        await using EdgeScene scene = await EdgeScene.StartAsync([], [("GGROK_POLICY_FILE", Path.Combine(folder, "policies.yml"))]);

        (await scene.Visitor.SendAsync(WebhookScene.Signed("/hooks", new StringContent("x"), WebhookScene.Sign("x", "from a file")))).StatusCode.ShouldBe(HttpStatusCode.OK);
        await WebhookScene.RefusedAsync(await scene.Visitor.PostAsync("/hooks", new StringContent("x")), "X-Hub-Signature-256");
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<RelayError> ReadAsync(HeldBody body, int bytes)
    {
        var context = new DefaultHttpContext();
        context.Request.Body = new MemoryStream(new byte[bytes]);
        return await body.ReadAsync(context, TimeSpan.FromSeconds(30), TimeProvider.System);
    }

    private sealed class FromPipe(PipeReader reader) : IRequestBodyPipeFeature
    {
        public PipeReader Reader => reader;
    }

    // Of unknown length, so that it is sent in chunks.
    private sealed class Unsized(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
