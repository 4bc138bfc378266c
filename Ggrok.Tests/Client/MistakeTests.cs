using Ggrok.Client.Configuration;
using Ggrok.Client.Connection;

namespace Ggrok.Tests.Client;

/// <summary>Each mistake ends with code 2 and one sentence: where, what is wrong, what to do.</summary>
public sealed class MistakeTests : CommandLineScene
{
    [Theory]
    [InlineData("Which local service?", "--server", "my.app")]
    [InlineData("Which server?", "3000")]
    [InlineData("Give the local service once", "3000", "--port", "4000", "--server", "x")]
    [InlineData("--strip-path needs --path", "3000", "--server", "x", "--strip-path")]
    [InlineData("--strip-path needs --path", "3000", "--server", "x", "--strip-path", "--path", "/")]
    [InlineData("not for both", "3000", "--server", "x", "--subdomain", "a", "--host", "b")]
    [InlineData("Give the token once", "3000", "--server", "x", "--token", "a", "--token-file", "b")]
    [InlineData("https target", "3000", "--server", "x", "--insecure-target")]
    [InlineData("--remote-port asks for a public port and --name", "tcp", "22", "--server", "x", "--name", "a", "--remote-port", "1")]
    [InlineData("--listen or --stdio", "connect", "a", "--server", "x", "--stdio", "--listen", "1")]
    [InlineData("--udp with --listen", "connect", "a", "--server", "x", "--stdio", "--udp")]
    [InlineData("--target-protocol h2c is HTTP/2 without TLS, and localhost:8443 is an https target; write h2", "https://localhost:8443", "--server", "x", "--target-protocol", "h2c")]
    [InlineData("--target-protocol h2 is HTTP/2 over TLS; write h2c, or https://localhost:3000", "3000", "--server", "x", "--target-protocol", "h2")]
    public Task Contradictions_are_told(string expected, params string[] arguments) => ExpectAsync(expected, arguments);

    [Theory]
    [InlineData("--path: /$$ggrok belongs to the server", "--path", "/$$ggrok/x")]
    [InlineData("--path: \"/a/../b\" is no path prefix", "--path", "/a/../b")]
    [InlineData("--log: \"xml\" is no output format", "--log", "xml")]
    [InlineData("--drain-timeout: \"soon\" is no duration", "--drain-timeout", "soon")]
    [InlineData("--token-file: There is no file /nonexistent/token", "--token-file", "/nonexistent/token")]
    [InlineData("--token-file: /", "--token-file", "/")]
    [InlineData("--token: The token has spaces", "--token", "s3 cret")]
    [InlineData("--token is empty", "--token", "")]
    [InlineData("--subdomain is empty", "--subdomain=")]
    [InlineData("--subdomain: \"a.b\" is no subdomain", "--subdomain", "a.b")]
    [InlineData("--subdomain: \"-a\" is no subdomain", "--subdomain", "-a")]
    [InlineData("--host: \"https://a.b\" is no domain name", "--host", "https://a.b")]
    [InlineData("--host-header: \"http://a\" is no Host header", "--host-header", "http://a")]
    [InlineData("--target-protocol: \"http2\" is no protocol of a local service; write auto, http1, h2c or h2", "--target-protocol", "http2")]
    [InlineData("--label: The label must be one line", "--label", "a\nb")]
    [InlineData("--label: The label must be one line", "--label", "a\u001b[31m")]
    [InlineData("\"?[31m\" is no subdomain", "--subdomain", "\u001b[31m")]
    [InlineData("--config is empty", "--config", "")]
    [InlineData("--config: There is no file /nonexistent/g.yml", "--config", "/nonexistent/g.yml")]
    [InlineData("--config: / is a folder", "--config", "/")]
    public Task Wrong_values_of_options_are_told(string expected, params string[] arguments) =>
        ExpectAsync(expected, ["3000", "--server", "x", .. arguments]);

