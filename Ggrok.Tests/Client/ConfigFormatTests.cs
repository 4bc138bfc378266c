using System.Diagnostics;
using System.Text;
using Ggrok.Client.Connection;

namespace Ggrok.Tests.Client;

/// <summary>What may be in <c>ggrok.yml</c>; what may not is one sentence with file and line.</summary>
public sealed class ConfigFormatTests : CommandLineScene
{
    [Theory]
    [InlineData("tunels:\n  web: 1", ":1: There is no setting \"tunels\"; did you mean tunnels?")]
    [InlineData("tunnels:", ":1: tunnels is empty; write names below it, such as web: 3000")]
    [InlineData("tunnels: [a]", ":1: tunnels must be a mapping; write names below it")]
    [InlineData("connect: 5432", ":1: connect must be a mapping; write names below it, such as db: 5432")]
    [InlineData("tunnels:\n  web: [1, 2]", ":2: web must be a single value")]
    [InlineData("tunnels:\n  web:\n    target: [1]", ":3: web.target must be a single value")]
    [InlineData("tunnels:\n  web:\n    taget: 1", ":3: There is no key \"taget\" in web; did you mean target?")]
    [InlineData("tunnels:\n  web:\n    colour: 1", ":3: There is no key \"colour\" in web; there are kind, port, target")]
    [InlineData("tunnels:\n  a:\n    kind: tcp\n    target: 1\n    strip-path: true", ":5: strip-path is for http tunnels, and a is tcp.")]
    [InlineData("tunnels:\n  a:\n    remote-port: 1\n    target: 1", ":3: remote-port is for tcp and udp tunnels, and a is http.")]
    [InlineData("tunnels:\n  a:\n    kind: tpc", ":3: a.kind: \"tpc\" is no kind of tunnel; did you mean tcp?")]
    [InlineData("tunnels:\n  a:\n    kind: gopher", ":3: a.kind: \"gopher\" is no kind of tunnel; there are http, tcp, udp, tls.")]
    [InlineData("tunnels:\n  a:\n    kind:", ":3: a.kind is empty")]
    [InlineData("tunnels:\n  a b: 1", ":2: \"a b\" cannot name a tunnel; use letters, digits")]
    [InlineData("tunnels:\n  -a: 1", ":2: \"-a\" cannot name a tunnel")]
    [InlineData("tunnels:\n  web: 1\n  web: 2", ":3: web is written twice, first in line 2; keep one of them.")]
    [InlineData("tunnels:\n  web: 1\nconnect:\n  web: 2", ":4: The name web is taken by")]
    [InlineData("connect:\n  web: 1\ntunnels:\n  web: 2", ":4: The name web is taken by")]
    [InlineData("connect:\n  db: 1\n  DB: 2", ":3: The name db is taken by")]
    [InlineData("connect:\n  a b: 1", ":2: \"a b\" is no private name")]
    [InlineData("connect:\n  db:\n    listn: 1", ":3: There is no key \"listn\" in db; did you mean listen?")]
    [InlineData("tunnels:\n\tweb: 1", ":2: The line begins with a tab; YAML is indented with spaces.")]
    [InlineData("tunnels:\n  web: 1\n\tapi: 1", ":3: The line begins with a tab")]
    [InlineData("label: &x a\nserver: b", ":1: Anchors are not supported; remove &x.")]
    [InlineData("label: a\nserver: *x", ":2: Aliases are not supported; write the value itself in place of *x.")]
    [InlineData("tunnels:\n  web:\n    <<: {target: 1}", ":3: Merge keys are not supported")]
    [InlineData("tunnels:\n  web: {targunnels:\n  web: ", ":2: This is not valid YAML; is there a bracket or a brace without its other half?")]
    [InlineData("server: !!str my.app", ":1: Tags are not supported")]
    [InlineData("? [a, b]\n: c", ":1: A key must be a single word.")]
    [InlineData("server: a\n---\nserver: b", ":2: The file must be one mapping, and a second document begins here")]
    [InlineData("server:my.app", ":1: The file must be one mapping such as \"server: my.app\".")]
    [InlineData("server: a\ntoken:b", ":2: This is not valid YAML")]
    [InlineData("server: a\nlabel: a\u0007b", ":2: There is a control character")]
    [InlineData("server: a\nlabel: a\0b", ":2: There is a control character")]
    public async Task A_mistake_is_one_sentence_with_its_line(string text, string expected)
    {
        await File.WriteAllTextAsync(ConfigPath, text);

        (await RunAsync("3000", "--server", "x")).ShouldBe((int)ExitCode.Usage);

        Error.ShouldContain(ConfigPath + expected);
        Error.Trim().Split('\n').Length.ShouldBe(1);
        Opened.ShouldBeNull();
    }

