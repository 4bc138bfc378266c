using System.Diagnostics;
using Ggrok.Client.Connection;

namespace Ggrok.Tests.Client;

/// <summary><c>ggrok config</c>: edits that keep the rest of the file, the check, and the user's editor.</summary>
public sealed class ConfigCommandTests : CommandLineScene
{
    private const string Full = """
        # my tunnels
        server: my.app   # the one at work

        tunnels:
          # the site
          web: 3000
          api: {target: 4000}   # braces
        token: old # secret
        label: |
          anna
        connect:
          db: 5432

        """;

    [Theory]
    [InlineData("server", "other.app", "server: my.app ", "server: other.app ")]
    [InlineData("token", "new", "token: old #", "token: new #")]
    [InlineData("token", "a:b#c", "token: old #", "token: \"a:b#c\" #")]
    [InlineData("token", "null", "token: old #", "token: \"null\" #")]
    [InlineData("token", "a\"\\b", "token: old #", "token: \"a\\\"\\\\b\" #")]
    [InlineData("label", "bob", "label: |\n  anna\n", "label: bob\n")]
    [InlineData("path", "/p", "  db: 5432\n", "  db: 5432\npath: \"/p\"\n")]
    public async Task Setting_a_key_changes_its_value_and_nothing_else(string key, string value, string before, string after)
    {
        foreach (string newLine in (string[])["\n", "\r\n"])
        {
            foreach (string mark in (string[])["", "\uFEFF"])
            {
                string text = mark + Full.ReplaceLineEndings(newLine);
                await File.WriteAllTextAsync(ConfigPath, text);

                (await RunAsync("config", "set", key, value)).ShouldBe(0, Error);

                (await File.ReadAllTextAsync(ConfigPath)).ShouldBe(
                    (Full.ReplaceLineEndings("\n").Replace(before, after, StringComparison.Ordinal)).ReplaceLineEndings(newLine));
                (await File.ReadAllBytesAsync(ConfigPath))[0].ShouldBe(mark.Length == 0 ? (byte)'#' : (byte)0xEF);
                Clear();
                (await RunAsync("config", "get", key)).ShouldBe(0, Error);
                Output.Trim().ShouldBe(value);
            }
        }
    }

