using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Ggrok.Server.Dashboard.Access;
using Ggrok.Tests.Metrics;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Dashboard;

/// <summary>Who is let in to the page and the API, and who is not.</summary>
public sealed class AdminAccessTests
{
    private static readonly string[] Reads = ["/api/tunnels", "/api/sessions", "/api/stats", "/api/tokens", "/api/tail"];

    [Fact]
    public async Task Nothing_is_told_without_an_admin_token()
    {
        await using DashboardScene scene = await DashboardScene.StartAsync();
        foreach (string path in Reads)
        {
            foreach (string? token in (string?[])[null, "wrong-" + path, "client-secret"])
            {
                using HttpResponseMessage answer = await scene.SendAsync(HttpMethod.Get, path, token: token);
                answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, $"{path} {token}");
                answer.Headers.WwwAuthenticate.ToString().ShouldContain("Bearer");
            }
        }

        foreach ((HttpMethod method, string path) in new[] { (HttpMethod.Delete, "/api/sessions/x"), (HttpMethod.Post, "/api/tokens"), (HttpMethod.Delete, "/api/tokens/x"), (HttpMethod.Delete, "/api/session") })
        {
            using HttpResponseMessage answer = await scene.SendAsync(method, path, new { name = "mine", grants = "admin" });
            answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, path);
        }
    }

    [Fact]
    public async Task The_cookie_is_kept_from_scripts_other_sites_and_other_paths()
    {
        await using DashboardScene scene = await DashboardScene.StartAsync(settings: [("GGROK_TRUSTED_PROXIES", "127.0.0.1")]);
        using HttpResponseMessage plain = await scene.SendAsync(HttpMethod.Post, "/api/session", new { token = Scraper.AdminToken });
        string cookie = plain.Headers.GetValues("Set-Cookie").Single();
        cookie.ShouldStartWith("ggrok-admin=");
        cookie.ShouldContain("; path=/$$ggrok; ", Case.Insensitive);
        cookie.ShouldContain("httponly", Case.Insensitive);
        cookie.ShouldContain("samesite=strict", Case.Insensitive);
        cookie.ShouldNotContain("domain=", Case.Insensitive);
        cookie.ShouldNotContain("secure", Case.Insensitive);
        plain.Headers.CacheControl!.NoStore.ShouldBeTrue();

        using HttpResponseMessage secure = await scene.SendAsync(HttpMethod.Post, "/api/session", new { token = Scraper.AdminToken }, fields: ("X-Forwarded-Proto", "https"));
        cookie = secure.Headers.GetValues("Set-Cookie").Single();
        cookie.ShouldStartWith("__Secure-ggrok-admin=");
        cookie.ShouldContain("; secure", Case.Insensitive);
    }

    [Fact]
    public async Task Whoever_is_signed_in_reads_with_the_cookie_and_writes_with_the_pages_secret_beside_it()
    {
        await using DashboardScene scene = await DashboardScene.StartAsync();
        (string cookie, string csrf) = await scene.SignInAsync();
        (await StatusAsync(scene, HttpMethod.Get, "/api/tunnels", ("Cookie", cookie))).ShouldBe(200);
        (await StatusAsync(scene, HttpMethod.Delete, "/api/sessions/x", ("Cookie", cookie))).ShouldBe(403);
        (await StatusAsync(scene, HttpMethod.Delete, "/api/sessions/x", ("Cookie", cookie), ("X-Ggrok-Csrf", "wrong"))).ShouldBe(403);
        (await StatusAsync(scene, HttpMethod.Delete, "/api/sessions/x", ("Cookie", cookie), ("X-Ggrok-Csrf", csrf))).ShouldBe(404);

        (await StatusAsync(scene, HttpMethod.Delete, "/api/session", ("Cookie", cookie), ("X-Ggrok-Csrf", csrf))).ShouldBe(204);
        (await StatusAsync(scene, HttpMethod.Get, "/api/tunnels", ("Cookie", cookie))).ShouldBe(401);
    }

    [Theory]
    [InlineData("Origin", "http://evil.example")]
    [InlineData("Origin", "http://shop.tunnels.example")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task Other_pages_cannot_use_the_cookie_nor_sign_in(string name, string value)
    {
        await using DashboardScene scene = await DashboardScene.StartAsync();
        (string cookie, string csrf) = await scene.SignInAsync();
        (await StatusAsync(scene, HttpMethod.Get, "/api/tunnels", ("Cookie", cookie), (name, value))).ShouldBe(403);
        (await StatusAsync(scene, HttpMethod.Delete, "/api/sessions/x", ("Cookie", cookie), ("X-Ggrok-Csrf", csrf), (name, value))).ShouldBe(403);
        using HttpResponseMessage login = await scene.SendAsync(HttpMethod.Post, "/api/session", new { token = Scraper.AdminToken }, fields: (name, value));
        login.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Under_the_name_of_a_tunnel_there_is_no_page_no_sign_in_and_no_cookie_that_counts()
    {
        var seen = new List<string>();
        await using DashboardScene scene = await DashboardScene.StartAsync(context =>
        {
            seen.Add(context.Request.Path + " " + context.Request.Headers.Cookie);
            return Task.CompletedTask;
        });
        (string cookie, _) = await scene.SignInAsync(DashboardScene.Domain);

        foreach (string path in (string[])["/", "/js/main.js", "/api/session", "/api/tunnels"])
        {
            using HttpResponseMessage answer = await scene.SendAsync(HttpMethod.Get, path, host: DashboardScene.TunnelHost, fields: ("Cookie", cookie));
            string text = await answer.Content.ReadAsStringAsync();
            text.ShouldNotContain("\"signedIn\":true", Case.Insensitive, path);
            if (path != "/api/session")
            {
                ((int)answer.StatusCode).ShouldBeOneOf(401, 404);
            }
        }

        using HttpResponseMessage login = await scene.SendAsync(HttpMethod.Post, "/api/session", new { token = Scraper.AdminToken }, host: DashboardScene.TunnelHost);
        login.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        login.Headers.Contains("Set-Cookie").ShouldBeFalse();

        // The tenant's service sees nothing of it; a program with the token itself may use any name.
        seen.ShouldBeEmpty();
        using HttpResponseMessage program = await scene.SendAsync(HttpMethod.Get, "/api/tunnels", token: Scraper.AdminToken, host: DashboardScene.TunnelHost);
        program.StatusCode.ShouldBe(HttpStatusCode.OK);
        seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_cookie_counts_under_the_name_alone_under_which_it_was_given()
    {
        await using DashboardScene scene = await DashboardScene.StartAsync();
        (string cookie, _) = await scene.SignInAsync(DashboardScene.Domain);
        using HttpResponseMessage same = await scene.SendAsync(HttpMethod.Get, "/api/tunnels", host: DashboardScene.Domain, fields: ("Cookie", cookie));
        same.StatusCode.ShouldBe(HttpStatusCode.OK);
        using HttpResponseMessage other = await scene.SendAsync(HttpMethod.Get, "/api/tunnels", host: "free.tunnels.example", fields: ("Cookie", cookie));
        other.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_cookie_that_a_neighbour_made_up_does_not_hide_the_real_one()
    {
        await using DashboardScene scene = await DashboardScene.StartAsync();
        (string cookie, _) = await scene.SignInAsync();
        foreach (string both in (string[])["ggrok-admin=made-up; " + cookie, cookie + "; ggrok-admin=made-up"])
        {
            (await StatusAsync(scene, HttpMethod.Get, "/api/tunnels", ("Cookie", both))).ShouldBe(200);
        }

        (await StatusAsync(scene, HttpMethod.Get, "/api/tunnels", ("Cookie", "ggrok-admin=made-up; ggrok-admin="))).ShouldBe(401);
    }

    [Fact]
    public async Task A_session_ends_without_deeds_and_after_twelve_hours_in_any_case()
    {
        await using DashboardScene scene = await DashboardScene.StartAsync();
        var time = new ManualTimeProvider();
        var sessions = new AdminSessions(scene.Server.Get<AdminAccess>(), time);
        Ggrok.Server.Tunnels.Identity admin = scene.Server.Get<Ggrok.Server.Tokens.TokenAuthenticator>().Authenticate("Bearer " + Scraper.AdminToken)!;
        (string idle, _) = sessions.Begin(admin, "my.app");
        time.Advance(AdminSessions.IdleLimit - TimeSpan.FromSeconds(1));
        sessions.Find(idle, "my.app").ShouldNotBeNull();
        time.Advance(TimeSpan.FromSeconds(1));
        sessions.Find(idle, "my.app").ShouldBeNull();

        (string busy, AdminSession session) = sessions.Begin(admin, "my.app");
        for (TimeSpan lived = default; lived < AdminSessions.LongestLife; lived += TimeSpan.FromMinutes(20))
        {
            sessions.Find(busy, "my.app").ShouldNotBeNull();
            session.Use(time.GetUtcNow());
            time.Advance(TimeSpan.FromMinutes(20));
        }

        sessions.Find(busy, "my.app").ShouldBeNull();
        sessions.IsValid(session).ShouldBeFalse();
    }

    [Fact]
    public async Task Sessions_of_a_program_that_forgets_its_cookies_are_bounded()
    {
        await using DashboardScene scene = await DashboardScene.StartAsync();
        var time = new ManualTimeProvider();
        var sessions = new AdminSessions(scene.Server.Get<AdminAccess>(), time);
        Ggrok.Server.Tunnels.Identity admin = scene.Server.Get<Ggrok.Server.Tokens.TokenAuthenticator>().Authenticate("Bearer " + Scraper.AdminToken)!;
        var cookies = new List<string>();
        for (int i = 0; i < 150; i++)
        {
            cookies.Add(sessions.Begin(admin, "my.app").Cookie);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        cookies.Count(c => sessions.Find(c, "my.app") is not null).ShouldBe(100);
        sessions.Find(cookies[^1], "my.app").ShouldNotBeNull();
    }

    [Fact]
    public async Task What_the_page_does_by_itself_keeps_nobody_signed_in()
    {
        await using DashboardScene scene = await DashboardScene.StartAsync();
        (string cookie, _) = await scene.SignInAsync();
        AdminSession session = scene.Server.Get<AdminSessions>().Find(cookie["ggrok-admin=".Length..], "127.0.0.1").ShouldNotBeNull();
        DateTimeOffset before = session.LastUsed;
        (await StatusAsync(scene, HttpMethod.Get, "/api/tunnels", ("Cookie", cookie), ("X-Ggrok-Background", "1"))).ShouldBe(200);
        session.LastUsed.ShouldBe(before);
        (await StatusAsync(scene, HttpMethod.Get, "/api/tunnels", ("Cookie", cookie))).ShouldBe(200);
        session.LastUsed.ShouldBeGreaterThan(before);
    }

    [Fact]
    public async Task A_name_that_a_tunnel_takes_later_signs_its_administrators_out()
    {
        await using DashboardScene scene = await DashboardScene.StartAsync();
        (string cookie, _) = await scene.SignInAsync("late.tunnels.example");
        await using var client = new RunningClient(RunningClient.Options(scene.Server.Url, scene.App.Url, t => t with { Subdomain = "late" }, token: "client-secret"));
        await client.Events.NextReadyAsync();
        using HttpResponseMessage answer = await scene.SendAsync(HttpMethod.Get, "/api/tunnels", host: "late.tunnels.example", fields: ("Cookie", cookie));
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task With_a_name_of_its_own_the_page_is_served_there_only_and_no_tunnel_gets_that_name()
    {
        await using DashboardScene scene = await DashboardScene.StartAsync(settings: [("GGROK_DASHBOARD_HOST", "Admin.tunnels.example")]);
        using HttpResponseMessage there = await scene.SendAsync(HttpMethod.Get, "/", host: "admin.tunnels.example");
        there.StatusCode.ShouldBe(HttpStatusCode.OK);
        using HttpResponseMessage elsewhere = await scene.SendAsync(HttpMethod.Get, "/", host: DashboardScene.Domain);
        elsewhere.StatusCode.ShouldBe(HttpStatusCode.NotFound);

        await using var client = new RunningClient(RunningClient.Options(scene.Server.Url, scene.App.Url, t => t with { Subdomain = "admin" }, token: "client-secret"));
        Ggrok.Client.Connection.ClientExit exit = await client.Exit;
        exit.Code.ShouldBe(Ggrok.Client.Connection.ExitCode.Refused);
        exit.Message!.ShouldContain("admin.tunnels.example is the server's own name");
    }

    [Fact]
    public async Task Without_an_admin_token_the_page_says_so_and_nobody_signs_in()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Within.Limit };
        JsonElement state = await http.GetFromJsonAsync<JsonElement>(new Uri(server.Url, "/$$ggrok/api/session"));
        state.GetProperty("configured").GetBoolean().ShouldBeFalse();
        state.GetProperty("signedIn").GetBoolean().ShouldBeFalse();
        foreach (string token in (string[])["", "anything"])
        {
            using HttpResponseMessage login = await http.PostAsJsonAsync(new Uri(server.Url, "/$$ggrok/api/session"), new { token });
            login.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Url, "/$$ggrok/api/tunnels"));
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
            using HttpResponseMessage answer = await http.SendAsync(request);
            answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    public async Task Guessing_at_the_sign_in_is_slowed()
    {
        await using DashboardScene scene = await DashboardScene.StartAsync();
        HttpResponseMessage? slowed = null;

        // The first wait is over soon, on a machine that is busy maybe at once; each further guess costs twice the wait.
        for (int i = 0; i < 40 && slowed is null; i++)
        {
            using HttpResponseMessage guess = await scene.SendAsync(HttpMethod.Post, "/api/session", new { token = "guess-" + i });
            if (guess.StatusCode != HttpStatusCode.TooManyRequests)
            {
                continue;
            }

            i.ShouldBeGreaterThan(10);
            HttpResponseMessage answer = await scene.SendAsync(HttpMethod.Post, "/api/session", new { token = Scraper.AdminToken });
            slowed = answer.StatusCode == HttpStatusCode.OK ? null : answer;
        }

        using HttpResponseMessage right = slowed.ShouldNotBeNull();
        right.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        right.Headers.RetryAfter!.Delta!.Value.ShouldBeGreaterThan(TimeSpan.Zero);
        right.Headers.Contains("Set-Cookie").ShouldBeFalse();
    }

    [Fact]
    public async Task Revoking_a_token_signs_out_whoever_used_it()
    {
        await using DashboardScene scene = await DashboardScene.StartAsync();
        using HttpResponseMessage made = await scene.AdminAsync(HttpMethod.Post, "/api/tokens", new { name = "second", grants = "admin" });
        string secret = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("secret").GetString()!;
        using HttpResponseMessage login = await scene.SendAsync(HttpMethod.Post, "/api/session", new { token = secret });
        login.StatusCode.ShouldBe(HttpStatusCode.OK);
        string cookie = login.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        using HttpResponseMessage stream = await scene.SendAsync(HttpMethod.Get, "/api/tail", fields: ("Cookie", cookie));
        stream.StatusCode.ShouldBe(HttpStatusCode.OK);
        using HttpResponseMessage byToken = await scene.SendAsync(HttpMethod.Get, "/api/tail", token: secret);
        byToken.StatusCode.ShouldBe(HttpStatusCode.OK);

        using HttpResponseMessage revoked = await scene.AdminAsync(HttpMethod.Delete, "/api/tokens/second");
        revoked.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await StatusAsync(scene, HttpMethod.Get, "/api/tunnels", ("Cookie", cookie))).ShouldBe(401);
        await Within.Bound(stream.Content.ReadAsStringAsync(), "the tail to end");
        await Within.Bound(byToken.Content.ReadAsStringAsync(), "the tail of the token to end");
    }

    [Fact]
    public async Task A_browser_at_the_bare_path_is_led_to_the_page_and_a_program_is_told_to_upgrade()
    {
        await using DashboardScene scene = await DashboardScene.StartAsync();
        using HttpResponseMessage browser = await scene.SendAsync(HttpMethod.Get, "", fields: ("Accept", "text/html,application/xhtml+xml"));
        browser.StatusCode.ShouldBe(HttpStatusCode.Found);
        browser.Headers.Location!.OriginalString.ShouldBe("/$$ggrok/");
        using HttpResponseMessage program = await scene.SendAsync(HttpMethod.Get, "", fields: ("Accept", "*/*"));
        ((int)program.StatusCode).ShouldBe(426);
    }

    [Fact]
    public async Task Sign_ins_and_deeds_are_in_the_audit_log_without_secrets()
    {
        await using DashboardScene scene = await DashboardScene.StartAsync(settings: [("GGROK_AUDIT_LOG", "-")]);
        using HttpResponseMessage wrong = await scene.SendAsync(HttpMethod.Post, "/api/session", new { token = "wrong-secret" });
        await scene.SignInAsync();
        string id = (await scene.GetAsync("/api/sessions"))[0].GetProperty("id").GetString()!;
        using HttpResponseMessage ended = await scene.AdminAsync(HttpMethod.Delete, "/api/sessions/" + id);
        foreach (string happened in (string[])["adminRefused", "adminLogin", "adminAction"])
        {
            await Eventually.BecomesAsync(() => Task.FromResult(scene.Server.Logs.Lines.Any(l => l.Message.Contains(happened, StringComparison.Ordinal))), true);
        }

        scene.Server.Logs.Lines.ShouldAllBe(l => !l.Message.Contains("wrong-secret") && !l.Message.Contains(Scraper.AdminToken));
    }

    private static async Task<int> StatusAsync(DashboardScene scene, HttpMethod method, string path, params (string Name, string Value)[] fields)
    {
        using HttpResponseMessage answer = await scene.SendAsync(method, path, fields: fields);
        return (int)answer.StatusCode;
    }
}
