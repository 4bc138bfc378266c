using System.Net;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Client;

/// <summary><c>ggrok start</c>: tunnels by their names.</summary>
public sealed class StartCommandTests : CommandLineScene
{
    private const string Tunnels = """
        server: my.app
        host-header: preserve
        subdomain: saved
        path: /saved
        tunnels:
          web: 3000
          api:
            target: https://localhost:8443
            insecure-target: true
            target-protocol: http1
            subdomain: API
            path: /v1
            strip-path: yes
            host-header: rewrite
          ssh:
            kind: tcp
            target: 22
            name: device-42
            proxy-protocol: true
          game:
            kind: udp
            port: 27015
            remote-port: 20022
          mail:
            kind: tls
            target: 10.0.0.5:993
            host: mail.example.com
        connect:
          db: 5432
          dns:
            listen: 127.0.0.1:5353
            udp: true
          any: {}
        """;

    [Fact]
    public async Task Every_kind_is_opened_in_one_session_as_it_is_written()
    {
        await File.WriteAllTextAsync(ConfigPath, Tunnels);

        (await RunAsync("start", "--all", "--token", "t0ken")).ShouldBe(0, Error);

        (Opened!.Token, Opened.CheckTargets, Opened.WaitForNames).ShouldBe(("t0ken", true, false));
        LocalTunnel[] tunnels = [.. Opened.Tunnels];
        tunnels.Select(t => t.Name).ShouldBe(["web", "api", "ssh", "game", "mail"]);
        tunnels[0].ShouldBe(new LocalTunnel { Name = "web", Target = new Uri("http://localhost:3000"), HostHeader = "preserve" });
        tunnels[1].ShouldBe(new LocalTunnel
        {
            Name = "api", Target = new Uri("https://localhost:8443"), InsecureTarget = true, TargetProtocol = TargetProtocol.Http1,
            Subdomain = "api", Path = "/v1", StripPath = true, HostHeader = "rewrite",
        });
        tunnels[2].ShouldBe(new LocalTunnel
        {
            Name = "ssh", Kind = TunnelKind.Tcp, Target = new Uri("tcp://localhost:22"), PrivateName = "device-42", ProxyProtocol = true,
        });
        tunnels[3].ShouldBe(new LocalTunnel { Name = "game", Kind = TunnelKind.Udp, Target = new Uri("udp://localhost:27015"), RemotePort = 20022 });
        tunnels[4].ShouldBe(new LocalTunnel { Name = "mail", Kind = TunnelKind.Tls, Target = new Uri("tcp://10.0.0.5:993"), Host = "mail.example.com" });
        Opened.Connect.ShouldBe(
        [
            new ConnectTarget("db", new IPEndPoint(IPAddress.Loopback, 5432)),
            new ConnectTarget("dns", new IPEndPoint(IPAddress.Loopback, 5353), Udp: true),
            new ConnectTarget("any", new IPEndPoint(IPAddress.Loopback, 0)),
        ]);
    }

    [Fact]
    public async Task Names_choose_in_their_order_and_the_options_of_a_session_apply()
    {
        await File.WriteAllTextAsync(ConfigPath, Tunnels);

        (await RunAsync("start", "db", "ssh", "web", "--wait", "--server", "other.app", "--label", "me", "--drain-timeout", "5s")).ShouldBe(0, Error);

        Opened!.Tunnels.Select(t => t.Name).ShouldBe(["ssh", "web"]);
        Opened.Connect.Select(c => c.Name).ShouldBe(["db"]);
        (Opened.Server.Host, Opened.Label, Opened.WaitForNames, Opened.DrainTimeout).ShouldBe(("other.app", "me", true, TimeSpan.FromSeconds(5)));
    }

    [Theory]
    [InlineData("Which tunnels? There are web, api, ssh, game, mail, db, dns, any; write for example ggrok start web", "start")]
    [InlineData("There is no tunnel \"wbe\"; did you mean web?", "start", "wbe")]
    [InlineData("There is no tunnel \"frobnicate\"; there are web, api, ssh", "start", "web", "frobnicate")]
    [InlineData("web is given twice", "start", "web", "api", "web")]
    [InlineData("Give names or --all, not both.", "start", "web", "--all")]
    [InlineData("no option \"--al\"; did you mean --all?", "start", "--al")]
    [InlineData("no command \"strat\"; did you mean ggrok start?", "strat", "web")]
    public Task Wrong_names_are_told(string expected, params string[] arguments) => ExpectAsync(Tunnels, expected, arguments);

