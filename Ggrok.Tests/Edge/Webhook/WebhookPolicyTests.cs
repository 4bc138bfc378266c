using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Ggrok.Server.Edge;
using Ggrok.Server.Edge.Webhook;
using Ggrok.Server.Relay;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Edge.Webhook;
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

    [Fact]
    public async Task Tunnels_share_what_is_held_of_all_bodies_beside_their_own_part()
    {
        var shared = new HeldBytes(100_000);
        var one = new HeldBody(100_000, new HeldBytes(100_000, shared));
        var own = new HeldBytes(100_000, shared);
        var other = new HeldBody(100_000, own);

        (await ReadAsync(one, 60_000)).ShouldBe(RelayError.None);
        (await ReadAsync(other, 60_000)).ShouldBe(RelayError.ConcurrencyLimited);
        one.Dispose();
        other.Dispose();
        own.TryTake(100_000).ShouldBeTrue();
        own.Return(100_000);
        shared.TryTake(100_000).ShouldBeTrue();
    }

    [Theory]
    [InlineData(true, "8MiB", null)]
    [InlineData(true, "8388609B", "verify: verify-max-body is at most 8 MiB for a client")]
    [InlineData(false, "64MiB", null)]
    public void Only_the_server_itself_may_have_large_bodies_held(bool isClients, string size, string? complaint)
    {
        var compiler = new EdgeCompiler([new WebhookPolicyFactory(TimeProvider.System)]);
        void Compile() => compiler.Compile([new("verify", "github=x"), new("verify-max-body", size)], new EdgeScope(RouteKey.Http("localhost", "/"), isClients)).Count.ShouldBe(1);

        if (complaint is null)
        {
            Compile();
        }
        else
        {
            Should.Throw<FormatException>(Compile).Message.ShouldStartWith(complaint);
        }
    }

    [Fact]
    public async Task Large_bodies_are_verified_elsewhere_and_only_so_many_at_a_time()
    {
        var load = new WebhookLoad(mostHeld: 10 << 20, processors: 1);
        var policy = new WebhookPolicy(WebhookOptions.Parse(["github=" + WebhookScene.Secret], [], [], null, null), load, TimeProvider.System);
        var isDone = new TaskCompletionSource();
        Task<bool> before = load.RunAsync(() => isDone.Task.Wait(TimeSpan.FromMinutes(1))).AsTask();

        Task<RelayError> large = PassAsync(policy, new byte[WebhookLoad.SmallBody + 1]);
        (await Within.Bound(PassAsync(policy, new byte[WebhookLoad.SmallBody]), "a small body")).ShouldBe(RelayError.None);
        large.IsCompleted.ShouldBeFalse();
        isDone.SetResult();

        (await Within.Bound(large, "a large body")).ShouldBe(RelayError.None);
        (await before).ShouldBeTrue();
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
    [InlineData("/hooks github", "POST", "/hooks;a=b", true)]
    [InlineData("/hooks github", "POST", "\\hooks", true)]
    [InlineData("/hooks/a github", "POST", "/hooks%2fa", true)]
    [InlineData("/hooks github", "POST", "/other?/hooks", false)]
    public void A_rule_says_which_requests_must_be_signed(string scope, string method, string target, bool must) =>
        Shared.Edge.Webhook.WebhookRule.Parse(scope + "=secret").AppliesTo(method, target).ShouldBe(must);

    [Theory]
    [InlineData("/x/../hooks")]
    [InlineData("/x\\..\\hooks")]
    [InlineData("/./hooks")]
    [InlineData("/x/%2e%2e/hooks")]
    [InlineData("/x%2f..%2fhooks")]
    [InlineData("/x%5c.%252e%5chooks")]
    [InlineData("/hooks//../stripe")]
    [InlineData("/hooks/a%2fb/%2e%2e/stripe")]
    [InlineData("/Hooks//../x")]
    [InlineData("/hooks/a/..;b=c/b")]
    [InlineData("/hooks/a/..%3bb/b")]
    [InlineData("/hooks/a/..%3f/b")]
    [InlineData("/hooks/a/..%23/b")]
    [InlineData("/hooks/a/..")]
    [InlineData("/%2525252525252e%2e/hooks")]
    [InlineData("/%25252568ooks/stripe")]
    public async Task Where_paths_are_guarded_a_target_with_dot_segments_is_refused_whoever_signed_it(string target)
    {
        await using WebhookScene scene = await WebhookScene.StartAsync(("verify", "/hooks/stripe github=inner"), ("verify", "/hooks/a github=" + WebhookScene.Secret));
        using RawSocket visitor = await scene.ConnectAsync();

        await visitor.SendAsync($"POST {target} HTTP/1.1\r\nHost: {scene.Host}\r\nX-Hub-Signature-256: {WebhookScene.Sign("hello")}\r\nContent-Length: 5\r\n\r\nhello");

        (await visitor.ReadUntilAsync("\r\n\r\n")).ShouldSatisfyAllConditions(
            h => h.ShouldStartWith("HTTP/1.1 400 "), h => h.ShouldContain("X-Ggrok-Error: RequestInvalid"));
        scene.Received.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/a...b/..c/d../.well-known?x=/../y", true)]
    [InlineData("/100%25/%252525", true)]
    [InlineData("/x/../y", false)]
    public async Task Other_targets_with_dots_and_those_of_tunnels_without_guarded_paths_pass(string target, bool isGuarded)
    {
        await using WebhookScene scene = await WebhookScene.StartAsync(isGuarded ? ("verify", "/hooks github=x") : GitHub);
        using RawSocket visitor = await scene.ConnectAsync();

        await visitor.SendAsync($"GET {target} HTTP/1.1\r\nHost: {scene.Host}\r\n\r\n");

        (await visitor.ReadUntilAsync("\r\n")).ShouldStartWith("HTTP/1.1 200 ");
    }

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

    private static async Task<RelayError> PassAsync(WebhookPolicy policy, byte[] body)
    {
        var context = new DefaultHttpContext();
        context.Request.Body = new MemoryStream(body);
        var head = new RequestHead { Method = "POST", Scheme = "http", Host = "localhost", Target = "/", HasBody = true };
        head.Headers.Add(new("X-Hub-Signature-256", WebhookScene.Sign(body)));
        var route = new TunnelRoute { Key = RouteKey.Http("localhost", "/"), Owner = new RouteOwner("id", "label") };
        var exchange = new EdgeExchange(context, head, route, new ExchangeRecord { Id = "1", Started = 0 }) { VisitorTarget = "/" };
        return await EdgePipeline.Of([new(EdgeStage.Webhook, policy)], [])!.RunAsync(exchange, _ => ValueTask.FromResult(RelayError.None));
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