    [Theory]
    [InlineData("no option \"--sever\"; did you mean --server?", "3000", "--sever", "x")]
    [InlineData("no option \"--sever\"; did you mean --server?", "--sever", "x", "3000")]
    [InlineData("no option \"--sever\"; did you mean --server?", "3000", "--sever=x")]
    [InlineData("no option \"-server\"; did you mean --server?", "-server", "x", "3000")]
    [InlineData("no option \"-subdomain\"; did you mean --subdomain?", "-subdomain=x", "3000")]
    [InlineData("no option \"--authtoken\"", "3000", "--authtoken", "x")]
    [InlineData("no option \"-x\"; if it is meant", "3000", "-x")]
    [InlineData("no option \"--confg\"; did you mean --config?", "config", "list", "--confg", "x")]
    [InlineData("no option \"-abc\"; if it is meant as a value", "config", "set", "token", "-abc")]
    [InlineData("no command \"confg\"; did you mean ggrok config?", "confg", "set", "server", "x")]
    [InlineData("no command \"sett\"; did you mean ggrok config set?", "config", "sett", "server", "x")]
    [InlineData("no command \"frobnicate\"; there are set, get, unset, list, path, check, edit, add-token.", "config", "frobnicate")]
    [InlineData("ggrok config needs a command; there are set, get", "config")]
    [InlineData("write ggrok config set KEY VALUE.", "config", "set", "server")]
    [InlineData("\"z\" is too much; write ggrok config set KEY VALUE.", "config", "set", "server", "x", "z")]
    [InlineData("\"3000\" is too much; write one local service, as in ggrok 3000.", "http", "3000")]
    [InlineData("--server needs a value; write --server ADDRESS.", "3000", "--server")]
    [InlineData("--port is given 2 times; give it once.", "--port", "1", "--port", "2", "--server", "x")]
    [InlineData("--version", "--version", "x")]
    [InlineData("--subdomain is empty", "3000", "--subdomain=", "--server", "x")]
    [InlineData("--subdomain needs a value; write --subdomain NAME.", "3000", "--subdomain", "--server", "x")]
    [InlineData("--quiet is a switch", "3000", "--quiet=maybe", "--server", "x")]
    public Task A_command_line_that_makes_no_sense_is_explained(string expected, params string[] arguments) => ExpectAsync(expected, arguments);

    [Theory]
    [InlineData("SERVICE: \"0\" is not a port", "0")]
    [InlineData("SERVICE: \"-5\" is not a local service", "-5")]
    [InlineData("--port: \"70000\" is not a port", "--port", "70000")]
    [InlineData("--port: \"-5\" is not a port", "--port", "-5")]
    [InlineData("--port: \"3000x\" is not a port", "--port", "3000x")]
    [InlineData("--target: \"ftp://x\" is not a local service", "--target", "ftp://x")]
    [InlineData("SERVICE: \"confg\" has no port; write it like confg:3000", "confg")]
    public Task Wrong_local_services_are_told(string expected, params string[] arguments) => ExpectAsync(expected, ["--server", "x", .. arguments]);

    [Theory]
    [InlineData("GGROK_SERVER", "my app", "GGROK_SERVER: \"my app\" is not a server address")]
    [InlineData("GGROK_SERVER", "3000", "GGROK_SERVER: \"3000\" is not a server address")]
    [InlineData("GGROK_TOKEN", "s3 cret", "GGROK_TOKEN: The token has spaces")]
    [InlineData("GGROK_CONFIG", "/", "GGROK_CONFIG: / is a folder")]
    public async Task Wrong_variables_are_named(string name, string value, string expected)
    {
        Variables["GGROK_SERVER"] = "x";
        Variables[name] = value;

        await ExpectAsync(expected, "3000");
    }

    [Theory]
    [InlineData("sever: x", ":1: There is no setting \"sever\"; did you mean server?")]
    [InlineData("colour: x", ":1: There is no setting \"colour\"; there are ca, cert, connections, host-header")]
    [InlineData("SERVER: x", ":1: There is no setting \"SERVER\"; did you mean server?")]
    [InlineData("server: [", "not valid YAML")]
    [InlineData("server: a\nserver: b", ":2: server is written twice, first in line 1")]
    [InlineData("- server", "must be one mapping")]
    [InlineData("label: a\nserver: {a: b}", ":2: server must be a single value")]
    [InlineData("server: a\n---\nserver: b", "must be one mapping")]
    [InlineData("label: a\nserver: my.app/x", ":2: server: The server address must end after host and port")]
    [InlineData("label: a\nserver:", ":2: server is empty")]
    [InlineData("server: x\ntoken: null", ":2: token is empty")]
    [InlineData("server: x\ntoken: a b", ":2: token: The token has spaces")]
    [InlineData("server: x\nsubdomain: a.b", ":2: subdomain: \"a.b\" is no subdomain")]
    [InlineData("server: x\npath: /a?b", ":2: path: \"/a?b\" is no path prefix")]
    [InlineData("server: x\nhost-header: a b", ":2: host-header: \"a b\" is no Host header")]
    public async Task A_broken_file_is_named_with_its_line(string text, string expected)
    {
        await File.WriteAllTextAsync(ConfigPath, text);

        await ExpectAsync(expected, "3000");
        Error.ShouldContain(ConfigPath);
    }

