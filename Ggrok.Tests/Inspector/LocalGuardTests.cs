using System.Net;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Inspector;

/// <summary>Who may look at the traffic, and who may change something.</summary>
public class LocalGuardTests
{
    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:PORT")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:1")]
    [InlineData("localhost.evil.example:PORT")]
    public async Task Under_another_name_nothing_is_told(string host)
    {
        await using InspectorScene scene = await InspectorScene.StartAsync(_ => Task.CompletedTask);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/exchanges");
        request.Headers.Host = host.Replace("PORT", $"{scene.Address.Port}", StringComparison.Ordinal);

        (await scene.Api.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("Origin", "http://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Origin", "https://127.0.0.1:PORT")]
    [InlineData("Origin", "http://127.0.0.1:1")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task Other_pages_are_told_nothing(string field, string value)
    {
        await using InspectorScene scene = await InspectorScene.StartAsync(_ => Task.CompletedTask);
        foreach ((HttpMethod method, string path) in new[] { (HttpMethod.Get, "/api/session"), (HttpMethod.Delete, "/api/exchanges"), (HttpMethod.Get, "/api/events") })
        {
            using var request = new HttpRequestMessage(method, path);
            request.Headers.Add(field, value.Replace("PORT", $"{scene.Address.Port}", StringComparison.Ordinal));

            (await scene.Api.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        }
    }

    [Fact]
    public async Task Its_own_page_and_programs_are_let_in()
    {
        await using InspectorScene scene = await InspectorScene.StartAsync(_ => Task.CompletedTask);
        foreach (string host in new[] { "127.0.0.1", "localhost", "LOCALHOST", "[::1]" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/status");
            request.Headers.Host = $"{host}:{scene.Address.Port}";
            request.Headers.Add("Origin", $"http://{host}:{scene.Address.Port}");
            request.Headers.Add("Sec-Fetch-Site", "same-origin");

            (await scene.Api.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task A_link_from_elsewhere_opens_the_page_and_nothing_else()
    {
        await using InspectorScene scene = await InspectorScene.StartAsync(_ => Task.CompletedTask);
        foreach ((string path, HttpStatusCode expected) in new[] { ("/", HttpStatusCode.OK), ("/api/exchanges", HttpStatusCode.Forbidden) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("Sec-Fetch-Site", "cross-site");
            request.Headers.Add("Sec-Fetch-Mode", "navigate");

            (await scene.Api.SendAsync(request)).StatusCode.ShouldBe(expected);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0123456789abcdef0123456789abcdef")]
    public async Task Nothing_is_changed_without_the_secret(string? secret)
    {
        await using InspectorScene scene = await InspectorScene.StartAsync(_ => Task.CompletedTask);
        await scene.Visitor.GetAsync("/");
        await scene.NewestDoneAsync();
        scene.Api.DefaultRequestHeaders.Remove("X-Ggrok-Secret");
        if (secret is not null)
        {
            scene.Api.DefaultRequestHeaders.TryAddWithoutValidation("X-Ggrok-Secret", secret);
        }

        using HttpResponseMessage response = await scene.SendAsync(HttpMethod.Delete, "/api/exchanges");

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await response.Content.ReadAsStringAsync()).ShouldContain("/api/session");
        (await scene.NewestDoneAsync()).GetProperty("number").GetInt64().ShouldBe(1);
    }

    [Fact]
    public async Task Visitors_of_a_tunnel_that_leads_to_it_see_nothing()
    {
        await using InspectorScene scene = await InspectorScene.StartAsync(_ => Task.CompletedTask);
        await using InspectorScene leading = await InspectorScene.StartAsync(_ => Task.CompletedTask, tunnel: t => t with { Target = scene.Address });

        (await leading.Visitor.GetAsync("/api/exchanges")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Everything_is_sent_so_that_browsers_trust_it_least()
    {
        await using InspectorScene scene = await InspectorScene.StartAsync(_ => Task.CompletedTask);

        using HttpResponseMessage page = await scene.Api.GetAsync("/");

        string Field(string name) => string.Join(", ", page.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values : []);
        Field("Content-Security-Policy").ShouldContain("default-src 'none'");
        Field("X-Content-Type-Options").ShouldBe("nosniff");
        Field("Cross-Origin-Resource-Policy").ShouldBe("same-origin");
        Field("Cache-Control").ShouldBe("no-store");
        Field("Access-Control-Allow-Origin").ShouldBeEmpty();
    }

    [Fact]
    public async Task Only_this_machine_can_connect()
    {
        await using InspectorScene scene = await InspectorScene.StartAsync(_ => Task.CompletedTask);
        IPAddress[] others = [.. (await Dns.GetHostAddressesAsync(Dns.GetHostName())).Where(a => !IPAddress.IsLoopback(a))];
        foreach (IPAddress other in others)
        {
            using var socket = new System.Net.Sockets.Socket(other.AddressFamily, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
            await Should.ThrowAsync<System.Net.Sockets.SocketException>(() => socket.ConnectAsync(other, scene.Address.Port));
        }

        scene.Address.Host.ShouldBe("127.0.0.1");
    }
}
