using System.Text.Json;
using Ggrok.Client.Cli;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;

namespace Ggrok.Tests.Client;

/// <summary>The whole command line in process; what would open the tunnel is a double.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-test").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private readonly Dictionary<string, string> _environment;
    private TunnelClientOptions? _options;

    public CommandLineTests()
    {
        _environment = new Dictionary<string, string> { ["GGROK_CONFIG"] = Path.Combine(_folder, "ggrok.yml") };
    }

    [Fact]
    public async Task The_full_command_opens_a_tunnel_with_all_that_was_said()
    {
        int code = await RunAsync("--server", "my.app", "--port", "3000", "--token", "t0ken", "--path", "alice/", "--strip-path", "--host-header", "preserve", "--label", "me");

        code.ShouldBe(0, _error.ToString());
        _options!.Server.AbsoluteUri.ShouldBe("https://my.app/");
        _options.Token.ShouldBe("t0ken");
        _options.Label.ShouldBe("me");
        LocalTunnel tunnel = _options.Tunnels.ShouldHaveSingleItem();
        (tunnel.Target.AbsoluteUri, tunnel.Path, tunnel.StripPath, tunnel.HostHeader).ShouldBe(("http://localhost:3000/", "/alice", true, "preserve"));
    }

    [Fact]
    public async Task A_saved_server_makes_the_command_short_and_the_identity_stays()
    {
        (await RunAsync("config", "set", "server", "my.app")).ShouldBe(0);
        (await RunAsync("3000")).ShouldBe(0, _error.ToString());
        string id = _options!.ClientId;
        (await RunAsync("3001")).ShouldBe(0);

        _options.ClientId.ShouldBe(id);
        _options.Server.Host.ShouldBe("my.app");
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(_environment["GGROK_CONFIG"]).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [Fact]
    public async Task Option_beats_environment_beats_file()
    {
        await RunAsync("config", "set", "server", "file.app");
        _environment["GGROK_SERVER"] = "environment.app";
        await RunAsync("3000");
        _options!.Server.Host.ShouldBe("environment.app");
        await RunAsync("3000", "--server", "option.app");
        _options.Server.Host.ShouldBe("option.app");
    }

    [Theory]
    [InlineData("Which local service?", "--server", "my.app")]
    [InlineData("Which server?", "3000")]
    [InlineData("Give the local service once", "3000", "--port", "4000", "--server", "x")]
    [InlineData("'--sever'", "3000", "--sever", "x")]
    [InlineData("--strip-path needs --path", "3000", "--server", "x", "--strip-path")]
    [InlineData("not for both", "3000", "--server", "x", "--subdomain", "a", "--host", "b")]
    [InlineData("belongs to the server", "3000", "--server", "x", "--path", "/$$ggrok/x")]
    [InlineData("no path prefix", "3000", "--server", "x", "--path", "/a/../b")]
    [InlineData("https target", "3000", "--server", "x", "--insecure-target")]
    [InlineData("--log takes text or json", "3000", "--server", "x", "--log", "xml")]
    [InlineData("duration", "3000", "--server", "x", "--drain-timeout", "soon")]
    [InlineData("cannot be read", "3000", "--server", "x", "--token-file", "/nonexistent/token")]
    [InlineData("did you mean server?", "config", "set", "servr", "x")]
    public async Task Mistakes_end_with_code_2_and_a_sentence(string expected, params string[] arguments)
    {
        (await RunAsync(arguments)).ShouldBe((int)ExitCode.Usage);

        _error.ToString().ShouldContain(expected);
        _options.ShouldBeNull();
    }

    [Theory]
    [InlineData("sever: x", ":1: there is no setting \"sever\"; did you mean server?")]
    [InlineData("server: [", "not valid YAML")]
    [InlineData("- server", "must be one mapping")]
    [InlineData("label: a\nserver: {a: b}", ":2: server must be a single value")]
    [InlineData("server: a\n---\nserver: b", "must be one mapping")]
    public async Task A_broken_file_is_named_with_its_line(string text, string expected)
    {
        await File.WriteAllTextAsync(_environment["GGROK_CONFIG"], text);

        (await RunAsync("3000")).ShouldBe((int)ExitCode.Usage);

        _error.ToString().ShouldContain(expected);
        _error.ToString().ShouldContain(_environment["GGROK_CONFIG"]);
    }

    [Fact]
    public async Task The_token_is_saved_but_not_shown()
    {
        await RunAsync("config", "set", "token", "a: b#c");
        await RunAsync("config", "list");

        _output.ToString().ShouldContain("token: ****");
        _output.ToString().ShouldNotContain("a: b#c");
    }

    [Fact]
    public async Task Json_output_is_one_object_a_line()
    {
        await RunAsync("3000", "--server", "x", "--log", "json");

        JsonElement[] lines = [.. _output.ToString().Trim().Split('\n').Select(l => JsonDocument.Parse(l).RootElement)];
        lines.Select(l => l.GetProperty("event").GetString()).ShouldBe(["ready", "request", "lost"]);
        lines[0].GetProperty("url").GetString().ShouldBe("https://x");
        lines[1].GetProperty("path").GetString().ShouldBe("/a\u001b[31m");
        lines[1].GetProperty("error").GetString().ShouldBe("LocalUnreachable");
    }

    [Fact]
    public async Task Text_output_shows_the_address_first_and_no_escapes_of_strangers()
    {
        await RunAsync("3000", "--server", "x");

        string text = _output.ToString();
        text.ShouldStartWith("Forwarding  https://x -> http://localhost:3000");
        text.ShouldContain("LocalUnreachable");
        text.ShouldNotContain("\u001b");
    }

    [Fact]
    public async Task Help_names_every_option()
    {
        (await RunAsync("--help")).ShouldBe(0);

        _output.ToString().ShouldContain("ggrok --server my.app --port 3000");
        _output.ToString().ShouldContain("--host-header");
    }

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _output.Dispose();
        _error.Dispose();
    }

    private Task<int> RunAsync(params string[] arguments) =>
        new CommandLine(_output, _error, isTerminal: false, n => _environment.GetValueOrDefault(n), Pretend).InvokeAsync(arguments, default);

    private Task<ClientExit> Pretend(TunnelClientOptions options, IClientEvents events, CancellationToken stop)
    {
        _options = options;
        events.Ready([new PublicTunnel("web", new Uri("https://x"), new Uri("http://localhost:3000"))]);
        events.ExchangeCompleted(new ExchangeSummary("id", "web", "GET", "/a\u001b[31m", 0, RelayError.LocalUnreachable, TimeSpan.FromMilliseconds(1.5), 1, 2));
        events.Lost("gone", TimeSpan.FromSeconds(1));
        return Task.FromResult(new ClientExit(ExitCode.Ok, null));
    }
}
