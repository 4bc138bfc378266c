using Ggrok.Client.Connection;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Edge;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Balancing;

/// <summary>Who may share a name, and what becomes of it when members come and go.</summary>
public class PoolTests
{
    [Fact]
    public async Task Members_share_the_requests_and_each_is_told_how_many_there_are()
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync("c"));
        await pool.JoinAsync("a");
        await pool.JoinAsync("b");
        RunningClient third = pool.Begin(app.Url, t => t with { Pool = new PoolRequest() });

        PublicTunnel told = (await third.Events.NextReadyAsync())[0];

        told.Pool.ShouldBe(new PoolGrant(3, "least-requests"));
        (await pool.AskAsync(9)).Distinct().Order().ShouldBe(["a", "b", "c"]);
    }

    [Fact]
    public async Task A_name_that_somebody_has_alone_is_not_shared_and_a_pool_is_not_taken()
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        await pool.JoinAsync(c => c.Response.WriteAsync("alone"), t => t with { Path = "/alone" });
        await pool.JoinAsync(c => c.Response.WriteAsync("shared"), t => t with { Path = "/shared", Pool = new PoolRequest() });

        ClientExit sharer = await pool.RefusalAsync(t => t with { Path = "/alone", Pool = new PoolRequest() });
        ClientExit loner = await pool.RefusalAsync(t => t with { Path = "/shared" });

        (sharer.Code, loner.Code).ShouldBe((ExitCode.NameTaken, ExitCode.NameTaken));
        sharer.Message!.ShouldContain("start theirs with --pool, too");
        loner.Message!.ShouldContain("join it with --pool");
    }

    [Fact]
    public async Task Members_need_the_same_token()
    {
        await using PoolScene pool = await PoolScene.WithMembersAsync(1);

        ClientExit stranger = await pool.RefusalAsync(t => t with { Pool = new PoolRequest() }, token: "other-secret");
        ClientExit withKey = await pool.RefusalAsync(t => t with { Pool = new PoolRequest(Key: "a shared secret") }, token: "other-secret");

        stranger.Code.ShouldBe(ExitCode.NameTaken);
        stranger.Message!.ShouldContain("the same token or certificate");
        withKey.Code.ShouldBe(ExitCode.NameTaken);
    }

    [Fact]
    public async Task With_tokens_a_key_is_needed_besides_where_a_pool_has_one()
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        await pool.JoinAsync(c => c.Response.WriteAsync("a"), t => t with { Pool = new PoolRequest(Key: "a shared secret") });

        ClientExit without = await pool.RefusalAsync(t => t with { Pool = new PoolRequest() });
        ClientExit other = await pool.RefusalAsync(t => t with { Pool = new PoolRequest(Key: "another secret") });
        await pool.JoinAsync(c => c.Response.WriteAsync("b"), t => t with { Pool = new PoolRequest(Key: "a shared secret") });

        (without.Code, other.Code).ShouldBe((ExitCode.NameTaken, ExitCode.NameTaken));
        other.Message!.ShouldContain("the same --pool-key");
        (await pool.AskAsync(4)).Distinct().Order().ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task On_a_server_that_lets_anybody_in_a_pool_needs_a_key()
    {
        await using PoolScene pool = await PoolScene.OpenToAllAsync();
        await pool.JoinAsync(c => c.Response.WriteAsync("keyless"), t => t with { Path = "/keyless", Pool = new PoolRequest() });
        await pool.JoinAsync(c => c.Response.WriteAsync("a"), t => t with { Path = "/keyed", Pool = new PoolRequest(Key: "a shared secret") });

        ClientExit hijacker = await pool.RefusalAsync(t => t with { Path = "/keyless", Pool = new PoolRequest() });
        ClientExit guesser = await pool.RefusalAsync(t => t with { Path = "/keyed", Pool = new PoolRequest(Key: "a wrong guess") });
        await pool.JoinAsync(c => c.Response.WriteAsync("b"), t => t with { Path = "/keyed", Pool = new PoolRequest(Key: "a shared secret") });

        (hijacker.Code, guesser.Code).ShouldBe((ExitCode.NameTaken, ExitCode.NameTaken));
        hijacker.Message!.ShouldContain("start all of them with the same --pool-key");
        (await pool.AskAsync(4, "/keyed")).Distinct().Order().ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task What_does_not_fit_the_first_member_is_refused_with_a_sentence()
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        var path = new PoolRequest();
        await pool.JoinAsync(c => c.Response.WriteAsync("a"), t => t with { Path = "/x", Pool = new PoolRequest("round-robin") });

        ClientExit rule = await pool.RefusalAsync(t => t with { Path = "/x", Pool = new PoolRequest("sticky-cookie") });
        ClientExit strip = await pool.RefusalAsync(t => t with { Path = "/x", StripPath = true, Pool = path });
        ClientExit policies = await pool.RefusalAsync(t => t with { Path = "/x", Pool = path, Policies = [new PolicyDirective("allow-ip", "10.0.0.0/8")] });
        await pool.JoinAsync(c => c.Response.WriteAsync("b"), t => t with { Path = "/x", Pool = path });

        (rule.Code, strip.Code, policies.Code).ShouldBe((ExitCode.Refused, ExitCode.Refused, ExitCode.Refused));
        rule.Message!.ShouldContain("balances by round-robin");
        strip.Message!.ShouldContain("keep the path prefix");
        policies.Message!.ShouldContain("other policies");
        (await pool.AskAsync(2, "/x")).Order().ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task Members_with_the_same_password_are_one_pool_although_each_seals_it_anew()
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        Func<string, string> seal = PolicyKeys.Find("auth")!.Seal!;
        PolicyDirective[] sealings = [new("auth", seal("anna:secret password")), new("auth", seal("anna:secret password"))];
        foreach (PolicyDirective sealing in sealings)
        {
            await pool.JoinAsync(c => c.Response.WriteAsync("in"), t => t with { Pool = new PoolRequest(), Policies = [sealing] });
        }

        sealings[0].ShouldNotBe(sealings[1]);
        (await pool.VisitAsync(HttpMethod.Get)).Error.ShouldBe("CredentialsRequired");
        pool.Visitor.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String("anna:secret password"u8));
        (await pool.AskAsync(4)).Distinct().ShouldBe(["in"]);
        (await pool.RefusalAsync(t => t with { Pool = new PoolRequest() })).Message!.ShouldContain("other policies");
    }

    [Theory]
    [InlineData("auth", "anna:secret password", "ben:secret password")]
    [InlineData("bearer", "a-long-random-token-1", "a-long-random-token-2")]
    [InlineData("api-key", "X-Api-Key=a-long-random-key-1", "X-Api-Key=a-long-random-key-2")]
    [InlineData("api-key", "X-Api-Key=a-long-random-key-1", "X-Other-Key=a-long-random-key-1")]
    public async Task A_member_with_another_secret_is_refused_rather_than_left_with_one_that_does_not_count(string policy, string held, string wanted)
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        PolicyDirective Sealed(string value) => new(policy, PolicyKeys.Find(policy)!.Seal!(value));
        await pool.JoinAsync(c => c.Response.WriteAsync("in"), t => t with { Pool = new PoolRequest(), Policies = [Sealed(held)] });
        await pool.JoinAsync(c => c.Response.WriteAsync("in"), t => t with { Pool = new PoolRequest(), Policies = [Sealed(held)] });

        ClientExit exit = await pool.RefusalAsync(t => t with { Pool = new PoolRequest(), Policies = [Sealed(wanted)] });

        exit.Message!.ShouldContain("other policies");
    }

    [Fact]
    public async Task A_pool_needs_a_name_where_the_server_would_give_each_client_one_of_its_own()
    {
        await using PoolScene pool = await PoolScene.StartAsync(("GGROK_DOMAIN", "tunnels.example.com"));

        ClientExit exit = await pool.RefusalAsync(t => t with { Pool = new PoolRequest() });

        exit.Code.ShouldBe(ExitCode.Refused);
        exit.Message!.ShouldContain("ask for --subdomain, --host or --path");
    }

    [Fact]
    public async Task Several_runs_of_one_installation_are_members_and_one_that_comes_back_takes_its_own_place()
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        RunningClient first = await pool.JoinAsync("a", id: "same");
        TunnelSession session = pool.SessionOf(first);
        await pool.JoinAsync("b", id: "same");
        session.Connection.RequestClose(CloseReason.TransportLost);

        await first.Events.NextLostAsync();
        PublicTunnel back = (await first.Events.NextReadyAsync())[0];

        back.Pool!.Members.ShouldBe(2);
        (await pool.AskAsync(4)).Distinct().Order().ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task A_lost_member_is_not_missed_and_the_last_lost_one_is_away_for_all_members()
    {
        await using PoolScene pool = await PoolScene.StartAsync();
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync("new"));
        await using ScriptedMember first = await ScriptedMember.JoinAsync(pool, RelayError.LocalUnreachable);
        await using ScriptedMember second = await ScriptedMember.JoinAsync(pool, RelayError.LocalUnreachable);

        first.Vanish();
        await Eventually.BecomesAsync(() => Task.FromResult(pool.Server.Get<SessionDirectory>().Sessions.Count()), 1);
        (await pool.VisitAsync(HttpMethod.Get)).Error.ShouldBe("LocalUnreachable");
        second.Vanish();
        await Eventually.BecomesAsync(async () => (await pool.VisitAsync(HttpMethod.Get)).Error, "TunnelAway");

        // The name is kept, but not from those who shared it.
        (await pool.RefusalAsync(t => t)).Code.ShouldBe(ExitCode.NameTaken);
        await pool.JoinAsync(app.Url, t => t with { Pool = new PoolRequest("sticky-address") });
        (await pool.AskAsync(2)).ShouldBe(["new", "new"]);
    }
}
