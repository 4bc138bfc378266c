using System.Text;
using Ggrok.Client.Cli;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Rules;
using Ggrok.Tests.Client;

namespace Ggrok.Tests.Inspector;

/// <summary>The section <c>rules</c> of <c>ggrok.yml</c>.</summary>
public sealed class RulesFileTests : CommandLineScene
{
    [Fact]
    public async Task Every_key_means_what_the_documentation_says()
    {
        await File.WriteAllTextAsync(Path.Combine(Folder, "answer.json"), "{\"a\":1}");
        await File.WriteAllTextAsync(ConfigPath, """
            server: my.app
            tunnels:
              api: 3000
            rules:
              flaky:
                match: POST,put /checkout/*
                tunnel: api
                host: "*.example.com"
                header: "X-GitHub-Event: push"
                latency: 800ms
                error-rate: 10%
                error-status: 500
              held:
                match: /webhooks/*
                hold: true
              mock:
                match: GET
                status: 201
                body: "plain"
                response-header: |
                  X-A: 1
                  X-B: two: three
              from-file:
                enabled: false
                body-file: answer.json
              own-type:
                content-type: text/csv
                body: a,b
                error-rate: 0.5
            """);

        (await RunAsync("start", "api")).ShouldBe(0, Error);

        IReadOnlyList<Rule> rules = Opened!.Rules;
        rules.Select(r => r.Name).ShouldBe(["flaky", "held", "mock", "from-file", "own-type"]);
        Rule flaky = rules[0];
        (flaky.Path, flaky.Tunnel, flaky.Host, flaky.HeaderName, flaky.HeaderPart, flaky.Latency, flaky.ErrorRate, flaky.ErrorStatus, flaky.Hold, flaky.Origin)
            .ShouldBe(("/checkout/*", "api", "*.example.com", "X-GitHub-Event", "push", TimeSpan.FromMilliseconds(800), 0.1, 500, false, $"{ConfigPath}:5: flaky"));
        flaky.Methods.ShouldBe(["POST", "PUT"]);
        (rules[1].Hold, rules[1].Path, rules[1].Methods.Count, rules[1].Response).ShouldBe((true, "/webhooks/*", 0, null));
        Shown(rules[2]).ShouldBe("201 Content-Type: text/plain; charset=utf-8|X-A: 1|X-B: two: three plain");
        (rules[2].Path, rules[2].Methods.Single()).ShouldBe((null, "GET"));
        Shown(rules[3]).ShouldBe("200 Content-Type: application/json {\"a\":1}");
        rules[3].Enabled.ShouldBeFalse();
        Shown(rules[4]).ShouldBe("200 Content-Type: text/csv a,b");
        rules[4].ErrorStatus.ShouldBe(503);
        Error.ShouldBe($"ggrok: Rules of ggrok.yml act on requests: flaky, held, mock, own-type.{Environment.NewLine}");
    }

