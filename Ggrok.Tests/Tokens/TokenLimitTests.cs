using Ggrok.Client.Connection;
using Ggrok.Server.Hosting;
using Ggrok.Server.Tokens;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Raw;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Tokens;

/// <summary>Which tunnels a token opens, by the words behind it.</summary>
public class TokenLimitTests
{
    private const string Domain = "my.test";

    [Theory]
    [InlineData("hosts=*.dev.my.test", "http a.dev.my.test", null)]
    [InlineData("hosts=*.dev.my.test", "http A.DEV.my.test", null)]
    [InlineData("hosts=*.dev.my.test", "tls a.dev.my.test", null)]
    [InlineData("hosts=*.dev.my.test", "http dev.my.test", "does not take the host dev.my.test; it takes *.dev.my.test")]
    [InlineData("hosts=*.dev.my.test", "http other.my.test", "does not take the host other.my.test")]
    [InlineData("hosts=*.dev.my.test", "http evil.test", "does not take the host evil.test")]
    [InlineData("hosts=*.dev.my.test", "http a.dev.my.test.evil.test", "does not take the host")]
    [InlineData("hosts=*.dev.my.test", "http", "does not take the host")]
    [InlineData("hosts=*.dev.my.test", "http - /hooks", "does not take the host 127.0.0.1")]
    [InlineData("hosts=*.dev.my.test", "tcp", "opens no tcp tunnels for the public")]
    [InlineData("hosts=*.dev.my.test kinds=http|tcp", "tcp", null)]
    [InlineData("hosts=*.dev.my.test kinds=http|tcp", "udp", "opens no udp tunnels")]
    [InlineData("hosts=*.dev.my.test kinds=http|tcp", "tls a.dev.my.test", "opens no tls tunnels")]
    [InlineData("hosts=*.dev.my.test", "tcp =device", "does not serve the name device")]
    [InlineData("hosts=*.dev.my.test serve=device", "tcp =device", null)]
    [InlineData("hosts=127.0.0.1", "http - /any", null)]
    [InlineData("hosts=*.my.test", "http", null)]
    [InlineData("paths=/hooks", "http - /hooks", null)]
    [InlineData("paths=/hooks", "http - /hooks/a", null)]
    [InlineData("paths=/hooks", "http - /hooksa", "does not take the path /hooksa; it takes /hooks")]
    [InlineData("paths=/hooks", "http - /Hooks", "does not take the path /Hooks")]
    [InlineData("paths=/hooks/*", "http - /hooks/a/b", null)]
    [InlineData("paths=/hooks/*", "http - /hooks", "does not take the path /hooks;")]
    [InlineData("paths=/hooks", "http a.my.test", "does not take a whole host; ask with --path for one of /hooks")]
    [InlineData("paths=/hooks", "tls a.my.test", "does not take a whole host")]
    [InlineData("paths=/hooks hosts=a.my.test", "http a.my.test /hooks", null)]
    [InlineData("paths=/hooks hosts=a.my.test", "http b.my.test /hooks", "does not take the host b.my.test")]
    [InlineData("paths=/hooks", "udp", "opens no udp tunnels")]
    [InlineData("kinds=http", "http a.my.test", null)]
    [InlineData("kinds=http", "tcp =device", "does not serve the name device")]
    [InlineData("kinds=udp serve=device", "tcp =device", "opens no tcp tunnels; use one whose grants have kinds=tcp")]
    [InlineData("kinds=udp serve=device", "udp", "no public tunnels")]
    [InlineData("admin", "http", "no public tunnels")]
    [InlineData("admin", "tcp =device", "does not serve the name device")]
    [InlineData("admin public", "http", null)]
    [InlineData("name=ci max-tunnels=1", "tcp =device", null)]
    [InlineData("policies=none expires=2999-01-01", "udp", null)]
    public async Task Words_decide(string words, string tunnel, string? refusal)
    {
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TOKENS", "secret " + words), ("GGROK_DOMAIN", Domain));
        RunningClient client = scene.Start(RunningClient.Options(scene.Server.Url, scene.Server.Url, _ => Tunnel(tunnel), "secret"));
        if (refusal is null)
        {
            await client.Events.NextReadyAsync();
            return;
        }

        ClientExit exit = await client.Exit;
        exit.Code.ShouldBe(ExitCode.Refused);
        exit.Message.ShouldNotBeNull().ShouldContain(refusal);
    }

