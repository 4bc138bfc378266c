using System.Net;
using System.Text.Json;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Edge.Credentials;

/// <summary>Share links.</summary>
public class ShareTests
{
    [Fact]
    public async Task A_link_lets_one_browser_in_to_the_path_that_it_names()
    {
        await using ShareScene scene = await ShareScene.StartAsync();
        using HttpClient browser = CredentialScene.Browser(scene.Url);
        (await browser.GetAsync("/drafts")).ErrorOf().ShouldBe(nameof(RelayError.CredentialsRequired));
        Uri link = await scene.LinkAsync("--expires", "2h", "--path", "/drafts?page=2");
        link.GetLeftPart(UriPartial.Path).ShouldBe(scene.Url + "$$ggrok/share");

        HttpResponseMessage opened = await ShareScene.OpenAsync(browser, link);

        opened.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        opened.Headers.Location!.OriginalString.ShouldBe("/drafts?page=2");
        opened.Headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
        opened.SetCookies().Single().ShouldContain("; Path=/; Max-Age=7200; HttpOnly; SameSite=Lax");
        (await (await browser.GetAsync("/drafts?page=2")).Content.ReadAsStringAsync()).ShouldBe("hello from the app");

        // The same browser may click twice; another one may not.
        (await ShareScene.OpenAsync(browser, link)).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        using HttpClient other = CredentialScene.Browser(scene.Url);
        HttpResponseMessage second = await ShareScene.OpenAsync(other, link);
        second.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        second.ErrorOf().ShouldBe(nameof(RelayError.ShareLinkInvalid));
        second.SetCookies().ShouldBeEmpty();
    }

    [Fact]
    public async Task What_only_looks_at_a_link_does_not_use_it_up()
    {
        await using ShareScene scene = await ShareScene.StartAsync();
        Uri link = await scene.LinkAsync();
        using HttpClient bot = CredentialScene.Browser(scene.Url);

        foreach (HttpMethod method in (HttpMethod[])[HttpMethod.Head, HttpMethod.Get, HttpMethod.Get])
        {
            HttpResponseMessage looked = await bot.SendAsync(new HttpRequestMessage(method, link));
            looked.StatusCode.ShouldBe(HttpStatusCode.OK);
            looked.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("frame-ancestors 'none'");
        }

        using HttpClient browser = CredentialScene.Browser(scene.Url);
        (await ShareScene.OpenAsync(browser, link)).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
    }

    [Fact]
    public async Task A_link_for_three_is_good_for_three_also_when_ten_come_at_once()
    {
        await using ShareScene scene = await ShareScene.StartAsync();
        Uri link = await scene.LinkAsync("--uses", "3");
        using var visitor = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = scene.Url };