    [Fact]
    public async Task Rules_apply_to_a_tunnel_of_the_command_line_and_not_to_raw_ones()
    {
        await File.WriteAllTextAsync(ConfigPath, "rules:\n  slow: {latency: 1s, tunnel: web}\n");

        (await RunAsync("3000", "--server", "my.app")).ShouldBe(0, Error);
        Opened!.Rules.Single().Tunnel.ShouldBe("web");

        Clear();
        (await RunAsync("tcp", "22", "--server", "my.app")).ShouldBe(0, Error);
        Opened!.Rules.ShouldBeEmpty();
        Error.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("rules: 5", ":1: rules must be a mapping; write names below it, such as slow: {latency: 800ms}")]
    [InlineData("ruels:\n  a: {hold: true}", ":1: There is no setting \"ruels\"; did you mean rules?")]
    [InlineData("rules:\n  a b: {hold: true}", ":2: \"a b\" cannot name a rule; use letters, digits")]
    [InlineData("rules:\n  a: 800ms", ":2: a must be a mapping; write below it what it is about and what it does, such as match: POST /checkout/* and latency: 800ms")]
    [InlineData("rules:\n  a:\n    latncy: 1s", ":3: There is no key \"latncy\" in a; did you mean latency?")]
    [InlineData("rules:\n  a:\n    hold: [true]", ":3: a.hold must be a single value.")]
    [InlineData("rules:\n  a:\n    match: /a", ":2: a does nothing; say what shall be done: hold, a latency, an error rate or a fixed response.")]
    [InlineData("rules:\n  a:\n    hold: false", ":2: a does nothing")]
    [InlineData("rules:\n  a:\n    hold: true\n    status: 200", ":2: a has hold and a fixed response; keep one of them")]
    [InlineData("rules:\n  a:\n    hold: maybe", ":3: a.hold: \"maybe\" is neither true nor false.")]
    [InlineData("rules:\n  a:\n    match: POST checkout\n    hold: true", ":3: a.match: \"POST checkout\" is no method; write methods separated by commas")]
    [InlineData("rules:\n  a:\n    match: POST /a?b\n    hold: true", ":3: a.match: \"/a?b\" has a query, which is not looked at")]
    [InlineData("rules:\n  a:\n    latency: soon", ":3: a.latency: \"soon\" is no duration; write it like 500ms, 30s or 2m.")]
    [InlineData("rules:\n  a:\n    latency: 1h", ":3: a.latency: A latency is longer than nothing and at most 10m.")]
    [InlineData("rules:\n  a:\n    error-rate: 10", ":3: a.error-rate: \"10\" is no share of requests; write it like 10% or 0.1.")]
    [InlineData("rules:\n  a:\n    error-rate: 0", ":3: a.error-rate: \"0\" is no share of requests")]
    [InlineData("rules:\n  a:\n    error-status: 500", ":3: a.error-status needs error-rate: which share of the requests gets it? Write error-rate: 10%, or status: 500 to answer all of them.")]
    [InlineData("rules:\n  a:\n    error-rate: 1%\n    error-status: 200", ":4: a.error-status: \"200\" is no status that can be sent here; write one from 400 to 599")]
    [InlineData("rules:\n  a:\n    status: 101", ":3: a.status: \"101\" is no status that can be sent here; write one from 200 to 599")]
    [InlineData("rules:\n  a:\n    response-header: X-A", ":3: a.response-header: \"X-A\" is no header field; write Name: value, one a line.")]
    [InlineData("rules:\n  a:\n    body: x\n    body-file: y", ":4: a.body-file: Give the body once, here or as body.")]
    [InlineData("rules:\n  a:\n    body-file: none.json", ":3: a.body-file: There is no file ")]
    [InlineData("rules:\n  a:\n    header: 'A B: c'\n    hold: true", ":3: a.header: \"A B: c\" is no header field; write its name")]
    [InlineData("rules:\n  a:\n    tunnel: wbe\n    hold: true", ":3: a.tunnel: There is no tunnel \"wbe\"; did you mean web?")]
    [InlineData("rules:\n  a:\n    tunnel: ssh\n    hold: true\ntunnels:\n  ssh: {kind: tcp, target: 22}", ":3: a.tunnel: ssh is a tcp tunnel, and rules are about HTTP; name an http tunnel.")]
    public async Task A_mistake_is_one_sentence_with_its_line_and_config_check_says_the_same(string text, string expected)
    {
        await File.WriteAllTextAsync(ConfigPath, text);

        (await RunAsync("3000", "--server", "x")).ShouldBe((int)ExitCode.Usage);
        Error.ShouldContain(ConfigPath + expected);
        Error.Trim().Split('\n').Length.ShouldBe(1);
        Opened.ShouldBeNull();

        Clear();
        (await RunAsync("config", "check")).ShouldBe((int)ExitCode.Usage);
        (Output + Error).ShouldContain(ConfigPath + expected);
    }

    [Fact]
    public async Task Config_check_tells_every_mistake_of_a_rule_and_counts_rules()
    {
        await File.WriteAllTextAsync(ConfigPath, "rules:\n  a:\n    match: checkout/x\n    latency: soon\n    error-rate: 10\n    error-status: 500\n  b:\n    body: x\n    status: 1\n");
        (await RunAsync("config", "check")).ShouldBe((int)ExitCode.Usage);
        (Output + Error).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(l => l[..(l.IndexOf(' ', StringComparison.Ordinal) + 1)].Trim() + l.Split(' ')[1])
            .ShouldBe([$"{ConfigPath}:3:a.match:", $"{ConfigPath}:5:a.error-rate:", $"{ConfigPath}:4:a.latency:", $"{ConfigPath}:9:b.status:"], ignoreOrder: true);

        Clear();
        await File.WriteAllTextAsync(ConfigPath, "rules:\n  a: {latency: 1s}\n  b: {hold: true}\n");
        (await RunAsync("config", "check")).ShouldBe(0);
        Output.Trim().ShouldBe($"{ConfigPath} is fine: no tunnels, 2 rules");
    }

