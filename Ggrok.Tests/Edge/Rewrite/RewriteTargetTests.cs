using System.Net;
using Ggrok.Shared.Edge.Rewrite;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Ggrok.Tests.Edge.Rewrite;

/// <summary>What the local service is asked for instead of what the visitor asked for.</summary>
public class RewriteTargetTests
{
    [Theory]
    [InlineData("/api/users?q=%2F&x=1", "/users?q=%2F&x=1")]
    [InlineData("/api", "/")]
    [InlineData("/api?x=1", "/?x=1")]
    [InlineData("/apis/users", "/apis/users")]
    [InlineData("/other", "/other")]
    [InlineData("/api//evil.example/x", "/evil.example/x")]
    [InlineData("/api/%2e%2e%2fx", null)]
    [InlineData("/api/../secret", null)]
    public async Task A_prefix_is_removed(string asked, string? arrives)
    {
        await using Scene scene = await Scene.StartAsync(("strip-prefix", "/api/"));

        (await scene.AskAsync(asked)).ShouldBe(arrives);
    }

    [Theory]
    [InlineData("/", "/v2/")]
    [InlineData("/users?a=b", "/v2/users?a=b")]
    [InlineData("/../secret", null)]
    [InlineData("/%2E%2e/secret", null)]
    [InlineData("/a/..%2fsecret", null)]
    [InlineData("/a/..%5Csecret", null)]
    [InlineData("/a/..;x=1/secret", null)]
    [InlineData("/a..b/...", "/v2/a..b/...")]
    public async Task A_prefix_is_added_and_cannot_be_left(string asked, string? arrives)
    {
        await using Scene scene = await Scene.StartAsync(("add-prefix", "/v2"));

        (await scene.AskAsync(asked)).ShouldBe(arrives);
    }

    [Theory]
    [InlineData("^/old/(.*) -> /new/$1", "/old/a%20b?x=1", "/new/a%20b?x=1")]
    [InlineData("^/old/(.*) -> /new/$1", "/older", "/older")]
    [InlineData("^/(?<user>[a-z]+)/(?<page>[0-9]+)$ -> /page?id=$<page>&user=$<user>&price=$$5", "/anna/17", "/page?id=17&user=anna&price=$5")]
    [InlineData("[?&]utm_[a-z]+=[^&]* -> ?", "/x?utm_source=mail", "/x?")]
    [InlineData("^/go(.*) -> $1", "/go//evil.example", "/evil.example")]
    [InlineData("^/go(.*) -> $1", "/go/\\evil.example", "/evil.example")]
    [InlineData("^/go(.*) -> $1", "/go", null)]
    [InlineData("^/go/(.*) -> http://$1", "/go/evil.example", null)]
    [InlineData("^/go/(.*) -> /$1", "/go/$$ggrok/health", null)]
    [InlineData("^/go/(.*) -> /$1", "/go/%24%24GGROK", null)]
    [InlineData("^/go/(.*) -> /$1", "/go/..;/admin", null)]
    [InlineData("^/go/(.*) -> //$1", "/go/evil.example", "/evil.example")]
    public async Task What_an_expression_finds_is_replaced(string rule, string asked, string? arrives)
    {
        await using Scene scene = await Scene.StartAsync(("rewrite", rule));

        (await scene.AskAsync(asked)).ShouldBe(arrives);
    }

    [Fact]
    public async Task Prefixes_and_replacements_of_server_and_client_come_one_after_the_other()
    {
        await using Scene scene = await Scene.StartAsync(
            [("strip-prefix", "/b"), ("rewrite", "^/1(.*) -> /2$1"), ("rewrite", "^/2(.*) -> /3$1"), ("add-prefix", "/z")],
            [("GGROK_POLICIES", "all: {strip-prefix: /a}")]);

        (await scene.AskAsync("/a/b/1/x")).ShouldBe("/z/3/x");
        scene.Prefix.ShouldBe("/a/b");
    }

    [Fact]
    public async Task A_prefix_that_the_route_lost_already_stands_in_front()
    {
        await using Scene scene = await Scene.StartAsync([("strip-prefix", "/v1")], [], tunnel: t => t with { Path = "/alice", StripPath = true });

        (await scene.AskAsync("/alice/v1/x")).ShouldBe("/x");
        scene.Prefix.ShouldBe("/alice/v1");
    }

    [Fact]
    public async Task Cookies_and_bodies_are_untouched()
    {
        await using Scene scene = await Scene.StartAsync(("strip-prefix", "/api"), ("request-header", "X-A: {path}"));
        using RawSocket visitor = await RawSocket.ConnectAsync(scene.Url);

        await visitor.SendAsync("POST /api/x HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: a=\"1; b=2\"; c={x}\r\nContent-Length: 5\r\n\r\n{\"a\":");
        await visitor.ReadUntilAsync("200 OK");

        scene.Cookie.ShouldBe("a=\"1; b=2\"; c={x}");
        scene.Body.ShouldBe("{\"a\":");
    }