    [Fact]
    public async Task A_token_has_its_own_limit_of_tunnels_below_that_of_all()
    {
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TOKENS", "secret max-tunnels=2, other"), ("GGROK_MAX_TUNNELS_PER_TOKEN", "3"));
        foreach (string name in (string[])["a", "b"])
        {
            await scene.ServeAsync(RawScene.Tcp(9, name), "secret");
        }

        RunningClient third = scene.Start(RunningClient.Options(scene.Server.Url, scene.Server.Url, _ => RawScene.Tcp(9, "c"), "secret"));
        (string reason, _) = await third.Events.NextLostAsync();

        reason.ShouldContain("2 tunnels at once");
        await scene.ServeAsync(RawScene.Tcp(9, "d"), "other");
    }

    [Theory]
    [InlineData("s kinds=http,tcp", "the values of kinds= are separated by |")]
    [InlineData("s hosts=a.my.test,b.my.test", "the values of hosts= are separated by |")]
    [InlineData("s kinds=ftp", "\"ftp\" is no kind of tunnel")]
    [InlineData("s hosts=a:80", "\"a:80\" is no host name")]
    [InlineData("s hosts=", "is no host name")]
    [InlineData("s hosts=a?b", "is no host name")]
    [InlineData("s paths=hooks", "\"hooks\" is no path")]
    [InlineData("s paths=/a/../b", "is no path")]
    [InlineData("s paths=/a?", "is no path")]
    [InlineData("s max-tunnels=0", "is no number of tunnels")]
    [InlineData("s max-tunnels=1 max-tunnels=2", "max-tunnels= is written twice")]
    [InlineData("s expires=soon", "\"soon\" is no date")]
    [InlineData("s expires=2030-02-30", "is no date")]
    [InlineData("s name=open", "cannot name a token")]
    [InlineData("s name=token-1", "cannot name a token")]
    [InlineData("s name=a/b", "cannot name a token")]
    [InlineData("s policies=", "is no policy")]
    [InlineData("s policies=none|auth", "is no policy")]
    [InlineData("admin", "need a token in front")]
    [InlineData("max-tunnels=5", "need a token in front")]
    [InlineData("sha256:abc", "64 hexadecimal digits")]
    [InlineData("s name=ci, t name=ci", "two tokens are named ci")]
    [InlineData("s hosts=a.b, s hosts=c.d", "twice with different grants")]
    public async Task Words_that_are_none_stop_the_server(string tokens, string expected)
    {
        SettingsException e = await Should.ThrowAsync<SettingsException>(() => RunningServer.StartAsync([("GGROK_TOKENS", tokens)]));

        e.Message.ShouldContain("GGROK_TOKENS");
        e.Message.ShouldContain(expected);
    }

