using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Hardening;

/// <summary>A tunnel is chosen by one name, and the local service sees the same one (RFC 9112 section 3.2).</summary>
public class HostSpoofingTests
{
    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: victim.example\r\n\r\n")]
    [InlineData("GET http://victim.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: 127.0.0.1, victim.example\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: victim.example@127.0.0.1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: 127.0.0.1/victim\r\n\r\n")]
    [InlineData("GET //victim.example/ HTTP/1.1\r\nHost: 127.0.0.1 victim.example\r\n\r\n")]
    public async Task A_request_with_two_names_or_none_is_refused(string request)
    {
        await using var scene = await CountingScene.StartAsync();
        using RawSocket visitor = await RawSocket.ConnectAsync(scene.Ggrok.Server.Url);

        await visitor.SendAsync(request);

        (await visitor.ReadUntilAsync("\r\n")).ShouldBeOneOf("HTTP/1.1 400 Bad Request\r\n", "HTTP/1.1 404 Not Found\r\n");
        scene.Paths.ShouldBeEmpty();
    }

    [Fact]
    public async Task Forwarding_fields_of_a_visitor_choose_no_tunnel_and_do_not_arrive()
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket visitor = await ggrok.VisitAsync();
        await visitor.SendAsync(
            "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-Host: victim.example\r\nX-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: https\r\n"
            + "X-Forwarded-Port: 1\r\nX-Forwarded-Prefix: /admin\r\nForwarded: for=10.0.0.1;host=victim.example\r\n\r\n");

        using RawSocket local = await ggrok.Local.AcceptAsync();
        string head = await local.ReadUntilAsync("\r\n\r\n");

        head.ShouldContain("X-Forwarded-Host: 127.0.0.1\r\n");
        head.ShouldNotContain("victim");
        head.ShouldNotContain("10.0.0.1");
        head.ShouldNotContain("/admin");
    }

    [Theory]
    [InlineData("X_Forwarded_For")]
    [InlineData("X-Forwarded_Host")]
    [InlineData("X-Forwarded-Ssl")]
    [InlineData("X-Forwarded-User")]
    [InlineData("x_ggrok_user")]
    [InlineData("X-Ggrok-User")]
    [InlineData("X-Ggrok_Health")]
    [InlineData("X_Request_ID")]
    [InlineData("Client-Cert")]
    [InlineData("Client_Cert_Chain")]
    [InlineData("X-Client-Cert-Subject")]
    public async Task Fields_that_are_the_servers_own_do_not_arrive_in_any_spelling(string name)
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket visitor = await ggrok.VisitAsync();
        await visitor.SendAsync($"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n{name}: claimed value\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n{name}: claimed value\r\nX-Kept: 1\r\n\r\n");

        using RawSocket local = await ggrok.Local.AcceptAsync();
        string request = await local.ReadUntilAsync("X-Kept: 1\r\n\r\n");

        request.ShouldNotContain("claimed value");
    }

    [Fact]
    public async Task An_absolute_target_with_the_same_name_is_relayed_as_a_path()
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync();
        using RawSocket visitor = await ggrok.VisitAsync();
        string host = ggrok.Server.Url.Authority;
        await visitor.SendAsync($"GET http://{host}/a?b HTTP/1.1\r\nHost: {host}\r\n\r\n");

        using RawSocket local = await ggrok.Local.AcceptAsync();

        (await local.ReadUntilAsync("\r\n")).ShouldBe("GET /a?b HTTP/1.1\r\n");
    }

    [Theory]
    [InlineData("/$$ggrok")]
    [InlineData("/$$ggrok/")]
    [InlineData("/$$GGROK")]
    [InlineData("/%24%24ggrok")]
    [InlineData("/%24$GGrok/health")]
    [InlineData("/$$ggrok/../x")]
    [InlineData("/x/../$$ggrok")]
    [InlineData("/./$$ggrok/api")]
    public async Task The_reserved_path_never_reaches_a_local_service(string path)
    {
        await using var scene = await CountingScene.StartAsync();
        using RawSocket visitor = await RawSocket.ConnectAsync(scene.Ggrok.Server.Url);

        await visitor.SendAsync($"GET {path} HTTP/1.1\r\nHost: {scene.Ggrok.Server.Url.Authority}\r\nConnection: close\r\n\r\n");
        await visitor.ReadToEndAsync();

        // A path that is elsewhere once its dots are gone is the tunnel's, as the visitor wrote it.
        scene.Paths.ShouldNotContain(p => p.Contains("ggrok", StringComparison.OrdinalIgnoreCase));
    }
}