    [Fact]
    public async Task Several_mistakes_are_counted_and_the_first_one_is_told()
    {
        await File.WriteAllTextAsync(ConfigPath, "sever: a\ntokn: b\n");

        (await RunAsync("3000", "--server", "x")).ShouldBe((int)ExitCode.Usage);

        Error.ShouldContain("did you mean server? (All 2 problems: ggrok config check)");
    }

    [Fact]
    public async Task Text_that_is_not_utf8_is_told_with_its_line()
    {
        await File.WriteAllBytesAsync(ConfigPath, [.. "server: my.app\nlabel: b"u8, 0xFC, .. "cher\n"u8]);
        await ExpectAsync(":2: This is not UTF-8; save the file as UTF-8 text.");

        await File.WriteAllTextAsync(ConfigPath, "server: my.app\n", Encoding.Unicode);
        await ExpectAsync(":1: This is not UTF-8");
    }

    [Fact]
    public async Task A_byte_order_mark_and_lines_of_windows_make_no_difference()
    {
        await File.WriteAllTextAsync(ConfigPath, "\uFEFFserver: my.app\r\ntunnels:\r\n  web: 3000\r\n  api:\r\n    target: 4000\r\n");

        (await RunAsync("start", "--all")).ShouldBe(0, Error);

        Opened!.Server.Host.ShouldBe("my.app");
        Opened.Tunnels.Select(t => t.Target.Port).ShouldBe([3000, 4000]);
    }

    [Fact]
    public async Task A_file_larger_than_a_mebibyte_is_refused_and_one_of_that_size_is_not()
    {
        const string Line = "server: my.app\n#";
        await File.WriteAllTextAsync(ConfigPath, Line + new string('x', (1024 * 1024) - Line.Length));
        (await RunAsync("3000")).ShouldBe(0, Error);

        await File.AppendAllTextAsync(ConfigPath, "x");
        Clear();
        await ExpectAsync(":1: The file is larger than 1 MiB");
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{")]
    [InlineData("- ")]
    [InlineData("? ")]
    public async Task A_file_made_to_keep_the_reader_busy_is_given_up_at_once(string nested)
    {
        await File.WriteAllTextAsync(ConfigPath, string.Concat(Enumerable.Repeat(nested, 1_000_000 / nested.Length)));
        long started = Stopwatch.GetTimestamp();

        await ExpectAsync("nested too deeply");

        // Reading all of it takes the parser more than a minute.
        Stopwatch.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_bomb_of_aliases_is_not_followed()
    {
        string bomb = "a0: &a0 x\n" + string.Concat(Enumerable.Range(1, 40).Select(i => $"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n"));
        await File.WriteAllTextAsync(ConfigPath, bomb);

        await ExpectAsync(":1: Anchors are not supported");
    }

    [Fact]
    public async Task Thousands_of_mistakes_are_told_a_hundred_at_a_time()
    {
        await File.WriteAllTextAsync(ConfigPath, string.Concat(Enumerable.Repeat("a: &x 1\n", 50_000)));

        (await RunAsync("config", "check")).ShouldBe((int)ExitCode.Usage);

        Output.Trim().Split('\n').Length.ShouldBe(100);
    }

    [Fact]
    public async Task Every_way_to_write_a_value_counts_as_that_value()
    {
        await File.WriteAllTextAsync(ConfigPath, """
            # comment
            server: 'my.app'
            label: "anna \u263a"
            token: >-
              abc
            tunnels:
              web: "3000"
              api: {target: "https://localhost:8443", insecure-target: True}
            """);

        (await RunAsync("start", "web", "api")).ShouldBe(0, Error);

        (Opened!.Server.Host, Opened.Label, Opened.Token).ShouldBe(("my.app", "anna \u263a", "abc"));
        Opened.Tunnels[1].InsecureTarget.ShouldBeTrue();
    }

    private async Task ExpectAsync(string expected)
    {
        (await RunAsync("3000", "--server", "x")).ShouldBe((int)ExitCode.Usage);
        Error.ShouldContain(expected);
        Error.ShouldContain(ConfigPath);
    }
}
