using System.Net;
using Ggrok.Shared.Edge.Cors;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Edge.Cors;

public class CorsPolicyTests
{
    private const string App = "https://app.example.com";

    [Fact]
    public async Task A_preflight_is_answered_without_the_local_service()
    {
        await using EdgeScene scene = await EdgeScene.OfClientAsync(("cors", App), ("cors-credentials", "true"), ("cors-max-age", "1h"), ("cors-expose", "X-Total"));

        HttpResponseMessage response = await PreflightAsync(scene, App);

        response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        Field(response, "Access-Control-Allow-Origin").ShouldBe(App);
        Field(response, "Access-Control-Allow-Methods").ShouldBe("PUT");
        Field(response, "Access-Control-Allow-Headers").ShouldBe("x-one, content-type");
        Field(response, "Access-Control-Allow-Credentials").ShouldBe("true");
        Field(response, "Access-Control-Max-Age").ShouldBe("3600");
        response.Headers.Vary.ShouldBe(["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"]);
        scene.Reached.ShouldBe(0);
    }

    [Fact]
    public async Task What_may_be_sent_can_be_listed()
    {
        await using EdgeScene scene = await EdgeScene.OfClientAsync(("cors", "*"), ("cors-methods", "GET,POST"), ("cors-headers", "X-One"), ("cors-headers", "X-Two"));

        HttpResponseMessage response = await PreflightAsync(scene, App);

        Field(response, "Access-Control-Allow-Origin").ShouldBe("*");
        Field(response, "Access-Control-Allow-Methods").ShouldBe("GET, POST");
        Field(response, "Access-Control-Allow-Headers").ShouldBe("X-One, X-Two");
        Field(response, "Access-Control-Max-Age").ShouldBe("600");
        response.Headers.Vary.ShouldNotContain("Origin");
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("http://app.example.com")]
    [InlineData("https://app.example.com:8443")]
    [InlineData("https://app.example.com.evil.example")]
    [InlineData("null")]
    public async Task Other_origins_get_no_permission(string origin)
    {
        await using EdgeScene scene = await EdgeScene.OfClientAsync(("cors", App));

        HttpResponseMessage preflight = await PreflightAsync(scene, origin);
        HttpResponseMessage response = await GetAsync(scene, origin);

        preflight.Headers.Concat(response.Headers).Where(h => h.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase)).ShouldBeEmpty();
        response.Headers.Vary.ShouldBe(["Origin"]);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        scene.Reached.ShouldBe(1);
    }

    [Fact]
    public async Task What_the_local_service_says_is_replaced_not_doubled()
    {
        await using EdgeScene scene = await EdgeScene.StartAsync([("cors", App), ("cors-expose", "X-Total, ETag")], app: context =>
        {
            context.Response.Headers.AccessControlAllowOrigin = "*";
            context.Response.Headers.AccessControlAllowCredentials = "true";
            context.Response.Headers.AccessControlExposeHeaders = "X-Other";
            context.Response.Headers.Vary = "Accept, origin";
            return context.Response.WriteAsync("hello");
        });

        HttpResponseMessage response = await GetAsync(scene, App);

        response.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe([App]);
        response.Headers.Contains("Access-Control-Allow-Credentials").ShouldBeFalse();
        response.Headers.GetValues("Access-Control-Expose-Headers").ShouldBe(["X-Total, ETag"]);
        response.Headers.Vary.ShouldBe(["Accept", "origin"]);
    }

    [Theory]
    [InlineData("deny-ip", "203.0.113.9", 403)]
    [InlineData("maintenance", "true", 503)]
    public async Task Pages_of_other_origins_can_read_what_the_server_refuses(string policy, string value, int status)
    {
        await using EdgeScene scene = await EdgeScene.OfClientAsync(("cors", App), (policy, value));

        HttpResponseMessage response = await GetAsync(scene, App);

        ((int)response.StatusCode).ShouldBe(status);
        Field(response, "Access-Control-Allow-Origin").ShouldBe(App);
    }

    [Theory]
    [InlineData("OPTIONS / HTTP/1.1\r\nOrigin: https://app.example.com\r\n", "HTTP/1.1 200", 1)]
    [InlineData("OPTIONS / HTTP/1.1\r\nAccess-Control-Request-Method: PUT\r\n", "HTTP/1.1 200", 1)]
    [InlineData("GET / HTTP/1.1\r\nOrigin: https://app.example.com\r\nAccess-Control-Request-Method: PUT\r\n", "HTTP/1.1 200", 1)]
    [InlineData("OPTIONS /secret HTTP/1.1\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: GET\r\nX-HTTP-Method-Override: GET\r\n", "HTTP/1.1 204", 0)]
    [InlineData("OPTIONS / HTTP/1.1\r\nOrigin: https://app.example.com\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: PUT\r\n", "HTTP/1.1 204", 0)]
    public async Task Only_a_whole_preflight_is_taken_for_one_and_it_never_goes_further(string request, string status, int reached)
    {
        await using EdgeScene scene = await EdgeScene.OfClientAsync(("cors", App));

        string answer = await AskAsync(scene, request);

        answer.ShouldStartWith(status);
        answer.ShouldNotContain("evil.example");
        scene.Reached.ShouldBe(reached);
    }

    [Fact]
    public async Task Nothing_but_names_is_sent_back()
    {
        await using EdgeScene scene = await EdgeScene.OfClientAsync(("cors", App));

        string answer = await AskAsync(scene, $"OPTIONS / HTTP/1.1\r\nOrigin: {App}\r\nAccess-Control-Request-Method: PUT;x=\"1\"\r\nAccess-Control-Request-Headers: x-a, <script>\r\n");

        answer.ShouldNotContain("Allow-Methods");
        answer.ShouldNotContain("Allow-Headers");
        answer.ShouldNotContain("script");
    }

    [Theory]
    [InlineData("https://*.example.com", "https://a.example.com", true)]
    [InlineData("https://*.example.com", "https://a.b-c.example.com", true)]
    [InlineData("https://*.example.com", "https://example.com", false)]
    [InlineData("https://*.example.com", "https://.example.com", false)]
    [InlineData("https://*.example.com", "http://a.example.com", false)]
    [InlineData("https://*.example.com", "https://evil.example/.example.com", false)]
    [InlineData("https://*.example.com", "https://evil.example:1.example.com", false)]
    [InlineData("https://*.example.com", "https://evilexample.com", false)]
    [InlineData("http://localhost:5173", "http://localhost:5173", true)]
    [InlineData("HTTPS://App.Example.com:443", "https://app.example.com", true)]
    [InlineData("http://*.test:8080", "http://a.test:8080", true)]
    [InlineData("https://bücher.example", "https://xn--bcher-kva.example", true)]
    public void An_origin_is_scheme_host_and_port(string written, string origin, bool matches) => CorsOrigin.Parse(written).Matches(origin).ShouldBe(matches);

    [Theory]
    [InlineData("app.example.com")]
    [InlineData("https://app.example.com/")]
    [InlineData("https://app.example.com/path")]
    [InlineData("https://user@app.example.com")]
    [InlineData("https://app.*.com")]
    [InlineData("https://*example.com")]
    [InlineData("ftp://app.example.com")]
    [InlineData("null")]
    public void What_is_no_origin_is_refused(string text) => Should.Throw<FormatException>(() => CorsOrigin.Parse(text));

    [Theory]
    [InlineData("* would let every page", "*", "cors-credentials")]
    [InlineData("add cors:", "", "cors-credentials")]
    public async Task What_contradicts_itself_is_refused_with_advice(string complaint, string origin, string also)
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using var client = new RunningClient(RunningClient.Options(server.Url, new Uri("http://127.0.0.1:9"), t => t with
        {
            Policies = [.. origin.Length > 0 ? [new("cors", origin)] : (Ggrok.Shared.Protocol.PolicyDirective[])[], new(also, "true")],
        }));

        (await client.Exit).Message.ShouldNotBeNull().ShouldContain(complaint);
    }

    private static string? Field(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.Single() : null;

    private static async Task<HttpResponseMessage> PreflightAsync(EdgeScene scene, string origin)
    {
        var request = new HttpRequestMessage(HttpMethod.Options, "/data");
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "PUT");
        request.Headers.Add("Access-Control-Request-Headers", "x-one,content-type");
        return await scene.Visitor.SendAsync(request);
    }

    private static async Task<HttpResponseMessage> GetAsync(EdgeScene scene, string origin)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/data");
        request.Headers.Add("Origin", origin);
        request.Headers.Add("X-Forwarded-For", "203.0.113.9");
        return await scene.Visitor.SendAsync(request);
    }

    private static async Task<string> AskAsync(EdgeScene scene, string request)
    {
        using RawSocket visitor = await RawSocket.ConnectAsync(scene.Environment.Server.Url);
        await visitor.SendAsync($"{request}Host: 127.0.0.1\r\nConnection: close\r\n\r\n");
        return await visitor.ReadToEndAsync();
    }
}
