using Ggrok.Client.Connection;
using Ggrok.Client.Output;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Client;
using Ggrok.Tests.View;

namespace Ggrok.Tests.Balancing;

/// <summary>Pools, checks and conditions on the command line and in ggrok.yml, and what the client shows of them.</summary>
public class SharingOptionsTests : CommandLineScene
{
    private static readonly PublicTunnel Shared = new("web", new Uri("https://x.example.com"), new Uri("http://localhost:3000"), new PoolGrant(3, "round-robin"), "method=POST");

    [Fact]
    public async Task Options_say_all_of_it()
    {
        await RunAsync(
            "3000", "--server", "my.app", "--pool", "--pool-key", "a shared secret", "--balance", "Round-Robin", "--match", "method=post", "--match", "header=X-Env: staging",
            "--health", "/up", "--health-interval", "2s", "--health-timeout", "500ms", "--health-threshold", "3");

        LocalTunnel tunnel = Opened!.Tunnels.ShouldHaveSingleItem();
        tunnel.Pool.ShouldBe(new PoolRequest("round-robin", "a shared secret"));
        tunnel.Health.ShouldBe(new HealthRequest("/up", 2000, 500, 3));
        tunnel.Match!.ToString().ShouldBe("header=x-env: staging, method=POST");
    }

    [Fact]
    public async Task Without_them_a_tunnel_has_its_name_alone()
    {
        await RunAsync("3000", "--server", "my.app");

        LocalTunnel tunnel = Opened!.Tunnels.ShouldHaveSingleItem();
        (tunnel.Pool, tunnel.Health, tunnel.Match).ShouldBe((null, null, null));
    }

    [Fact]
    public async Task The_file_says_the_same_and_conditions_are_one_or_a_list()
    {
        await File.WriteAllTextAsync(ConfigPath, """
            server: my.app
            tunnels:
              web:
                target: 3000
                path: /shop
                pool: true
                pool-key: a shared secret
                balance: sticky-cookie
                health: /up
                health-interval: 5s
              writes:
                target: 3001
                path: /shop
                match: method=POST
              staging:
                target: 3002
                path: /shop
                match:
                  - method=POST
                  - "header=X-Env: staging"
              alone:
                target: 3003
                path: /alone
                pool: false
            """);

        (await RunAsync("start", "--all")).ShouldBe(0, Error);

        Opened!.Tunnels[0].Pool.ShouldBe(new PoolRequest("sticky-cookie", "a shared secret"));
        Opened.Tunnels[0].Health.ShouldBe(new HealthRequest("/up", 5000));
        Opened.Tunnels.Select(t => t.Match?.ToString()).ShouldBe([null, "method=POST", "header=x-env: staging, method=POST", null]);
        Opened.Tunnels[3].Pool.ShouldBeNull();
    }

    [Fact]
    public async Task Two_tunnels_of_a_file_with_one_name_and_the_same_conditions_clash()
    {
        await File.WriteAllTextAsync(ConfigPath, """
            server: my.app
            tunnels:
              one: { target: 3000, path: /shop, match: "method=PUT,POST" }
              two: { target: 3001, path: /shop, match: "method=POST,PUT" }
            """);

        (await RunAsync("start", "--all")).ShouldBe(2);

        Error.ShouldContain("/shop (method=POST,PUT), as one does");
    }

    [Theory]
    [InlineData("--balance round-robin", "--balance needs --pool")]
    [InlineData("--pool-key abcdefgh", "--pool-key needs --pool")]
    [InlineData("--health-interval 5s", "--health-interval needs --health")]
    [InlineData("--pool --balance fair", "write least-requests, round-robin")]
    [InlineData("--pool --pool-key short", "8 to 128 characters")]
    [InlineData("--health up", "a path such as /up")]
    [InlineData("--health /up --health-interval 10ms", "1s to 1h")]
    [InlineData("--health /up --health-timeout 5m", "100ms to 1m")]
    [InlineData("--health /up --health-threshold 0", "a number from 1 to 20")]
    [InlineData("--match path=/x", "--match: \"path=/x\" is no condition")]
    [InlineData("--match method=GET --match method=POST", "there are two conditions on the method")]
    public async Task A_mistake_is_one_clear_sentence(string options, string expected)
    {
        (await RunAsync(["3000", "--server", "my.app", .. options.Split(' ')])).ShouldBe(2);

        Error.ShouldContain(expected);
        Opened.ShouldBeNull();
    }

    [Fact]
    public async Task A_mistake_in_the_file_says_its_line()
    {
        await File.WriteAllTextAsync(ConfigPath, """
            tunnels:
              web:
                target: 3000
                match:
                  - method=POST
                  - header=Host
            """);

        (await RunAsync("config", "check")).ShouldBe(2);

        Output.ShouldContain("ggrok.yml:6: web.match: a condition on the header Host");
    }

    [Fact]
    public async Task Terminal_JSON_and_view_show_pool_and_conditions()
    {
        using var text = new StringWriter();
        using var json = new StringWriter();
        await using (var terminal = new TerminalOutput(text, colour: false, quiet: true))
        await using (var lines = new JsonOutput(json, TimeProvider.System))
        {
            terminal.Ready([Shared]);
            lines.Ready([Shared]);
        }

        text.ToString().ShouldContain("https://x.example.com -> http://localhost:3000  (method=POST; pool of 3, round-robin)");
        json.ToString().ShouldContain("\"poolMembers\":3,\"balance\":\"round-robin\",\"match\":\"method=POST\"");
        Drawn.Lines(Drawn.Online with { Tunnels = [Shared] }, 100, 24)
            .ShouldContain("Forwarding  https://x.example.com → http://localhost:3000 (method=POST; pool of 3, round-robin)");
    }
}
