using System.Net;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Balancing;

/// <summary>How requests are shared out among members that are well.</summary>
public class BalanceRuleTests
{
    [Fact]
    public async Task Round_robin_gives_each_member_its_turn()
    {
        await using PoolScene pool = await PoolScene.WithMembersAsync(3, "round-robin");

        List<string> answers = await pool.AskAsync(9);

        answers[..3].Order().ShouldBe(["a", "b", "c"]);
        answers[3..6].ShouldBe(answers[..3]);
        answers[6..].ShouldBe(answers[..3]);
    }

    [Theory]
    [InlineData("least-requests")]
    [InlineData("random-two")]
    public async Task A_member_that_is_busy_gets_no_more_while_others_are_idle(string balance)
    {
        var release = new TaskCompletionSource();
        var entered = new SemaphoreSlim(0);
        await using PoolScene pool = await PoolScene.StartAsync();
        await pool.JoinAsync(async c =>
        {
            entered.Release();
            await release.Task;
            await c.Response.WriteAsync("slow");
        }, t => t with { Pool = new PoolRequest(balance) });

        // Two: the last request of a visitor may still be counted when its next one comes.
        Task<string>[] running = [pool.Visitor.GetStringAsync("/"), pool.Visitor.GetStringAsync("/")];
        await Within.Bound(entered.WaitAsync(), "a request");
        await Within.Bound(entered.WaitAsync(), "another request");
        await pool.JoinAsync("quick", balance);

        List<string> answers = await pool.AskAsync(10);
        release.SetResult();

        answers.Distinct().ShouldBe(["quick"]);
        (await Task.WhenAll(running)).ShouldBe(["slow", "slow"]);
    }

    [Fact]
    public async Task Random_two_uses_every_member()
    {
        await using PoolScene pool = await PoolScene.WithMembersAsync(3, "random-two");

        (await pool.AskAsync(60)).Distinct().Order().ShouldBe(["a", "b", "c"]);
    }

    [Fact]
    public async Task A_sticky_cookie_keeps_a_browser_at_its_member_and_says_nothing_about_it()
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        foreach (string name in new[] { "a", "b", "c" })
        {
            await pool.JoinAsync(
                c => c.Response.WriteAsync($"{name} {c.Request.Headers.Cookie}"), t => t with { Path = "/app", Pool = new PoolRequest("sticky-cookie") });
        }

        (string first, string cookie) = await VisitAsync(pool, null);
        (string name_, string value) = Split(cookie);
        List<(string Answer, string Cookie)> again = [];
        for (int i = 0; i < 6; i++)
        {
            again.Add(await VisitAsync(pool, $"other=1; {name_}={value}; __Host-{name_}=a; __Secure-{name_}=b; last=2"));
        }

        cookie.ShouldMatch("^ggrok-[0-9a-f]{8}=[A-Za-z0-9_-]{20}; Path=/; HttpOnly; SameSite=Lax$");
        first.Length.ShouldBe(2);
        again.Select(a => a.Answer).Distinct().ShouldBe([first + "other=1; last=2"]);
        again.Select(a => a.Cookie).Distinct().ShouldBe([""]);
        List<string> cookies = [cookie];
        for (int i = 0; i < 5; i++)
        {
            cookies.Add((await VisitAsync(pool, null)).Cookie);
        }

