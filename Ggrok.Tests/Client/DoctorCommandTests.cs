using Ggrok.Client.Cli;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Client;

/// <summary>The command around the checks: settings, output, exit codes.</summary>
public sealed class DoctorCommandTests : DoctorScene
{
    [Fact]
    public async Task A_mistake_in_a_file_is_the_first_failure_with_its_sentence()
    {
        await File.WriteAllTextAsync(ConfigPath, "label: a\nserver: my.app/x");

        int code = await RunAsync("doctor", "--json");

        var found = new Diagnosis(code, Output, Error);
        found["configuration"].ShouldStartWith($"fail: {ConfigPath}:2: server: The server address must end after host and port");
        found["dns"].ShouldBe("skipped: which server is not known");
        (found.Code, Error).ShouldBe((1, ""));
    }

    [Fact]
    public async Task A_mistake_in_a_tunnel_of_the_file_is_a_failure_and_the_rest_is_looked_at()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await File.WriteAllTextAsync(ConfigPath, $"server: {server.Url}\ntunnels:\n  web: 99999\n");

        int code = await RunAsync("doctor", "--json");

        var found = new Diagnosis(code, Output, Error);
        found["configuration"].ShouldStartWith($"fail: {ConfigPath}:3: ");
        found["token"].ShouldStartWith("pass: ");
        found.Code.ShouldBe(1);
    }

    [Fact]
    public async Task It_says_where_server_and_token_come_from_and_shows_no_token()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TOKENS", "s3cr3t")]);
        await File.WriteAllTextAsync(ConfigPath, $"server: {server.Url}\n");
        Variables["GGROK_TOKEN"] = "s3cr3t";

        (await RunAsync("doctor")).ShouldBe(0, Output);

        Output.ShouldContain($"configuration  {server.Url.ToString().TrimEnd('/')} from {ConfigPath}:1: server, token from GGROK_TOKEN, file {ConfigPath} (");
        Output.ShouldContain("Everything is fine: 9 passed, 0 warned, 0 failed, 2 skipped.");
        Output.ShouldNotContain("s3cr3t");
    }

    [Fact]
    public async Task A_saved_token_that_is_withheld_is_a_warning()
    {
        WorkingFolder = Directory.CreateDirectory(Path.Combine(Folder, "repository")).FullName;
        Variables.Remove("GGROK_CONFIG");
        Variables["XDG_CONFIG_HOME"] = Folder;
        Directory.CreateDirectory(Path.Combine(Folder, "ggrok"));
        await File.WriteAllTextAsync(Path.Combine(Folder, "ggrok", "ggrok.yml"), "server: my.app\ntoken: secret\n");
        await File.WriteAllTextAsync(Path.Combine(WorkingFolder, "ggrok.yml"), $"server: http://127.0.0.1:{FreePorts.One()}\n");

        int code = await RunAsync("doctor", "--json");

        new Diagnosis(code, Output, Error)["configuration"].ShouldContain("so your saved token is not used here");
    }

    [Theory]
    [InlineData("--timeout: \"soon\" is no duration", "--timeout", "soon")]
    [InlineData("--timeout: A check needs some time", "--timeout", "0s")]
    [InlineData("--log: \"xml\" is no output format", "--log", "xml")]
    [InlineData("SERVICE: \"0\" is not a port", "0")]
    [InlineData("Give the local service once", "3000", "--port", "4000")]
    [InlineData("Which local service? Give its port: ggrok doctor 3000", "--insecure-target")]
    public async Task What_is_wrong_with_the_command_itself_is_a_mistake(string expected, params string[] arguments)
    {
        (await RunAsync(["doctor", "--server", "x", .. arguments])).ShouldBe(2);

        Error.ShouldContain(expected);
        Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_log_format_json_is_the_same_as_json()
    {
        int code = await RunAsync("doctor", "--log", "json", "--server", $"127.0.0.1:{FreePorts.One()}");

        new Diagnosis(code, Output, Error)["tcp"].ShouldStartWith("fail: ");
    }

    [Fact]
    public async Task Quiet_shows_what_needs_attention_only()
    {
        await using RunningServer server = await RunningServer.StartAsync();

        (await RunAsync("doctor", "--quiet", "--server", server.Url.ToString())).ShouldBe(0);
        Output.ShouldBeEmpty();
        (await RunAsync("doctor", "--quiet", "--server", $"127.0.0.1:{FreePorts.One()}")).ShouldBe(1);
        Output.ShouldStartWith("  FAIL  tcp            127.0.0.1:");
    }

    [Fact]
    public async Task A_terminal_gets_colours_and_lines_that_fit_unless_it_wants_none()
    {
        string server = $"127.0.0.1:{FreePorts.One()}";
        string coloured = await OnTerminalAsync(server, null);
        string plain = await OnTerminalAsync(server, "1");

        coloured.ShouldContain($"\r\u001b[K  \u001b[1;31mFAIL\u001b[0m  tcp            {server} refuses");
        plain.ShouldContain($"\r\u001b[K  FAIL  tcp            {server} refuses");
        plain.ShouldNotContain("\u001b[3");
        plain.Split('\n').Select(l => l.Split("\u001b[K")[^1].TrimEnd()).ShouldAllBe(l => l.Length <= 90);
        plain.ShouldContain($"\n{new string(' ', 23)}Nothing listens at port ");
    }

    private static async Task<string> OnTerminalAsync(string server, string? noColour)
    {
        using var output = new StringWriter();
        var line = new CommandLine(output, TextWriter.Null, isTerminal: true, n => n == "NO_COLOR" ? noColour : null, (_, _, _) => throw new InvalidOperationException());
        (await line.InvokeAsync(["doctor", "--server", server], default)).ShouldBe(1);
        return output.ToString();
    }
}