    [Fact]
    public async Task Without_an_inspector_a_hold_is_a_mistake_and_the_others_act()
    {
        await File.WriteAllTextAsync(ConfigPath, "server: my.app\ntunnels:\n  web: 1\n  api: 2\nrules:\n  slow: {latency: 1s}\n  held:\n    hold: true\n    tunnel: api\n");

        (await RunAsync("start", "web", "--inspect", "off")).ShouldBe(0, Error);
        Opened!.Rules.Select(r => r.Name).ShouldBe(["slow", "held"]);

        Clear();
        (await RunAsync("start", "--all", "--inspect", "off")).ShouldBe((int)ExitCode.Usage);
        Error.ShouldBe($"ggrok: {ConfigPath}:7: held.hold: Nobody could release the requests without the inspector; leave --inspect off out, or write enabled: false here.{Environment.NewLine}");
    }

    [Fact]
    public async Task A_working_folder_comes_first_name_by_name_and_reaches_no_file_outside()
    {
        Variables.Remove("GGROK_CONFIG");
        Variables["XDG_CONFIG_HOME"] = Path.Combine(Folder, "home");
        WorkingFolder = Directory.CreateDirectory(Path.Combine(Folder, "repo")).FullName;
        string user = Path.Combine(Directory.CreateDirectory(Path.Combine(Folder, "home", "ggrok")).FullName, "ggrok.yml");
        string project = Path.Combine(WorkingFolder, "ggrok.yml");
        string secret = Path.Combine(Folder, "secret.txt");
        await File.WriteAllTextAsync(secret, "s3cret");
        await File.WriteAllTextAsync(user, $"server: my.app\nrules:\n  slow: {{latency: 1s}}\n  mine: {{body-file: {secret}}}\n");
        await WriteProjectAsync("rules:\n  first: {hold: true}\n  slow: {latency: 2s}\n");

        (await RunAsync("3000")).ShouldBe(0, Error);
        Opened!.Rules.Select(r => $"{r.Name} {r.Latency.TotalSeconds}").ShouldBe(["first 0", "slow 2", "mine 0"]);
        Shown(Opened.Rules[2]).ShouldEndWith("s3cret");

        Directory.CreateDirectory(Path.Combine(WorkingFolder, "sub"));
        await File.WriteAllTextAsync(Path.Combine(WorkingFolder, "sub", "in.txt"), "inside");
        await WriteProjectAsync("rules:\n  in: {body-file: sub/in.txt}\n");
        (await RunAsync("3000")).ShouldBe(0, Error);

        if (!OperatingSystem.IsWindows())
        {
            File.CreateSymbolicLink(Path.Combine(WorkingFolder, "link.txt"), secret);
        }

        foreach (string path in (string[])["../secret.txt", secret, "sub/../../secret.txt", .. OperatingSystem.IsWindows() ? Array.Empty<string>() : ["link.txt"]])
        {
            Clear();
            await WriteProjectAsync($"rules:\n  steal: {{body-file: {path}}}\n");
            (await RunAsync("3000")).ShouldBe((int)ExitCode.Usage);
            Error.ShouldStartWith($"ggrok: {project}:2: steal.body-file: ");
            Error.ShouldContain("is outside the folder, where a working folder's file may not reach; copy it into the folder");
            (await RunAsync("config", "check")).ShouldBe((int)ExitCode.Usage);
        }

        async Task WriteProjectAsync(string text)
        {
            await File.WriteAllTextAsync(project, text);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(project, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
        }
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused()
    {
        await File.WriteAllBytesAsync(Path.Combine(Folder, "large"), new byte[RuleValues.MostBodyBytes + 1]);
        await File.WriteAllTextAsync(ConfigPath, "rules:\n  a: {body-file: large}\n");

        (await RunAsync("3000", "--server", "x")).ShouldBe((int)ExitCode.Usage);

        Error.ShouldContain($"{ConfigPath}:2: a.body-file: The body is larger than 1 MiB, the most that a rule answers with.");
    }

    [Fact]
    public void Every_key_is_documented()
    {
        string document = Testing.Repository.Read("docs", "cli.md");
        foreach (string key in RuleDefinition.Keys)
        {
            document.ShouldContain($"`{key}`");
        }
    }

    private static string Shown(Rule rule) =>
        $"{rule.Response!.Status} {string.Join('|', rule.Response.Headers.Select(f => $"{f.Name}: {f.Value}"))} {Encoding.UTF8.GetString(rule.Response.Body.Span)}";
}