        cookies.Distinct().Count().ShouldBe(3);
    }

    [Theory]
    [InlineData("https", true)]
    [InlineData("http", false)]
    public async Task The_cookie_is_for_https_alone_where_the_visitor_uses_it(string scheme, bool secure)
    {
        await using PoolScene pool = await PoolScene.WithMembersAsync(2, "sticky-cookie", ("GGROK_TRUSTED_PROXIES", "127.0.0.1"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "X-Forwarded-Proto", scheme }, { "X-Forwarded-For", "203.0.113.9" } } };

        using HttpResponseMessage response = await pool.Visitor.SendAsync(request);

        string cookie = response.Headers.GetValues("Set-Cookie").Single();
        cookie.ShouldMatch(secure ? "^__Host-ggrok-[0-9a-f]{8}=.*; Path=/; HttpOnly; SameSite=Lax; Secure$" : "^ggrok-[0-9a-f]{8}=.*; Path=/; HttpOnly; SameSite=Lax$");

        // It is known again.
        using var next = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "X-Forwarded-Proto", scheme }, { "X-Forwarded-For", "203.0.113.9" }, { "Cookie", cookie[..cookie.IndexOf(';')] } } };
        using HttpResponseMessage again = await pool.Visitor.SendAsync(next);
        again.Headers.Contains("Set-Cookie").ShouldBeFalse();
    }

    [Fact]
    public async Task A_cookie_of_a_member_that_left_or_was_made_up_is_replaced()
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        RunningClient leaving = await pool.JoinAsync("a", "sticky-cookie");
        (_, string cookie) = await VisitAsync(pool, null, "/");
        await pool.JoinAsync("b", "sticky-cookie");
        (string name, string value) = Split(cookie);
        leaving.Stop();
        await leaving.Exit;

        (string answer, string replaced) = await VisitAsync(pool, $"{name}={value}", "/");
        (_, string madeUp) = await VisitAsync(pool, $"{name}=a", "/");
        (_, string settled) = await VisitAsync(pool, $"{name}={Split(replaced).Value}", "/");

        answer.ShouldBe("b");
        Split(replaced).Value.ShouldNotBe(value);
        madeUp.ShouldBe(replaced);
        settled.ShouldBe("");
    }

    [Fact]
    public async Task A_member_that_comes_back_gets_its_browsers_back()
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        RunningClient first = await pool.JoinAsync("a", "sticky-cookie", id: "installation-a");
        (_, string cookie) = await VisitAsync(pool, null, "/");
        await pool.JoinAsync("b", "sticky-cookie");
        first.Stop();
        await first.Exit;

        await pool.JoinAsync("a", "sticky-cookie", id: "installation-a");

        (string name, string value) = Split(cookie);
        for (int i = 0; i < 4; i++)
        {
            (await VisitAsync(pool, $"{name}={value}", "/")).ShouldBe(("a", ""));
        }
    }

    [Fact]
    public async Task The_cookies_of_the_service_stay_and_the_servers_own_answers_give_none()
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        RunningClient only = await pool.JoinAsync(
            c =>
            {
                c.Response.Headers.Append("Set-Cookie", "own=1");
                return c.Response.WriteAsync("a");
            },
            t => t with { Pool = new PoolRequest("sticky-cookie") });
        using HttpResponseMessage served = await pool.Visitor.GetAsync("/");
        await pool.JoinAsync(await PoolScene.NowhereAsync(), t => t with { Pool = new PoolRequest("sticky-cookie") });
        only.Stop();
        await only.Exit;

        using HttpResponseMessage failed = await pool.Visitor.GetAsync("/");

        served.Headers.GetValues("Set-Cookie").Count().ShouldBe(2);
        served.Headers.GetValues("Set-Cookie").First().ShouldBe("own=1");
        failed.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        failed.Headers.Contains("Set-Cookie").ShouldBeFalse();
    }

    [Fact]
    public async Task A_sticky_address_moves_only_with_its_own_member()
    {
        await using PoolScene pool = await PoolScene.StartAsync(("GGROK_TRUSTED_PROXIES", "127.0.0.1"));
        foreach (string name in (string[])["a", "b", "c"])
        {
            await pool.JoinAsync(name, "sticky-address", id: name);
        }

        // What falls to whom depends on the ids: with random ones a member may happen to get nothing.
        RunningClient fourth = await pool.JoinAsync("d", "sticky-address", id: "d");

        Dictionary<string, string> four = await ByAddressAsync(pool);
        (await ByAddressAsync(pool)).ShouldBe(four);
        fourth.Stop();
        await fourth.Exit;
        Dictionary<string, string> three = await ByAddressAsync(pool);

        four.Values.Distinct().Order().ShouldBe(["a", "b", "c", "d"]);
        four.Where(p => p.Value != "d").ShouldAllBe(p => three[p.Key] == p.Value);
        three.Values.ShouldNotContain("d");

        // What the one that left had is shared by all the others.
        four.Where(p => p.Value == "d").Select(p => three[p.Key]).Distinct().Count().ShouldBe(3);
    }

    private static async Task<Dictionary<string, string>> ByAddressAsync(PoolScene pool)
    {
        var members = new Dictionary<string, string>();
        for (int i = 0; i < 120; i++)
        {
            string address = $"198.51.100.{i}";
            using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "X-Forwarded-For", address } } };
            using HttpResponseMessage response = await pool.Visitor.SendAsync(request);
            members[address] = await response.Content.ReadAsStringAsync();
        }

        return members;
    }

    private static async Task<(string Answer, string Cookie)> VisitAsync(PoolScene pool, string? cookie, string path = "/app")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        using HttpResponseMessage response = await pool.Visitor.SendAsync(request);
        return (await response.Content.ReadAsStringAsync(), response.Headers.TryGetValues("Set-Cookie", out IEnumerable<string>? set) ? set.Single() : "");
    }

    private static (string Name, string Value) Split(string cookie) =>
        (cookie[..cookie.IndexOf('=')], cookie[(cookie.IndexOf('=') + 1)..cookie.IndexOf(';')]);
}
