using System.Net.WebSockets;
using Ggrok.Server.Edge;
using Ggrok.Server.Edge.Rewrite;
using Ggrok.Server.Relay;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Edge.Rewrite;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Grpc;
using Ggrok.Tests.Peers;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Edge.Rewrite;

/// <summary>Fields of requests and responses that rules change.</summary>
public class RewriteHeaderTests
{
    [Fact]
    public async Task Fields_of_requests_are_set_added_and_removed()
    {
        await using EdgeScene scene = await FieldsAsync(
            ("request-header", "X-Plain: a b"), ("request-header", "set X-Set: mine"), ("request-header", "add X-Add: 2"),
            ("request-header", "remove X-Gone"), ("request-header", "X-Braces: {{a}}"));

        string[] fields = await FieldsOfAsync(scene, "X-Set: theirs", "x_set: theirs", "X-Add: 1", "X-Gone: 1", "x_gone: 2", "X-Other: stays");

        fields.ShouldContain("X-Plain: a b");
        fields.ShouldContain("X-Set: mine");
        fields.ShouldContain("X-Add: 1");
        fields.ShouldContain("X-Add: 2");
        fields.ShouldContain("X-Other: stays");
        fields.ShouldContain("X-Braces: {a}");
        fields.Where(f => f.Contains("theirs", StringComparison.Ordinal) || f.Contains("gone", StringComparison.OrdinalIgnoreCase)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Variables_say_what_the_server_knows()
    {
        await using EdgeScene scene = await FieldsAsync(
            ("request-header", "X-All: {remote_ip} {request_id} {host} {method} {path} {scheme} {tunnel}."), ("request-header", "X-User: {user}"));

        string[] fields = await FieldsOfAsync(scene, "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https", "X-Request-ID: abc-123", "X-User: root");

        fields.ShouldContain("X-All: 203.0.113.9 abc-123 127.0.0.1:80 GET /a%20b https 127.0.0.1.");
        fields.Where(f => f.StartsWith("X-User", StringComparison.OrdinalIgnoreCase)).ShouldBeEmpty("nobody is signed in");
    }

    [Theory]
    [InlineData("/a%0d%0aX-Injected:%201")]
    [InlineData("/{remote_ip}{{")]
    public async Task What_a_visitor_writes_stays_within_the_field(string path)
    {
        await using EdgeScene scene = await FieldsAsync(("request-header", "X-Path: {path}"), ("response-header", "X-Path: {path}"));
        using RawSocket visitor = await RawSocket.ConnectAsync(scene.Environment.Server.Url);

        await visitor.SendAsync($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        string answer = await visitor.ReadToEndAsync();

        answer.Split("\r\n\r\n")[0].Split("\r\n").ShouldContain($"X-Path: {path}");
        answer.Split("\r\n\r\n")[1].Split('\n', '\r').Where(f => f.StartsWith("X-", StringComparison.Ordinal) && f.Contains(path, StringComparison.Ordinal)).ShouldBe([$"X-Path: {path}"]);
        answer.ShouldNotContain("\nX-Injected");
    }

    [Theory]
    [InlineData("a\r\nb", "a%0D%0Ab")]
    [InlineData("José", "Jos%C3%A9")]
    [InlineData("100%", "100%25")]
    [InlineData("\ud83d\ude00\0", "%F0%9F%98%80%00")]
    [InlineData("anna@example.com", "anna@example.com")]
    public void A_name_from_elsewhere_becomes_ascii_without_controls(string user, string value) =>
        HeaderTemplate.Parse("{user}").Fill(_ => user).ShouldBe(value);

    [Fact]
    public async Task Fields_of_responses_are_changed_also_of_the_servers_own_answers()
    {
        await using EdgeScene scene = await EdgeScene.StartAsync(
            [
                ("response-header", "remove Server"), ("response-header", "X-Frame-Options: DENY"), ("response-header", "add Set-Cookie: mine=1"),
                ("response-header", "X-From: {remote_ip} {method}"), ("deny-ip", "203.0.113.66"),
            ],
            app: context =>
            {
                context.Response.Headers.Server = "Secret/1.0";
                context.Response.Headers.SetCookie = "theirs=2";
                context.Response.Headers.XFrameOptions = "SAMEORIGIN";
                return context.Response.WriteAsync("hello");
            });

        HttpResponseMessage response = await scene.FromAsync("203.0.113.9");
        response.Headers.Contains("Server").ShouldBeFalse();
        response.Headers.GetValues("X-Frame-Options").ShouldBe(["DENY"]);
        response.Headers.GetValues("Set-Cookie").ShouldBe(["theirs=2", "mine=1"]);

        HttpResponseMessage refusal = await scene.FromAsync("203.0.113.66");
        ((int)refusal.StatusCode).ShouldBe(403);
        refusal.Headers.GetValues("X-Frame-Options").ShouldBe(["DENY"]);
        refusal.Headers.GetValues("X-From").ShouldBe(["203.0.113.66 GET"], "the envelope is another request's by then");
    }

    [Fact]
    public async Task The_local_service_learns_who_the_visitor_is()
    {
        await using EdgeScene scene = await FieldsAsync(("auth", "anna:correct horse"), ("request-header", "X-User: {user}"), ("response-header", "X-User: {user}"), ("cors", "https://app.example.com"));

        string[] fields = await FieldsOfAsync(scene, "X-User: root", $"Authorization: Basic {Convert.ToBase64String("anna:correct horse"u8)}");
        HttpResponseMessage stranger = await scene.FromAsync("203.0.113.9");
        var preflight = new HttpRequestMessage(HttpMethod.Options, "/");
        preflight.Headers.Add("Origin", "https://app.example.com");
        preflight.Headers.Add("Access-Control-Request-Method", "PUT");

        fields.Where(f => f.StartsWith("X-User", StringComparison.Ordinal)).ShouldBe(["X-User: anna"]);
        ((int)stranger.StatusCode, stranger.Headers.Contains("X-User")).ShouldBe((401, false));
        ((int)(await scene.Visitor.SendAsync(preflight)).StatusCode).ShouldBe(204, "a preflight carries no credentials");
    }

    [Theory]
    [InlineData("remove Set-Cookie", "__Host-ggrok-login=1")]
    [InlineData("Set-Cookie: mine=1", "__Host-ggrok-login=1, mine=1")]
    public void Cookies_of_the_server_survive_rules_about_cookies(string rule, string cookies)
    {
        // As a login has it; no local service can set such a cookie.
        var context = new DefaultHttpContext();
        context.Response.Headers.SetCookie = new[] { "theirs=2", "__Host-ggrok-login=1" };
        EdgeExchange exchange = Exchange(context);
        new RewritePolicy(RewriteOptions.Parse(null, [], null, [], [rule])).Begin(exchange);

        exchange.ApplyToResponse(context.Response);

        string.Join(", ", context.Response.Headers.SetCookie.ToArray()).ShouldBe(cookies);
    }

    [Fact]
    public async Task Upgrades_get_their_rules_too()
    {
        await using EdgeScene scene = await EdgeScene.StartAsync(
            [("strip-prefix", "/ws"), ("request-header", "X-Mine: {path}"), ("response-header", "X-Back: 1")],
            app: async context =>
            {
                using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
                byte[] told = System.Text.Encoding.ASCII.GetBytes($"{context.Request.Path} {context.Request.Headers["X-Mine"]}");
                await socket.SendAsync(told, WebSocketMessageType.Text, true, default);
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
            });
        using var visitor = new ClientWebSocket();
        visitor.Options.CollectHttpResponseDetails = true;
        await visitor.ConnectAsync(new Uri($"ws://127.0.0.1:{scene.Environment.Server.Url.Port}/ws/chat"), default);

        byte[] buffer = new byte[100];
        WebSocketReceiveResult result = await visitor.ReceiveAsync(buffer, default);

        System.Text.Encoding.ASCII.GetString(buffer, 0, result.Count).ShouldBe("/chat /ws/chat");
        visitor.HttpResponseHeaders!["X-Back"].ShouldBe(["1"]);
    }

    [PeerFact]
    public async Task A_grpc_visitor_gets_the_fields_beside_its_status()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using var client = new RunningClient(RunningClient.Options(server.Url, new Uri("http://127.0.0.1:1"), t => t with
        {
            Policies = [new("response-header", "X-Back: {path}"), new("request-header", "X-Mine: 1"), new("compress", "true"), new("cors", "*")],
        }));
        await client.Events.NextReadyAsync();

        GrpcCall call = await GrpcCall.UnaryAsync(server.Url);

        (call.Status, call.Error).ShouldBe((14, "LocalUnreachable"));
    }

    [Theory]
    [InlineData("request-header", "Host: evil", "--host-header")]
    [InlineData("request-header", "add content-length: 5", "cannot be changed")]
    [InlineData("request-header", "Transfer-Encoding: chunked", "cannot be changed")]
    [InlineData("request-header", "remove Transfer_Encoding", "cannot be changed")]
    [InlineData("request-header", "Connection: X-Forwarded-For", "cannot be changed")]
    [InlineData("request-header", "Upgrade: h2c", "cannot be changed")]
    [InlineData("request-header", "X-Forwarded-For: 127.0.0.1", "{remote_ip}")]
    [InlineData("request-header", "X_FORWARDED_PROTO: https", "{remote_ip}")]
    [InlineData("request-header", "Forwarded: for=me", "{remote_ip}")]
    [InlineData("request-header", "X-Client-Cert-Subject: CN=anna", "cannot be changed")]
    [InlineData("request-header", "remove client_cert", "cannot be changed")]
    [InlineData("request-header", "X-Request-ID: 1", "{request_id}")]
    [InlineData("response-header", "Transfer-Encoding: chunked", "cannot be changed")]
    [InlineData("response-header", "remove Content-Length", "cannot be changed")]
    [InlineData("response-header", "X-Ggrok-Error: None", "cannot be changed")]
    [InlineData("response-header", "Trailer: X", "cannot be changed")]
    [InlineData("response-header", "add Set-Cookie: ggrok-login=1", "names that begin with ggrok-")]
    [InlineData("response-header", "set set-cookie: __Host-GGROK-x=1; Secure", "names that begin with ggrok-")]
    [InlineData("response-header", "Set-Cookie: {path}=1", "without variables")]
    [InlineData("response-header", "Set-Cookie: gg{method}rok-=1", "without variables")]
    [InlineData("request-header", "X-A: {nobody}", "there is no variable {nobody}")]
    [InlineData("request-header", "X-A: {", "a brace stands alone")]
    [InlineData("request-header", "X-A: }", "a brace stands alone")]
    [InlineData("request-header", "X-A: b\r\nX-B: c", "without line breaks")]
    [InlineData("request-header", "X-A: b\0", "without line breaks")]
    [InlineData("request-header", "X-\u00c4: b", "is no rule for a field")]
    [InlineData("request-header", "X A: b", "is no rule for a field")]
    [InlineData("request-header", ":path: /x", "is no rule for a field")]
    [InlineData("request-header", "X-A", "is no rule for a field")]
    [InlineData("request-header", "remove X-A: b", "is no rule for a field")]
    [InlineData("request-header", "set X-A", "is no rule for a field")]
    public void Rules_about_framing_and_trust_or_without_sense_are_refused(string key, string rule, string complaint) =>
        Should.Throw<FormatException>(() => RewriteOptions.Keys.Single(k => k.Name == key).Check([rule])).Message.ShouldContain(complaint);

    private static EdgeExchange Exchange(HttpContext context) => new(
        context,
        new RequestHead { Remote = "203.0.113.9" },
        new TunnelRoute { Key = RouteKey.Http("my.app", "/"), Owner = new RouteOwner("id", "anna@laptop") },
        new ExchangeRecord { Id = "1", Started = 0 })
    { VisitorTarget = "/" };

    // The local app answers with the fields that it got.
    private static Task<EdgeScene> FieldsAsync(params (string Name, string Value)[] policies) => EdgeScene.StartAsync(policies, app: context =>
        context.Response.WriteAsync(string.Join('\n', context.Request.Headers.SelectMany(f => f.Value.Select(v => $"{f.Key}: {v}")))));

    private static async Task<string[]> FieldsOfAsync(EdgeScene scene, params string[] fields)
    {
        using RawSocket visitor = await RawSocket.ConnectAsync(scene.Environment.Server.Url);
        await visitor.SendAsync($"GET /a%20b?c HTTP/1.1\r\nHost: 127.0.0.1:80\r\nConnection: close\r\n{string.Concat(fields.Select(f => f + "\r\n"))}\r\n");
        return (await visitor.ReadToEndAsync()).Split("\r\n\r\n")[1].Split('\n', '\r');
    }
}