    [Theory]
    [InlineData("server", "server: my.app   # the one at work\n", "")]
    [InlineData("label", "label: |\n  anna\n", "")]
    [InlineData("token", "token: old # secret\n", "")]
    public async Task Forgetting_a_key_removes_its_lines_and_nothing_else(string key, string before, string after)
    {
        await File.WriteAllTextAsync(ConfigPath, Full);

        (await RunAsync("config", "unset", key)).ShouldBe(0, Error);

        (await File.ReadAllTextAsync(ConfigPath)).ShouldBe(Full.Replace(before, after, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("token:", "token: x")]
    [InlineData("token: # none", "token: x # none")]
    [InlineData("# nothing", "# nothing\ntoken: x\n")]
    [InlineData("", "token: x\n")]
    [InlineData("  server: a\n", "  server: a\n  token: x\n")]
    [InlineData("{server: a, token: b}", "{server: a, token: x}")]
    [InlineData("token: 'a'\n", "token: x\n")]
    [InlineData("token:\n  a\nserver: b\n", "token:\n  x\nserver: b\n")]
    [InlineData("token: >\n  a\n\n# comment\nserver: b\n", "token: x\n\n# comment\nserver: b\n")]
    public async Task Unusual_ways_to_write_a_file_survive_an_edit(string before, string after)
    {
        await File.WriteAllTextAsync(ConfigPath, before);

        (await RunAsync("config", "add-token", "x")).ShouldBe(0, Error);

        (await File.ReadAllTextAsync(ConfigPath)).ShouldBe(after);
    }

    [Theory]
    [InlineData("{server: a}", "set", "token", "x")]
    [InlineData("{server: a}", "unset", "server")]
    [InlineData("server: a\n...\n", "set", "token", "x")]
    public async Task What_cannot_be_edited_in_place_is_left_as_it_is(string text, params string[] command)
    {
        await File.WriteAllTextAsync(ConfigPath, text);

        (await RunAsync(["config", .. command])).ShouldBe((int)ExitCode.Usage);

        Error.ShouldContain("cannot be changed without touching the rest of the file; change it with: ggrok config edit");
        (await File.ReadAllTextAsync(ConfigPath)).ShouldBe(text);
    }

    [Fact]
    public async Task A_file_with_mistakes_is_not_edited()
    {
        await File.WriteAllTextAsync(ConfigPath, "sever: a\n");

        (await RunAsync("config", "set", "token", "x")).ShouldBe((int)ExitCode.Usage);

        Error.ShouldContain("did you mean server?");
        (await File.ReadAllTextAsync(ConfigPath)).ShouldBe("sever: a\n");
    }

    [Fact]
    public async Task Where_a_link_leads_the_file_is_edited_and_made_private()
    {
        string real = Path.Combine(Folder, "dotfiles.yml");
        await File.WriteAllTextAsync(real, "server: a\n");
        File.CreateSymbolicLink(ConfigPath, real);

        (await RunAsync("config", "set", "token", "x")).ShouldBe(0, Error);

        new FileInfo(ConfigPath).LinkTarget.ShouldBe(real);
        (await File.ReadAllTextAsync(real)).ShouldBe("server: a\ntoken: x\n");
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(real).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [Fact]
    public async Task A_token_may_come_from_standard_input()
    {
        Input = "  s3cret\n";
        (await RunAsync("config", "add-token", "-")).ShouldBe(0, Error);
        (await File.ReadAllTextAsync(ConfigPath)).ShouldBe("token: s3cret\n");
        Output.ShouldNotContain("s3cret");

        Input = "\n";
        (await RunAsync("config", "add-token", "-")).ShouldBe((int)ExitCode.Usage);
        Error.ShouldContain("There is no token on standard input");
    }

    [Fact]
    public async Task The_list_names_the_tunnels()
    {
        await File.WriteAllTextAsync(ConfigPath, Full);

        (await RunAsync("config", "list")).ShouldBe(0, Error);

        Output.ReplaceLineEndings("\n").ShouldBe("label: anna\n\nserver: my.app\ntoken: ****\ntunnels: web, api\nconnect: db\n");
    }

    [Theory]
    [InlineData("# nothing", "no tunnels")]
    [InlineData("tunnels:\n  web: 1", "1 tunnel")]
    [InlineData(Full, "2 tunnels, 1 connect entry")]
    public async Task A_file_without_mistakes_is_fine(string text, string summary)
    {
        await File.WriteAllTextAsync(ConfigPath, text);

        (await RunAsync("config", "check")).ShouldBe(0, Output);
        (await RunAsync("config", "check", ConfigPath)).ShouldBe(0, Output);

        Output.Trim().Split('\n').ShouldAllBe(l => l.TrimEnd() == $"{ConfigPath} is fine: {summary}");
    }

    [Fact]
    public async Task The_check_tells_every_mistake_and_not_the_first_one_only()
    {
        await File.WriteAllTextAsync(ConfigPath, """
            server: a/b
            sever: x
            token: a b
            tunnels:
              web:
                target: ftp://x
                subdomain: a.b
                path: /a?b
                colour: red
              ssh:
                kind: tcp
                target: 22
                name: "?"
                proxy-protocol: maybe
              one: {target: 1, subdomain: s}
              two: {target: 2, subdomain: s}
              bare: {kind: udp}
            connect:
              db: {listen: x, udp: y}
            """);

        (await RunAsync("config", "check")).ShouldBe((int)ExitCode.Usage);

        string[] lines = [.. Output.Trim().Split('\n').Select(l => l[(ConfigPath.Length + 1)..])];
        (int Line, string Text)[] expected =
        [
            (2, "There is no setting \"sever\""), (9, "There is no key \"colour\""), (1, "server: "), (3, "token: "), (6, "web.target: "), (7, "web.subdomain: "),
            (8, "web.path: "), (13, "ssh.name: "), (14, "ssh.proxy-protocol: "), (17, "bare has no local service"), (19, "db.listen: "), (19, "db.udp: "),
            (16, "two asks for the subdomain s, as one does"),
        ];
        lines.Order(StringComparer.Ordinal).Zip(expected.Select(e => $"{e.Line}: {e.Text}").Order(StringComparer.Ordinal))
            .ShouldAllBe(p => p.First.StartsWith(p.Second, StringComparison.Ordinal), Output);
        lines.Length.ShouldBe(expected.Length, Output);
    }

    [Fact]
    public async Task A_file_to_check_must_be_there()
    {
        (await RunAsync("config", "check", "/nonexistent.yml")).ShouldBe((int)ExitCode.Usage);

        Error.ShouldContain("FILE: There is no file /nonexistent.yml");
    }

    [Theory]
    [InlineData("VISUAL")]
    [InlineData("EDITOR")]
    public async Task An_editor_gets_the_file_which_begins_as_a_sample_and_is_checked_afterwards(string variable)
    {
        Variables["EDITOR"] = "false";
        Variables[variable] = await EditorAsync("cp \"$2\" sample; test \"$1\" = --wait && printf 'server: my.app\\ntunnels:\\n  web: 3000\\n' > \"$2\"") + " --wait";

        (await RunAsync("config", "edit")).ShouldBe(0, Error);

        Output.Trim().ShouldBe($"{ConfigPath} is fine: 1 tunnel");
        (await RunAsync("start", "web")).ShouldBe(0, Error);
    }

    [Fact]
    public async Task The_sample_says_nothing_as_it_is_and_is_right_without_its_comments()
    {
        Variables["EDITOR"] = "true";
        (await RunAsync("config", "edit")).ShouldBe(0, Error);
        Output.Trim().ShouldBe($"{ConfigPath} is fine: no tunnels");

        string[] lines = [.. (await File.ReadAllLinesAsync(ConfigPath)).Where(l => !(l is ['#', ' ', not ' ', ..])).Select(l => l.TrimStart('#'))];
        await File.WriteAllLinesAsync(ConfigPath, lines);
        (await RunAsync("start", "--all")).ShouldBe(0, Error);
        Opened!.Tunnels.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_wrong_edit_is_told_and_kept()
    {
        Variables["EDITOR"] = await EditorAsync("echo 'sever: x' > \"$1\"");

        (await RunAsync("config", "edit")).ShouldBe((int)ExitCode.Usage);

        Output.ShouldContain($"{ConfigPath}:1: There is no setting \"sever\"; did you mean server?");
        (await File.ReadAllTextAsync(ConfigPath)).ShouldBe("sever: x\n");
    }

    [Fact]
    public async Task Without_a_variable_the_first_usual_editor_is_taken()
    {
        await EditorAsync("echo 'server: from.vi' > \"$1\"", "vi");
        Variables["PATH"] = Folder;
        Variables["VISUAL"] = " ";

        (await RunAsync("config", "edit")).ShouldBe(0, Error);
        (await File.ReadAllTextAsync(ConfigPath)).ShouldBe("server: from.vi\n");
    }

    [Theory]
    [InlineData("false", "EDITOR: false ended with code 1")]
    [InlineData("/nonexistent/editor", "EDITOR: /nonexistent/editor ended with code 127")]
    public async Task An_editor_that_fails_is_told(string editor, string expected)
    {
        Variables["EDITOR"] = editor;

        (await RunAsync("config", "edit")).ShouldBe((int)ExitCode.Usage);

        Error.ShouldContain(expected);
    }

    [Fact]
    public async Task Without_any_editor_a_sentence_says_so()
    {
        (await RunAsync("config", "edit")).ShouldBe((int)ExitCode.Usage);

        Error.ShouldContain("There is no editor; set EDITOR to one");
        File.Exists(ConfigPath).ShouldBeFalse();
    }

    // Written by another process: a file that this one had open for writing could not be run while it starts programs elsewhere.
    private async Task<string> EditorAsync(string script, string name = "editor")
    {
        string path = Path.Combine(Folder, name);
        using var shell = Process.Start("/bin/sh", ["-c", "printf %s \"$1\" > \"$2\" && chmod 700 \"$2\"", "sh", $"#!/bin/sh\ncd '{Folder}'\n{script}\n", path]);
        await shell.WaitForExitAsync();
        shell.ExitCode.ShouldBe(0);
        return path;
    }
}