        HttpResponseMessage[] opened = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => ShareScene.OpenAsync(visitor, link)));

        opened.Count(o => o.StatusCode == HttpStatusCode.SeeOther).ShouldBe(3);
        opened.Count(o => o.StatusCode == HttpStatusCode.Forbidden).ShouldBe(7);
    }

    [Fact]
    public async Task The_secret_is_in_no_log()
    {
        await using ShareScene scene = await ShareScene.StartAsync();
        Uri link = await scene.LinkAsync();
        using HttpClient browser = CredentialScene.Browser(scene.Url);
        await browser.GetAsync(link);
        await ShareScene.OpenAsync(browser, link);
        await browser.GetAsync("/");

        scene.Server.Logs.Lines.ShouldContain(l => l.Message.Contains("Share link", StringComparison.Ordinal));
        string secret = link.Fragment[1..];
        scene.Server.Logs.Lines.ShouldAllBe(l => !l.Message.Contains(secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Links_are_listed_and_one_that_is_ended_lets_nobody_in_and_those_out_whom_it_let_in()
    {
        await using ShareScene scene = await ShareScene.StartAsync();
        Uri link = await scene.LinkAsync("--uses", "2");
        using HttpClient browser = CredentialScene.Browser(scene.Url);
        await ShareScene.OpenAsync(browser, link);
        (await browser.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (int code, string list, _) = await scene.ShareAsync("--list", "--log", "json");
        code.ShouldBe(0);
        JsonElement row = JsonDocument.Parse(list).RootElement;
        row.GetProperty("usesLeft").GetInt32().ShouldBe(1);
        row.TryGetProperty("url", out _).ShouldBeFalse();

        (await scene.ShareAsync("--revoke", row.GetProperty("id").GetString()!)).Code.ShouldBe(0);

        (await browser.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using HttpClient other = CredentialScene.Browser(scene.Url);
        (await ShareScene.OpenAsync(other, link)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await scene.ShareAsync("--list")).Output.ShouldBe("");
        (await scene.ShareAsync("--revoke", "nonsense")).Error.ShouldContain("There is no share link nonsense");
    }

    [Fact]
    public async Task Nobody_else_makes_links_for_a_tunnel()
    {
        await using ShareScene scene = await ShareScene.StartAsync();
        Uri link = await scene.LinkAsync();

        (int code, _, string error) = await scene.ShareAsync("--token", "wrong");
        code.ShouldBe(4);
        error.ShouldContain("--token");
        (await scene.ShareAsync("--token", "other")).Error.ShouldContain("no http tunnel open");
        using var stranger = new HttpClient { BaseAddress = scene.Server.Url };
        (await stranger.GetAsync("/$$ggrok/share/links")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await stranger.GetAsync("/$$ggrok/share/links", "Authorization: Bearer secret", "X-Ggrok-Client: guess")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await stranger.GetAsync("/$$ggrok/share/links", "Authorization: Bearer secret")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await stranger.SendAsync(CredentialScene.Request(HttpMethod.Delete, "/$$ggrok/share/links/" + link.Fragment[1..], "Authorization: Bearer other", "X-Ggrok-Client: " + scene.Client.ClientId)))
            .StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Links_outlive_the_clients_connection_and_end_with_its_hold_of_the_name()
    {
        await using ShareScene scene = await ShareScene.StartAsync();
        Uri link = await scene.LinkAsync("--uses", "3");
        using HttpClient browser = CredentialScene.Browser(scene.Url);
        await ShareScene.OpenAsync(browser, link);
        scene.Server.Get<SessionDirectory>().Sessions.Single().Connection.RequestClose(CloseReason.TransportLost);
        await scene.Client.Events.NextReadyAsync();

        (await browser.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.OK);
        using HttpClient second = CredentialScene.Browser(scene.Url);
        (await ShareScene.OpenAsync(second, link)).StatusCode.ShouldBe(HttpStatusCode.SeeOther);

        await scene.Client.DisposeAsync();
        await scene.OpenAsync(Guid.NewGuid().ToString("N"), "other");
        (await browser.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using HttpClient third = CredentialScene.Browser(scene.Url);
        (await ShareScene.OpenAsync(third, link)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_visit_outlives_the_server_where_it_has_a_secret_and_not_its_expiry()
    {
        var clock = new ManualTimeProvider();
        string secret = new('s', 32);
        var before = new Ggrok.Server.Edge.Credentials.Sealer(new Ggrok.Server.Hosting.ServerOptions { Secrets = [secret] });
        var after = new Ggrok.Server.Edge.Credentials.Sealer(new Ggrok.Server.Hosting.ServerOptions { Secrets = [new('n', 32), secret] });
        var elsewhere = new Ggrok.Server.Edge.Credentials.Sealer(new Ggrok.Server.Hosting.ServerOptions());
        var ticket = new Ggrok.Server.Edge.Credentials.Share.ShareTicket("id", clock.GetUtcNow());
        System.Text.Json.Serialization.Metadata.JsonTypeInfo<Ggrok.Server.Edge.Credentials.Share.ShareTicket> type = Ggrok.Server.Edge.Credentials.CredentialJson.Default.ShareTicket;

        string text = before.Seal("share", ticket, type);

        after.Open("share", text, type).ShouldBe(ticket);
        after.Open("login", text, type).ShouldBeNull();
        elsewhere.Open("share", text, type).ShouldBeNull();
        foreach (string forged in (string[])["", "x", text[..^2], "A" + text[1..], text + "A", new('A', 5000), "%%%"])
        {
            (forged == text ? null : after.Open("share", forged, type)).ShouldBeNull(forged);
        }

        var book = new Ggrok.Server.Edge.Credentials.Share.ShareBook(new TunnelRegistry(clock), clock);
        var route = new TunnelRoute { Key = RouteKey.Http("a.b", "/"), Owner = new RouteOwner("me", "anna@laptop") };
        (Ggrok.Server.Edge.Credentials.Share.ShareLink link, string code) = book.Add(route, "/", TimeSpan.FromHours(1), 1)!.Value;
        clock.Advance(TimeSpan.FromHours(1));
        book.TryUse(link).ShouldBeFalse();
        book.Of(Ggrok.Server.Edge.Credentials.TicketOwner.Of(route)).ShouldBeEmpty();
        book.Find(code).ShouldBeNull();
        await Task.CompletedTask;
    }

    [Theory]
    [InlineData("all: {auth: \"ops:servers\"}", "take no share links")]
    [InlineData("all: {auth: \"ops:servers\", share: true}", null)]
    public async Task The_servers_own_credentials_take_links_where_they_say_so(string yaml, string? complaint)
    {
        await using ShareScene scene = await ShareScene.StartAsync([("GGROK_TOKENS", "secret"), ("GGROK_POLICIES", yaml)]);

        (int code, string output, string error) = await scene.ShareAsync();

        if (complaint is not null)
        {
            error.ShouldContain(complaint);
            code.ShouldBe(1);
            return;
        }

        using HttpClient browser = CredentialScene.Browser(scene.Url);
        await ShareScene.OpenAsync(browser, new Uri(output));
        (await browser.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_tunnel_without_credentials_needs_no_link()
    {
        await using ShareScene scene = await ShareScene.StartAsync(tunnel: t => t);

        (await scene.ShareAsync()).Error.ShouldContain("lets everybody pass");
    }

    [Theory]
    [InlineData("--path", "//evil.example", "cannot land there")]
    [InlineData("--path", "/\\evil.example", "cannot land there")]
    [InlineData("--path", "https://evil.example", "is no path")]
    [InlineData("--expires", "31d", "1s to 30d")]
    [InlineData("--uses", "0", "number of uses")]
    [InlineData("other.example", "--once", "is no tunnel of this installation")]
    public async Task A_link_that_cannot_be_is_refused_with_advice(string first, string second, string complaint)
    {
        await using ShareScene scene = await ShareScene.StartAsync();

        (int code, string output, string error) = await scene.ShareAsync(first, second);

        code.ShouldNotBe(0);
        output.ShouldBe("");
        error.ShouldContain(complaint);
    }

    [Fact]
    public async Task A_link_of_a_tunnel_below_a_path_is_good_there_only()
    {
        var cookies = new List<string>();
        await using ShareScene scene = await ShareScene.StartAsync(
            tunnel: t => t with { Path = "/alice", Policies = [new("share", "true")] }, app: context =>
            {
                lock (cookies)
                {
                    cookies.Add(context.Request.Headers.Cookie.ToString());
                }

                return context.Response.WriteAsync("ok");
            });
        await using var bob = new RunningClient(RunningClient.Options(scene.Server.Url, scene.App.Url, t => t with { Path = "/bob" }, "other"));
        await bob.Events.NextReadyAsync();
        Uri link = await scene.LinkAsync(scene.Url.AbsoluteUri);
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = new Uri(scene.Server.Url, "/") };
        HttpResponseMessage opened = await ShareScene.OpenAsync(browser, link);
        opened.Headers.Location!.OriginalString.ShouldBe("/alice");
        string cookie = "Cookie: theme=dark; " + CredentialScene.CookiesOf(opened) + "; __Secure-ggrok-admin=x; lang=en";

        (await browser.GetAsync("/alice", cookie)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await browser.GetAsync("/bob", cookie)).StatusCode.ShouldBe(HttpStatusCode.OK);

        // Bob's local service must not get what lets Alice's visitors in; nor does Alice's need it.
        cookies.ShouldBe(["theme=dark; lang=en", "theme=dark; lang=en"]);
    }

    [Fact]
    public async Task What_a_link_of_a_pool_gave_outlives_the_member_that_made_it()
    {
        await using ShareScene scene = await ShareScene.StartAsync(tunnel: t => t with { Pool = new PoolRequest(), Policies = [new("share", "true")] });
        Uri link = await scene.LinkAsync("--uses", "2");
        using HttpClient browser = CredentialScene.Browser(scene.Url);
        await ShareScene.OpenAsync(browser, link);
        RunningClient first = scene.Client;
        await scene.OpenAsync(Guid.NewGuid().ToString("N"));
        await first.DisposeAsync();

        (await browser.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.OK);
        using HttpClient other = CredentialScene.Browser(scene.Url);
        (await ShareScene.OpenAsync(other, link)).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
    }

    [Fact]
    public async Task No_local_service_sets_a_cookie_of_the_server()
    {
        await using GgrokEnvironment environment = await GgrokEnvironment.StartAsync(context =>
        {
            context.Response.Headers.SetCookie = new(["ggrok-share-1=x; Path=/", "__Host-ggrok-login-1=x; Secure", " =ggrok-login-2=x", "GGROK-browser=x", "__Secure-ggrok-admin=x; Path=/$$ggrok; Secure", "mine=1; Path=/", "my-ggrok-cookie=2"]);
            return context.Response.WriteAsync("ok");
        });

        (await environment.Visitor.GetAsync("/")).SetCookies().ShouldBe(["mine=1; Path=/", "my-ggrok-cookie=2"]);
    }
}