    [Theory]
    [InlineData("(a+)+$ -> /x")]
    [InlineData("^/(([a-z])+.)+[A-Z]([a-z])+$ -> /x")]
    [InlineData("(.*a)(.*a)(.*a)(.*a)(.*a)(.*a)(.*a)(.*a)(.*a)b -> /x")]
    [InlineData("(.*a.{10}){5}$ -> /x")]
    public void An_expression_that_backtracks_elsewhere_needs_no_time_here(string rule)
    {
        TargetRule parsed = TargetRule.Parse(rule);
        string target = "/" + new string('a', 3000) + "!";

        Should.CompleteIn(() => parsed.Apply(target), Within.Limit);
    }

    [Theory]
    [InlineData("((a{40}){40}){40} -> /x", "the expression is too large")]
    [InlineData("a{2,} -> /x", null)]
    [InlineData("a{100000000000} -> /x", "the expression is too large")]
    [InlineData("(a)(b)(c)(d)(e)(f)(g)(h)(i)(j) -> /x", "more than 9 groups")]
    [InlineData("(?<=a)b -> /x", "looks around or back")]
    [InlineData("(a)\\1 -> /x", "looks around or back")]
    [InlineData("(a -> /x", "is not a regular expression")]
    [InlineData("^/a->/b", "has not the form REGEX -> TEXT")]
    [InlineData("^/(a) -> /$2", "refers to a group")]
    [InlineData("^/(a) -> /$<b>", "refers to a group")]
    [InlineData("^/(?<b>a) -> /${b}", "refers to a group")]
    [InlineData("^/(a) -> /$", "refers to a group")]
    [InlineData("^/(a) -> /$_$_", "refers to a group")]
    [InlineData("^/a -> /x y", "1 to 1000 characters of ASCII without spaces")]
    [InlineData("^/a -> /x\r\nHost:evil", "1 to 1000 characters of ASCII without spaces")]
    public void A_rule_that_cannot_be_is_refused_with_advice(string rule, string? complaint)
    {
        if (complaint is null)
        {
            TargetRule.Parse(rule);
            return;
        }

        Should.Throw<FormatException>(() => TargetRule.Parse(rule)).Message.ShouldContain(complaint);
    }

    [Theory]
    [InlineData("api")]
    [InlineData("/")]
    [InlineData("/a/../b")]
    [InlineData("/a?b")]
    [InlineData("/a b")]
    [InlineData("//evil.example")]
    [InlineData("/$$ggrok")]
    [InlineData("/%24$ggrok/x")]
    public void A_prefix_that_is_none_is_refused(string prefix)
    {
        Should.Throw<FormatException>(() => RewriteOptions.Keys.Single(k => k.Name == "add-prefix").Check([prefix])).Message.ShouldContain("is no path prefix");
    }

    [Fact]
    public void A_rule_cannot_make_a_target_grow_without_bound()
    {
        TargetRule.Parse("^(.*)$ -> /$1$1$1$1").Apply("/" + new string('a', 2000)).ShouldBeNull();
    }

    /// <summary>Sends targets as they are; the local app remembers what came.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private EdgeScene _edge = null!;
        private string? _target;

        public Uri Url => _edge.Environment.Server.Url;

        public string? Prefix { get; private set; }

        public string? Cookie { get; private set; }

        public string? Body { get; private set; }

        public static Task<Scene> StartAsync(params (string Name, string Value)[] policies) => StartAsync(policies, []);

        public static async Task<Scene> StartAsync(
            IEnumerable<(string Name, string Value)> policies, IEnumerable<(string Name, string Value)> settings,
            Func<Ggrok.Client.Connection.LocalTunnel, Ggrok.Client.Connection.LocalTunnel>? tunnel = null)
        {
            var scene = new Scene();
            scene._edge = await EdgeScene.StartAsync(policies, settings, scene.AnswerAsync, tunnel);
            return scene;
        }

        /// <summary>What arrived at the local app; null when the server refused it.</summary>
        public async Task<string?> AskAsync(string target)
        {
            _target = null;
            using RawSocket visitor = await RawSocket.ConnectAsync(Url);
            await visitor.SendAsync($"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
            string answer = await visitor.ReadToEndAsync();
            if (_target is null)
            {
                answer.ShouldStartWith("HTTP/1.1 400 ");
                answer.ShouldContain("X-Ggrok-Error: RequestInvalid");
            }

            return _target;
        }

        public ValueTask DisposeAsync() => _edge.DisposeAsync();

        private async Task AnswerAsync(HttpContext context)
        {
            Prefix = context.Request.Headers["X-Forwarded-Prefix"];
            Cookie = context.Request.Headers.Cookie;
            using var reader = new StreamReader(context.Request.Body);
            Body = await reader.ReadToEndAsync();
            _target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            context.Response.StatusCode = (int)HttpStatusCode.OK;
            await context.Response.WriteAsync("ok");
        }
    }
}