    [Theory]
    [InlineData("server: x", "There is no tunnel to start; write some below tunnels: in ggrok.yml")]
    [InlineData("tunnels:\n  a: {}", "yml:2: a has no local service; write target: 3000 below it.")]
    [InlineData("tunnels:\n  a:", "yml:2: a is empty")]
    [InlineData("tunnels:\n  a: 70000", "yml:2: a: \"70000\" is not a port")]
    [InlineData("tunnels:\n  a:\n    target: localhost", "yml:3: a.target: \"localhost\" has no port")]
    [InlineData("tunnels:\n  a:\n    target: 1\n    port: 2", "yml:3: a.target: Give the local service once, here or with port.")]
    [InlineData("tunnels:\n  a:\n    target: 1\n    insecure-target: true", "yml:4: a.insecure-target is for an https target; give one with target: https://localhost:8443")]
    [InlineData("tunnels:\n  a:\n    target: 1\n    strip-path: true", "yml:4: a.strip-path needs path: there is no prefix")]
    [InlineData("tunnels:\n  a:\n    target: 1\n    strip-path: maybe", "yml:4: a.strip-path: \"maybe\" is neither true nor false")]
    [InlineData("tunnels:\n  a:\n    target: 1\n    host: a.example\n    subdomain: b", "yml:4: a.host asks for a whole name and subdomain for a part of one")]
    [InlineData("tunnels:\n  a:\n    kind: tcp\n    target: 1\n    name: b\n    remote-port: 5", "yml:6: a.remote-port asks for a public port and name for a private name")]
    [InlineData("tunnels:\n  a:\n    kind: tcp\n    target: http://x:1", "yml:4: a.target: \"http://x:1\" is not a local service")]
    [InlineData("connect:\n  a: http", "yml:2: a: \"http\" is no address to listen on")]
    [InlineData("connect:\n  a:\n    udp: 7", "yml:3: a.udp: \"7\" is neither true nor false")]
    [InlineData("tunnels:\n  a:\n    target: 1\n    subdomain: s\n  b:\n    target: 2\n    subdomain: S", "yml:5: b asks for the subdomain s, as a does")]
    [InlineData("tunnels:\n  a:\n    target: 1\n    path: /p\n  b:\n    target: 2\n    path: p/", "yml:5: b asks for the server's own host with /p, as a does")]
    [InlineData("tunnels:\n  a: {kind: tcp, target: 1, name: n}\n  b: {kind: udp, target: 1, name: N}", "yml:3: b asks for the private name n, as a does")]
    [InlineData("tunnels:\n  a: {kind: tcp, target: 1, remote-port: 9}\n  b: {kind: tcp, target: 1, remote-port: 9}", "yml:3: b asks for the tcp port 9, as a does")]
    [InlineData("connect:\n  a: 5432\n  b: 0.0.0.0:5432", "yml:3: b listens on 0.0.0.0:5432, and a on 127.0.0.1:5432")]
    public Task What_cannot_be_started_is_told(string text, string expected) => ExpectAsync(text, expected, "start", "--all", "--server", "x");

    [Fact]
    public async Task What_differs_in_anything_that_matters_does_not_clash()
    {
        await File.WriteAllTextAsync(ConfigPath, """
            tunnels:
              a: 3000
              b: 3000
              c: {target: 1, subdomain: s}
              d: {target: 1, subdomain: s, path: /p}
              e: {target: 1, kind: tls, subdomain: s}
              f: {target: 1, kind: tcp, remote-port: 9}
              g: {target: 1, kind: udp, remote-port: 9}
            connect:
              h: 5432
              i: {listen: 5432, udp: true}
              j: 127.0.0.2:5432
              k: 0
              l: 0
            """);

        (await RunAsync("start", "--all", "--server", "x")).ShouldBe(0, Error);
    }

    [Fact]
    public async Task Only_what_is_started_must_be_right()
    {
        await File.WriteAllTextAsync(ConfigPath, "server: x\ntunnels:\n  web: 3000\n  broken: {}\n");

        (await RunAsync("start", "web")).ShouldBe(0, Error);
    }

    [Fact]
    public async Task The_sample_of_the_documentation_is_one_that_works()
    {
        string document = Repository.Read("docs", "cli.md");
        string sample = document.Split("```yaml\n")[1].Split("```")[0];
        await File.WriteAllTextAsync(ConfigPath, sample);

        (await RunAsync("config", "check")).ShouldBe(0, Output);
        (await RunAsync("start", "--all")).ShouldBe(0, Error);

        Opened!.Tunnels.Select(t => t.Kind).Distinct().Count().ShouldBe(4);
        Opened.Connect.ShouldNotBeEmpty();
    }

    private async Task ExpectAsync(string text, string expected, params string[] arguments)
    {
        await File.WriteAllTextAsync(ConfigPath, text);

        (await RunAsync(arguments)).ShouldBe((int)ExitCode.Usage);

        Error.ShouldContain(expected);
        Error.Trim().Split('\n').Length.ShouldBe(1);
        Opened.ShouldBeNull();
    }
}
