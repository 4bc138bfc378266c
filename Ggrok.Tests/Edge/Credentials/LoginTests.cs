using System.Net;
using Ggrok.Shared.Balancing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Edge.Credentials;

/// <summary>Login at an OpenID Connect provider: the way there and back, cookies, and who gets in.</summary>
public class LoginTests
{
    [Fact]
    public async Task Who_logs_in_comes_back_to_the_page_and_the_local_service_learns_the_name()
    {
        var seen = new List<string>();
        await using LoginScene scene = await LoginScene.StartAsync(app: context =>
        {
            seen.Add($"{context.Request.Path}{context.Request.QueryString} {context.Request.Headers["X-Ggrok-User"]} {context.Request.Headers.Cookie}");
            return context.Response.WriteAsync("hello");
        });
        using HttpClient browser = scene.Browser();

        HttpResponseMessage back = await scene.LogInAsync(browser, "/orders/1?a=%2F&b=2");

        back.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        back.Headers.Location!.OriginalString.ShouldBe("/orders/1?a=%2F&b=2");
        back.Headers.CacheControl!.NoStore.ShouldBeTrue();
        back.SetCookies().Single().ShouldContain("; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax");
        scene.Provider.Authorizations.ShouldBe([scene.Url + "$$ggrok/login/callback"]);
        (await browser.GetAsync(back.Headers.Location)).StatusCode.ShouldBe(HttpStatusCode.OK);
        seen.ShouldBe(["/orders/1?a=%2F&b=2 anna@example.com "]);
        scene.Edge.Environment.Server.Logs.Lines.ShouldAllBe(l => !l.Message.Contains("hush", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_tunnel_with_conditions_has_a_login_of_its_own()
    {
        await using LoginScene scene = await LoginScene.StartAsync(tunnel: t => t with { Match = RouteMatch.Parse(["header=Accept-Language: de"]) });
        using HttpClient browser = scene.Browser();
        browser.DefaultRequestHeaders.Add("Accept-Language", "de");

        (await scene.LogInAsync(browser)).StatusCode.ShouldBe(HttpStatusCode.SeeOther);

        (await browser.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Programs_and_scripts_are_not_sent_to_a_page()
    {
        await using LoginScene scene = await LoginScene.StartAsync();
        HttpClient visitor = scene.Edge.Visitor;

        foreach (string[] fields in (string[][])[["Accept: */*"], ["Accept: application/json"], ["Accept: text/html", "X-Requested-With: XMLHttpRequest"], ["Accept: text/html", "Sec-Fetch-Mode: cors"]])
        {
            HttpResponseMessage refused = await visitor.GetAsync("/", fields);
            refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, string.Join(", ", fields));
            refused.ErrorOf().ShouldBe(nameof(RelayError.CredentialsRequired));
            refused.Headers.WwwAuthenticate.Count.ShouldBe(1);
        }

        (await visitor.SendAsync(CredentialScene.Request(HttpMethod.Post, "/", "Accept: text/html"))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        scene.Edge.Reached.ShouldBe(0);
    }

    [Theory]
    [InlineData("anna@example.com", true)]
    [InlineData("ANNA@Example.COM", true)]
    [InlineData("ben@example.com", false)]
    [InlineData("@example.com", true)]
    [InlineData("@ample.com", false)]
    [InlineData("@example.com.evil.example", false)]
    [InlineData("@other.example,anna@example.com", true)]
    [InlineData("group:dev", true)]
    [InlineData("group:de", false)]
    [InlineData("*", true)]
    public async Task Only_those_who_are_allowed_get_in(string allow, bool passes)
    {
        await using LoginScene scene = await LoginScene.StartAsync([("oauth-allow", allow)]);
        scene.Provider.Claims = c => c["groups"] = new[] { "ops", "dev" };
        if (!passes)
        {
            (await scene.FailAsync()).Error.ShouldBe(RelayError.AccessDenied);
            return;
        }

        using HttpClient browser = scene.Browser();
        await scene.LogInAsync(browser);
        (await browser.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("false")]
    [InlineData("missing")]
    [InlineData("word")]
    public async Task An_address_that_nobody_verified_is_nobodys(string verified)
    {
        await using LoginScene scene = await LoginScene.StartAsync([("oauth-allow", "@example.com")]);
        scene.Provider.Claims = c =>
        {
            c.Remove("email_verified");
            if (verified != "missing")
            {
                c["email_verified"] = verified == "word" ? "yes" : false;
            }
        };

        (RelayError error, string reason) = await scene.FailAsync();

        error.ShouldBe(RelayError.AccessDenied);
        reason.ShouldNotContain("anna@example.com");
    }

    [Theory]
    [InlineData("//evil.example/x")]
    [InlineData("///evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("/\\/evil.example")]
    [InlineData("http://{host}//evil.example/x")]
    [InlineData("/%0d%0aLocation:%20https://evil.example")]
    [InlineData("/%2f/evil.example")]
    [InlineData("/%5cevil.example")]
    [InlineData("/x?next=//evil.example")]
    public async Task After_the_login_a_browser_stays_on_the_host(string target)
    {
        await using LoginScene scene = await LoginScene.StartAsync();
        using RawSocket raw = await RawSocket.ConnectAsync(scene.Url);
        await raw.SendAsync($"GET {target.Replace("{host}", scene.Url.Authority, StringComparison.Ordinal)} HTTP/1.1\r\nHost: {scene.Url.Authority}\r\nAccept: text/html\r\n\r\n");
        string head = await raw.ReadUntilAsync("\r\n\r\n");
        string Field(string name) => head.Split("\r\n").Single(l => l.StartsWith(name + ": ", StringComparison.OrdinalIgnoreCase))[(name.Length + 2)..];
        Uri back = await scene.Provider.LogInAsync(new Uri(Field("Location")));

        HttpResponseMessage answer = await scene.Edge.Visitor.GetAsync(back.PathAndQuery, "Cookie: " + Field("Set-Cookie").Split(';')[0]);

        string location = answer.Headers.NonValidated["Location"].ToString();
        location.ShouldStartWith("/");
        (location.Length > 1 ? location[1] : ' ').ShouldNotBeOneOf('/', '\\');
        new Uri(scene.Url, location).Authority.ShouldBe(scene.Url.Authority);
        location.ShouldNotContain("\r");
    }

    [Fact]
    public async Task A_login_is_good_in_the_browser_in_which_it_began_only()
    {
        await using LoginScene scene = await LoginScene.StartAsync();
        using HttpClient attacker = scene.Browser();
        Uri back = await scene.ReturnAsync(attacker);

        // An attacker who gets a visitor to open this would have it log in as the attacker.
        using HttpClient victim = scene.Browser();
        HttpResponseMessage fresh = await victim.GetAsync(back);
        fresh.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        fresh.ErrorOf().ShouldBe(nameof(RelayError.LoginFailed));
        await scene.ReturnAsync(victim);
        (await victim.GetAsync(back)).ErrorOf().ShouldBe(nameof(RelayError.LoginFailed));
        (await victim.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.SeeOther);

        (await attacker.GetAsync(back)).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        (await attacker.GetAsync(back)).ErrorOf().ShouldBe(nameof(RelayError.LoginProviderFailed));
    }

    [Fact]
    public async Task Several_tabs_may_log_in_at_once()
    {
        await using LoginScene scene = await LoginScene.StartAsync();
        using HttpClient browser = scene.Browser();
        Uri first = await scene.ReturnAsync(browser, "/1");
        Uri second = await scene.ReturnAsync(browser, "/2");

        (await browser.GetAsync(first)).Headers.Location!.OriginalString.ShouldBe("/1");
        (await browser.GetAsync(second)).Headers.Location!.OriginalString.ShouldBe("/2");
    }

    [Theory]
    [InlineData("?code=x")]
    [InlineData("?code=x&state=y")]
    [InlineData("")]
    [InlineData("?error=access_denied&state=y")]
    public async Task A_callback_that_nobody_asked_for_is_refused(string query)
    {
        await using LoginScene scene = await LoginScene.StartAsync();

        HttpResponseMessage answer = await scene.Edge.Visitor.GetAsync("/$$ggrok/login/callback" + query);

        answer.ErrorOf().ShouldBe(nameof(RelayError.LoginFailed));
    }

    [Fact]
    public async Task What_the_provider_refuses_is_told_without_markup()
    {
        await using LoginScene scene = await LoginScene.StartAsync();
        using HttpClient browser = scene.Browser();
        Uri back = await scene.ReturnAsync(browser);
        string state = System.Web.HttpUtility.ParseQueryString(back.Query)["state"]!;

        HttpResponseMessage answer = await browser.GetAsync($"/$$ggrok/login/callback?error={Uri.EscapeDataString("<script>alert(1)</script>\r\nX: 1")}&state={state}");

        answer.ErrorOf().ShouldBe(nameof(RelayError.LoginFailed));
        string page = await answer.Content.ReadAsStringAsync();
        page.ShouldContain("&lt;script&gt;");
        page.ShouldNotContain("<script>");
    }

    [Fact]
    public async Task Sign_out_ends_the_login_also_for_a_copy_of_the_cookie()
    {
        await using LoginScene scene = await LoginScene.StartAsync();
        var cookies = new CookieContainer();
        using HttpClient browser = scene.Browser(cookies);
        await scene.LogInAsync(browser);
        string copy = "Cookie: " + cookies.GetCookieHeader(scene.Url);
        (await scene.Edge.Visitor.GetAsync("/", copy)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await browser.GetAsync("/$$ggrok/logout")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await browser.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.OK);

        foreach (string foreign in (string[])["Sec-Fetch-Site: same-site", "Sec-Fetch-Site: cross-site", "Origin: https://evil.example", "Origin: null"])
        {
            (await browser.SendAsync(CredentialScene.Request(HttpMethod.Post, "/$$ggrok/logout", foreign))).StatusCode.ShouldBe(HttpStatusCode.Forbidden, foreign);
        }

        (await browser.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.OK);
        HttpResponseMessage signedOut = await browser.SendAsync(CredentialScene.Request(HttpMethod.Post, "/$$ggrok/logout", "Sec-Fetch-Site: same-origin"));
        signedOut.StatusCode.ShouldBe(HttpStatusCode.OK);
        signedOut.SetCookies().ShouldContain(c => c.Contains("Max-Age=0", StringComparison.Ordinal));
        (await browser.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        (await scene.Edge.Visitor.GetAsync("/", copy)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_cookie_is_good_for_its_host_and_tunnel_alone()
    {
        await using LoginScene scene = await LoginScene.StartAsync();
        var cookies = new CookieContainer();
        using HttpClient browser = scene.Browser(cookies);
        await scene.LogInAsync(browser);
        string cookie = "Cookie: " + cookies.GetCookieHeader(scene.Url);
        PolicyDirective[] policies = [.. LoginScene.Policies(scene.Provider).Append(("oauth-allow", "anna@example.com")).Select(p => new PolicyDirective(p.Item1, p.Item2))];

        // Of the same owner with the same rules: only host and path differ.
        RunningClient Beside(Func<Ggrok.Client.Connection.LocalTunnel, Ggrok.Client.Connection.LocalTunnel> where) => new(RunningClient.Options(
            scene.Edge.Environment.Server.Url, scene.Edge.Environment.App.Url, t => where(t) with { Policies = policies },
            id: scene.Edge.Environment.Client.ClientId));
        await using RunningClient other = Beside(t => t with { Host = "other.example.com" });
        await other.Events.NextReadyAsync();
        await using RunningClient below = Beside(t => t with { Path = "/below" });
        await below.Events.NextReadyAsync();
        string renamed = cookie.Replace("ggrok-login-", "ggrok-login-x", StringComparison.Ordinal);

        (await scene.Edge.Visitor.GetAsync("/", cookie)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await scene.Edge.Visitor.GetAsync("/", cookie, "Host: other.example.com")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await scene.Edge.Visitor.GetAsync("/below", cookie)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await scene.Edge.Visitor.GetAsync("/", renamed)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        // Over https another name is looked for, which only a response over https can set.
        (await scene.Edge.Visitor.GetAsync("/", cookie, "X-Forwarded-Proto: https")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Over_https_cookies_belong_to_the_host_alone()
    {
        await using LoginScene scene = await LoginScene.StartAsync();

        HttpResponseMessage sent = await scene.Edge.Visitor.GetAsync("/", "Accept: text/html", "X-Forwarded-Proto: https");

        string cookie = sent.SetCookies().Single();
        cookie.ShouldStartWith("__Host-ggrok-browser=");
        cookie.ShouldContain("; Path=/;");
        cookie.ShouldEndWith("; Secure");
        cookie.ShouldNotContain("Domain");
        sent.Headers.Location!.Query.ShouldContain(Uri.EscapeDataString("https://"));
    }

    [Theory]
    [InlineData(null, "101")]
    [InlineData("http://{host}", "101")]
    [InlineData("http://evil.example", "403")]
    [InlineData("http://{host}.evil.example", "403")]
    [InlineData("null", "403")]
    public async Task A_websocket_counts_the_login_for_pages_of_the_same_host_only(string? origin, string status)
    {
        await using LoginScene scene = await LoginScene.StartAsync(app: async context =>
        {
            if (context.WebSockets.IsWebSocketRequest)
            {
                using System.Net.WebSockets.WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            }
        });
        var cookies = new CookieContainer();
        using HttpClient browser = scene.Browser(cookies);
        await scene.LogInAsync(browser);
        using RawSocket raw = await RawSocket.ConnectAsync(scene.Url);

        await raw.SendAsync($"GET /live HTTP/1.1\r\nHost: {scene.Url.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + $"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: {cookies.GetCookieHeader(scene.Url)}\r\n"
            + (origin is null ? "" : $"Origin: {origin.Replace("{host}", scene.Url.Authority, StringComparison.Ordinal)}\r\n") + "\r\n");

        (await raw.ReadUntilAsync("\r\n")).ShouldContain($" {status} ");
    }

    [Fact]
    public async Task Whoever_was_let_in_by_other_rules_logs_in_again()
    {
        await using LoginScene scene = await LoginScene.StartAsync();
        string file = Path.Combine(Directory.CreateTempSubdirectory("ggrok").FullName, "policies.yml");
        string Rules(string allow) => $"all: {{oauth: \"{scene.Provider.Issuer}\", oauth-client-id: the-client, oauth-client-secret: hush, oauth-allow: \"{allow}\"}}";
        await File.WriteAllTextAsync(file, Rules("@example.com"));
        await using EdgeScene edge = await EdgeScene.StartAsync([], [("GGROK_POLICY_FILE", file)]);
        using HttpClient browser = CredentialScene.Browser(edge.Environment.PublicUrl);
        await browser.GetAsync(await scene.Provider.LogInAsync((await browser.GetAsync("/")).Headers.Location!));
        (await browser.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.OK);

        await File.WriteAllTextAsync(file, Rules("ben@example.com"));

        await Eventually.BecomesAsync(async () => (await browser.GetAsync("/")).StatusCode, HttpStatusCode.SeeOther);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }
}
