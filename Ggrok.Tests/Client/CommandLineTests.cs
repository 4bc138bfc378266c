using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;

namespace Ggrok.Tests.Client;

public sealed class CommandLineTests : CommandLineScene
{
    [Fact]
    public async Task The_full_command_opens_a_tunnel_with_all_that_was_said()
    {
        int code = await RunAsync("--server", "my.app", "--port", "3000", "--token", "t0ken", "--path", "alice/", "--strip-path", "--host-header", "preserve", "--label", "me");

        code.ShouldBe(0, Error);
        Opened!.Server.AbsoluteUri.ShouldBe("https://my.app/");
        Opened.Token.ShouldBe("t0ken");
        Opened.Label.ShouldBe("me");
        LocalTunnel tunnel = Opened.Tunnels.ShouldHaveSingleItem();
        (tunnel.Target.AbsoluteUri, tunnel.Path, tunnel.StripPath, tunnel.HostHeader).ShouldBe(("http://localhost:3000/", "/alice", true, "preserve"));
    }

    [Theory]
    [InlineData(TargetProtocol.Auto, "3000")]
    [InlineData(TargetProtocol.Auto, "https://localhost:8443", "--target-protocol", "auto")]
    [InlineData(TargetProtocol.Http1, "https://localhost:8443", "--target-protocol", "http1")]
    [InlineData(TargetProtocol.H2c, "3000", "--target-protocol", "H2C")]
    [InlineData(TargetProtocol.H2, "https://localhost:8443", "--target-protocol", "h2")]
    public async Task The_protocol_of_the_local_service_can_be_given(TargetProtocol expected, params string[] arguments)
    {
        (await RunAsync([.. arguments, "--server", "x"])).ShouldBe(0, Error);

        Opened!.Tunnels[0].TargetProtocol.ShouldBe(expected);
    }

    [Fact]
    public async Task A_saved_server_makes_the_command_short_and_the_identity_stays()
    {
        (await RunAsync("config", "set", "server", "my.app")).ShouldBe(0);
        (await RunAsync("3000")).ShouldBe(0, Error);
        string id = Opened!.ClientId;
        (await RunAsync("3001")).ShouldBe(0);

        Opened.ClientId.ShouldBe(id);
        Opened.Server.Host.ShouldBe("my.app");
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(ConfigPath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [Fact]
    public async Task Option_beatsVariables_beats_file()
    {
        await RunAsync("config", "set", "server", "file.app");
        Variables["GGROK_SERVER"] = "environment.app";
        await RunAsync("3000");
        Opened!.Server.Host.ShouldBe("environment.app");
        await RunAsync("3000", "--server", "option.app");
        Opened.Server.Host.ShouldBe("option.app");
    }

    [Fact]
    public async Task The_token_is_saved_but_not_shown()
    {
        await RunAsync("config", "set", "token", "a:b#c");
        await RunAsync("config", "list");

        Output.ShouldContain("token: ****");
        Output.ShouldNotContain("a:b#c");
    }

    [Fact]
    public async Task Json_output_is_one_object_a_line()
    {
        await RunAsync("3000", "--server", "x", "--log", "json");

        JsonElement[] lines = [.. Output.Trim().Split('\n').Select(l => JsonDocument.Parse(l).RootElement)];
        lines.Select(l => l.GetProperty("event").GetString()).ShouldBe(["ready", "request", "lost"]);
        lines[0].GetProperty("url").GetString().ShouldBe("https://x");
        lines[1].GetProperty("path").GetString().ShouldBe("/a\u001b[31m");
        lines[1].GetProperty("error").GetString().ShouldBe("LocalUnreachable");
    }

    [Fact]
    public async Task Text_output_shows_the_address_first_and_no_escapes_of_strangers()
    {
        await RunAsync("3000", "--server", "x");

        string text = Output;
        text.ShouldStartWith("Forwarding  https://x -> http://localhost:3000");
        text.ShouldContain("LocalUnreachable");
        text.ShouldNotContain("\u001b");
    }

    [Fact]
    public async Task The_help_of_a_command_shows_its_own_arguments_only()
    {
        (await RunAsync("tcp", "--help")).ShouldBe(0);

        Output.ShouldContain("tcp [<service>] [options]");
        Output.ShouldNotContain("[<service>] tcp");
        Output.ShouldContain("--remote-port");
        Output.ShouldNotContain("a URL");
    }

    [Fact]
    public async Task A_raw_tunnel_is_what_was_said()
    {
        (await RunAsync("tcp", "10.0.0.5:5432", "--server", "x", "--remote-port", "20001", "--proxy-protocol")).ShouldBe(0, Error);

        LocalTunnel tunnel = Opened!.Tunnels.ShouldHaveSingleItem();
        (tunnel.Kind, tunnel.Target.AbsoluteUri, tunnel.RemotePort, tunnel.PrivateName, tunnel.ProxyProtocol)
            .ShouldBe((TunnelKind.Tcp, "tcp://10.0.0.5:5432/", 20001, null, true));
        (await RunAsync("udp", "53", "--server", "x", "--name", "DNS")).ShouldBe(0, Error);
        tunnel = Opened.Tunnels.ShouldHaveSingleItem();
        (tunnel.Kind, tunnel.Target.AbsoluteUri, tunnel.PrivateName).ShouldBe((TunnelKind.Udp, "udp://localhost:53/", "dns"));
        (await RunAsync("tls", "8443", "--server", "x", "--subdomain", "vault")).ShouldBe(0, Error);
        tunnel = Opened.Tunnels.ShouldHaveSingleItem();
        (tunnel.Kind, tunnel.Target.AbsoluteUri, tunnel.Subdomain).ShouldBe((TunnelKind.Tls, "tcp://localhost:8443/", "vault"));
    }

    [Theory]
    [InlineData("2222", "127.0.0.1:2222")]
    [InlineData(":2222", "127.0.0.1:2222")]
    [InlineData("localhost:2222", "127.0.0.1:2222")]
    [InlineData("0.0.0.0:2222", "0.0.0.0:2222")]
    [InlineData("*:2222", "0.0.0.0:2222")]
    [InlineData("[::1]:2222", "[::1]:2222")]
    public async Task A_connection_to_a_private_name_is_what_was_said(string written, string expected)
    {
        (await RunAsync("connect", "Device-42", "--server", "x", "--listen", written, "--udp", "--wait")).ShouldBe(0, Error);

        ConnectTarget target = Opened!.Connect.ShouldHaveSingleItem();
        (target.Name, target.Listen!.ToString(), target.Udp).ShouldBe(("device-42", expected, true));
        (Opened.Tunnels.Count, Opened.WaitForNames).ShouldBe((0, true));
    }

    [Fact]
    public async Task Standard_input_and_output_are_the_connection_and_nothing_else_is_written_there()
    {
        (await RunAsync("connect", "device-42", "--server", "x", "--stdio")).ShouldBe(0, Error);

        Opened!.Connect.ShouldHaveSingleItem().Listen.ShouldBeNull();
        Opened.Reconnect.ShouldBeFalse();
        Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task Help_names_every_option()
    {
        (await RunAsync("--help")).ShouldBe(0);

        Output.ShouldContain("ggrok --server my.app --port 3000");
        Output.ShouldContain("--host-header");
    }
}