    [Theory]
    [InlineData("server", "my app")]
    [InlineData("token", "a b")]
    [InlineData("label", "a\nb")]
    [InlineData("host-header", "http://x")]
    [InlineData("subdomain", "a.b")]
    [InlineData("path", "/a/../b")]
    public async Task What_cannot_be_used_is_not_saved(string key, string value)
    {
        ConfigKeys.All.Keys.ShouldContain(key);

        await ExpectAsync($"{key}: ", "config", "set", key, value);
        await ExpectAsync($"{key} is empty", "config", "set", key, "");
        File.Exists(ConfigPath).ShouldBeFalse();
    }

    [Theory]
    [InlineData("set", "servr", "x")]
    [InlineData("get", "servr")]
    [InlineData("unset", "servr")]
    public Task Every_config_command_knows_what_was_meant(params string[] arguments) =>
        ExpectAsync("There is no setting \"servr\"; did you mean server?", ["config", .. arguments]);

    [Fact]
    public async Task A_named_file_that_is_not_there_is_made_by_set_but_not_read()
    {
        string other = Path.Combine(Path.GetDirectoryName(ConfigPath)!, "other.yml");
        await ExpectAsync("--config: There is no file", "config", "list", "--config", other);

        (await RunAsync("config", "set", "server", "my.app", "--config", other)).ShouldBe(0, Error);
        (await RunAsync("3000", "--config", other)).ShouldBe(0, Error);
    }

    [Fact]
    public async Task A_mistake_leaves_no_file_behind()
    {
        await ExpectAsync("no duration", "3000", "--server", "x", "--drain-timeout", "soon");

        Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(ConfigPath)!).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_token_is_in_no_message()
    {
        await ExpectAsync("--token: ", "3000", "--server", "x", "--token", "s3 cret");

        Error.ShouldNotContain("s3 cret");
    }

    [Fact]
    public async Task Values_that_look_like_syntax_are_taken_as_written()
    {
        (await RunAsync("config", "set", "token", "--", "-abc")).ShouldBe(0, Error);
        (await RunAsync("3000", "-s", "x", "--label", "@anna", "--subdomain", "Alice", "--host-header", "PRESERVE")).ShouldBe(0, Error);

        LocalTunnel tunnel = Opened!.Tunnels.ShouldHaveSingleItem();
        (Opened.Token, Opened.Label, tunnel.Subdomain, tunnel.HostHeader).ShouldBe(("-abc", "@anna", "alice", "preserve"));
    }

    [Theory]
    [InlineData("bücher.example", "xn--bcher-kva.example")]
    [InlineData("Dev.Example.com.", "dev.example.com")]
    public async Task Domain_names_travel_in_their_ascii_form(string host, string expected)
    {
        (await RunAsync("3000", "--server", "x", "--host", host)).ShouldBe(0, Error);

        Opened!.Tunnels[0].Host.ShouldBe(expected);
    }

    [Fact]
    public async Task The_command_line_replaces_what_is_saved()
    {
        await RunAsync("config", "set", "path", "/saved");
        await RunAsync("config", "set", "subdomain", "saved");

        (await RunAsync("3000", "--server", "x", "--path", "/", "--host", "a.example")).ShouldBe(0, Error);

        (Opened!.Tunnels[0].Path, Opened.Tunnels[0].Subdomain).ShouldBe((null, null));
    }

    private async Task ExpectAsync(string expected, params string[] arguments)
    {
        (await RunAsync(arguments)).ShouldBe((int)ExitCode.Usage);

        Error.ShouldContain(expected);
        Error.ShouldNotContain("   at ");
        Opened.ShouldBeNull();
    }
}