    [Fact]
    public async Task A_hash_stands_for_its_secret_and_opens_nothing_itself()
    {
        string hash = "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("secret"u8));
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TOKENS", $"{hash} name=ci public")]);

        (await Knock.AtAsync(server, "secret")).Status.ShouldBe(System.Net.HttpStatusCode.SwitchingProtocols);
        (await Knock.AtAsync(server, hash)).Status.ShouldBe(System.Net.HttpStatusCode.Unauthorized);
        (await Knock.AtAsync(server, hash["sha256:".Length..])).Status.ShouldBe(System.Net.HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("")]
    [InlineData("public")]
    [InlineData("admin")]
    [InlineData("public admin serve=* connect=*")]
    [InlineData("public hosts=*.a.b|c.d paths=/x|/y/* kinds=http|tls policies=auth|rate-limit max-tunnels=7 expires=2030-12-31T10:00:00Z")]
    [InlineData("public kinds=tcp policies=none")]
    [InlineData("serve=a|b connect=c*")]
    public void What_is_written_is_read_again(string words)
    {
        Grants grants = Grants.Parse(words.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        GrantWords.Write(grants).ShouldBe(words);
    }

    [Fact]
    public void The_last_day_counts_whole()
    {
        Grants.Parse(["expires=2030-12-31"]).Expires.ShouldBe(new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Grants.Parse(["expires=2030-12-31T18:00+02:00"]).Expires.ShouldBe(new DateTimeOffset(2030, 12, 31, 16, 0, 0, TimeSpan.Zero));
    }

    [Theory]
    [InlineData("", "auth", true)]
    [InlineData("policies=*", "auth", true)]
    [InlineData("policies=auth|rate-limit", "rate-limit", true)]
    [InlineData("policies=auth", "rate-limit", false)]
    [InlineData("policies=none", "auth", false)]
    public void Policies_are_granted_by_key(string words, string key, bool allowed) =>
        Grants.Parse(words.Split(' ', StringSplitOptions.RemoveEmptyEntries)).AllowsPolicy(key).ShouldBe(allowed);

    [Theory]
    [InlineData("", false)]
    [InlineData("public serve=* connect=*", false)]
    [InlineData("admin", true)]
    public void Administration_is_never_included(string words, bool isAdmin) =>
        Grants.Parse(words.Split(' ', StringSplitOptions.RemoveEmptyEntries)).IsAdmin.ShouldBe(isAdmin);

    [Theory]
    [InlineData("secret", "admin.my.test", false)]
    [InlineData("secret", "admin.other.test", false)]
    [InlineData("secret", "www.my.test", false)]
    [InlineData("secret", "free.my.test", true)]
    [InlineData("secret hosts=*.my.test", "admin.my.test", false)]
    [InlineData("secret hosts=admin.my.test", "admin.my.test", true)]
    [InlineData("secret hosts=admin.*", "admin.my.test", true)]
    [InlineData("secret hosts=*.my.test|www.my.test", "www.my.test", true)]
    [InlineData("secret hosts=*.my.test|www.my.test", "admin.my.test", false)]
    public async Task Reserved_hosts_are_for_tokens_that_name_them(string token, string host, bool allowed)
    {
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TOKENS", token), ("GGROK_RESERVED_HOSTS", "www.my.test, ADMIN.*"));
        foreach (string kind in (string[])["http", "tls"])
        {
            RunningClient client = scene.Start(RunningClient.Options(scene.Server.Url, scene.Server.Url, _ => Tunnel($"{kind} {host}"), "secret", id: "one"));
            if (allowed)
            {
                await client.Events.NextReadyAsync();
                continue;
            }

            ClientExit exit = await client.Exit;
            exit.Code.ShouldBe(ExitCode.Refused);
            exit.Message.ShouldNotBeNull().ShouldContain(host);
        }
    }

    [Fact]
    public async Task The_shared_host_can_be_reserved_too_and_an_open_server_reserves_as_well()
    {
        await using RawScene scene = await RawScene.StartAsync(("GGROK_RESERVED_HOSTS", "127.0.0.1"));
        ClientExit exit = await scene.Start(RunningClient.Options(scene.Server.Url, scene.Server.Url, t => t with { Path = "/a" })).Exit;

        exit.Message.ShouldNotBeNull().ShouldContain("127.0.0.1 is reserved");
    }

    [Fact]
    public async Task Random_names_pass_over_reserved_ones()
    {
        // Half of all names, so that some clients meet one first.
        string[] reserved = [.. "abcdefghijklm".Select(c => $"{c}*.{Domain}")];
        await using RawScene scene = await RawScene.StartAsync(("GGROK_DOMAIN", Domain), ("GGROK_RESERVED_HOSTS", string.Join(',', reserved)));
        for (int i = 0; i < 20; i++)
        {
            (_, Uri url) = await scene.ServeAsync(new LocalTunnel { Name = "web", Target = scene.Server.Url }, id: $"client-{i}");
            "nopqrstuvwxyz".ShouldContain(url.Host[0]);
        }
    }

    // "KIND HOST PATH", where - is no host, or "KIND =NAME" for a private name.
    private static LocalTunnel Tunnel(string text)
    {
        string[] parts = text.Split(' ');
        string? second = parts.ElementAtOrDefault(1);
        TunnelKind kind = TunnelKinds.Parse(parts[0])!.Value;
        return new LocalTunnel
        {
            Name = "one",
            Kind = kind,
            Target = new Uri((kind == TunnelKind.Udp ? "udp" : kind == TunnelKind.Http ? "http" : "tcp") + "://127.0.0.1:9"),
            PrivateName = second?.StartsWith('=') == true ? second[1..] : null,
            Host = second is null or "-" || second[0] == '=' ? null : second,
            Path = parts.ElementAtOrDefault(2),
        };
    }
}
