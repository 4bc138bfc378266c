using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ggrok.Server.Tokens;
using Ggrok.Server.Tokens.Commands;
using Ggrok.Server.Tokens.Store;
using Ggrok.Tests.Testing;
using Microsoft.Extensions.Configuration;

namespace Ggrok.Tests.Tokens;

/// <summary><c>dotnet Ggrok.Server.dll tokens …</c>, and the file that it writes.</summary>
public sealed class TokenCommandTests : IDisposable
{
    private readonly TokenFolder _folder = new();

    [Fact]
    public async Task The_program_makes_lists_and_revokes_tokens_of_a_server_that_runs()
    {
        await using RunningServer server = await RunningServer.StartAsync([_folder.StoreSetting]);

        (int code, string output) = await ProgramAsync("create --name ci --hosts '*.dev.my.app' --paths '/hooks/*' --kinds http,tcp --max-tunnels 5 --expires 30d --policies auth,rate-limit");
        code.ShouldBe(0, output);
        string secret = Regex.Match(output, "^ggrok_[A-Za-z0-9_-]{43}$", RegexOptions.Multiline, TimeSpan.FromSeconds(5)).Value;
        (await Knock.AtAsync(server, secret)).Status.ShouldBe(HttpStatusCode.SwitchingProtocols);

        (code, output) = await ProgramAsync("list");
        code.ShouldBe(0);
        output.ShouldContain("public hosts=*.dev.my.app paths=/hooks/* kinds=http|tcp policies=auth|rate-limit max-tunnels=5 expires=");
        (code, output) = await ProgramAsync("revoke ci");
        code.ShouldBe(0, output);
        await Eventually.BecomesAsync(async () => (await Knock.AtAsync(server, secret)).Status, HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task The_secret_is_printed_alone_and_kept_nowhere()
    {
        (int code, string output, _) = await RunAsync("create", "--name", "ci");
        string secret = output.TrimEnd('\n');

        code.ShouldBe(0);
        secret.ShouldMatch("^ggrok_[A-Za-z0-9_-]{43}$");
        string stored = await File.ReadAllTextAsync(_folder.StorePath);
        stored.ShouldNotContain(secret["ggrok_".Length..]);
        (await RunAsync("list")).Output.ShouldNotContain(secret["ggrok_".Length..]);
        stored.ShouldContain("sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(secret))));
    }

    [Fact]
    public async Task The_file_is_for_its_owner_alone_and_nothing_is_left_beside_it()
    {
        await RunAsync("create", "--name", "one");
        File.SetUnixFileMode(_folder.StorePath, (UnixFileMode)0x1A4);
        await RunAsync("create", "--name", "two");

        foreach (string path in (string[])[_folder.StorePath, _folder.StorePath + ".lock"])
        {
            File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        _folder.Files.ShouldBe(["audit.jsonl", "tokens.json", "tokens.json.lock"], ignoreOrder: true);
    }

    [Fact]
    public async Task Two_programs_at_once_lose_nothing()
    {
        Task<(int Code, string Output)>[] programs = [.. Enumerable.Range(0, 3).Select(i => ProgramAsync($"create --name program-{i}"))];
        Task<CreatedToken>[] inside = [.. Enumerable.Range(0, 10).Select(i => _folder.Store().CreateAsync($"inside-{i}", Grants.All, "test"))];

        (await Task.WhenAll(programs)).ShouldAllBe(p => p.Code == 0);
        await Task.WhenAll(inside);
        (await _folder.Store().ListAsync()).Select(t => t.Name).ShouldBe(
            [.. Enumerable.Range(0, 10).Select(i => $"inside-{i}"), .. Enumerable.Range(0, 3).Select(i => $"program-{i}")], ignoreOrder: true);
    }

    [Fact]
    public async Task Of_two_that_want_one_name_one_is_told()
    {
        Exception?[] outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Record.ExceptionAsync(() => _folder.CreateAsync("ci"))));

        outcomes.Count(e => e is null).ShouldBe(1);
        outcomes.OfType<TokenRequestException>().Count().ShouldBe(7);
    }

    [Fact]
    public async Task A_reader_never_sees_half_a_file()
    {
        await _folder.CreateAsync("first");
        var reader = new StoreReader(_folder.StorePath);
        Task writing = Task.Run(async () =>
        {
            for (int i = 0; i < 40; i++)
            {
                await _folder.CreateAsync($"more-{i}");
            }
        });
        int reads = 0;
        while (!writing.IsCompleted)
        {
            reader.Read().ShouldNotBeEmpty();
            reads++;
        }

        await writing;
        reads.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task A_link_stays_a_link()
    {
        string real = _folder.StorePath + ".real";
        File.CreateSymbolicLink(_folder.StorePath, real);

        await _folder.CreateAsync("ci");

        new FileInfo(_folder.StorePath).LinkTarget.ShouldBe(real);
        (await File.ReadAllTextAsync(real)).ShouldContain("\"ci\"");
    }

    [Fact]
    public async Task What_is_printed_for_a_platform_without_disk_is_a_line_that_a_server_takes()
    {
        (int code, string output, _) = await RunAsync("create", "--name", "ci", "--print", "--kinds", "http", "--expires", "2999-12-31", "--admin", "--public");
        string[] lines = output.TrimEnd('\n').Split('\n');

        code.ShouldBe(0);
        File.Exists(_folder.StorePath).ShouldBeFalse();
        lines[1].ShouldEndWith(" name=ci public admin kinds=http expires=3000-01-01T00:00:00Z");
        lines[1].ShouldNotContain(lines[0]);
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TOKENS", "other, " + lines[1])]);
        (await Knock.AtAsync(server, lines[0])).Status.ShouldBe(HttpStatusCode.SwitchingProtocols);
        server.Get<TokenAuthenticator>().Authenticate("Bearer " + lines[0]).ShouldNotBeNull().ShouldSatisfyAllConditions(
            i => i.Id.ShouldBe("ci"),
            i => i.Grants.IsAdmin.ShouldBeTrue());
    }

    [Fact]
    public async Task The_list_is_also_for_programs()
    {
        await RunAsync("create", "--name", "ci", "--serve", "a,b|c", "--expires", "2999-12-31");
        using JsonDocument list = JsonDocument.Parse((await RunAsync("list", "--json")).Output);

        JsonElement token = list.RootElement.EnumerateArray().Single();
        token.GetProperty("name").GetString().ShouldBe("ci");
        token.GetProperty("grants").GetString().ShouldBe("serve=a|b|c expires=3000-01-01T00:00:00Z");
        token.GetProperty("expired").GetBoolean().ShouldBeFalse();
        token.GetProperty("expires").GetDateTimeOffset().Year.ShouldBe(3000);
    }

    [Theory]
    [InlineData("", "There are dotnet Ggrok.Server.dll tokens create, list and revoke")]
    [InlineData("creat", "no command \"creat\"; there are create, list and revoke")]
    [InlineData("create", "Name it: --name ci")]
    [InlineData("create --name", "--name needs a value; write --name NAME")]
    [InlineData("create --nam ci", "There is no option \"--nam\"")]
    [InlineData("create --name ci extra", "\"extra\" is too much")]
    [InlineData("create --name a/b", "\"a/b\" cannot name a token")]
    [InlineData("create --name a --name b", "--name is given more than once")]
    [InlineData("create --name ci --kinds htp", "--kinds: \"htp\" is no kind of tunnel")]
    [InlineData("create --name ci --hosts a:80", "--hosts: \"a:80\" is no host name")]
    [InlineData("create --name ci --paths hooks", "--paths: \"hooks\" is no path")]
    [InlineData("create --name ci --serve a/b", "--serve: \"a/b\" is no private name")]
    [InlineData("create --name ci --max-tunnels many", "--max-tunnels: \"many\" is no number")]
    [InlineData("create --name ci --policies a,,b", "--policies: \"\" is no policy")]
    [InlineData("create --name ci --expires soon", "--expires: \"soon\" is no time; write 30d")]
    [InlineData("create --name ci --expires 2020-01-01", "--expires: 2020-01-02T00:00:00Z is over")]
    [InlineData("create --name ci --expires 0s", "is over")]
    [InlineData("create --print --name open", "cannot name a token")]
    [InlineData("revoke", "Which token?")]
    [InlineData("revoke nobody", "There is no token \"nobody\"")]
    public async Task Mistakes_get_a_sentence_and_exit_code_2(string arguments, string expected)
    {
        (int code, string output, string error) = await RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        error.ShouldContain(expected);
        (code, output).ShouldBe((2, ""));
        File.Exists(_folder.StorePath).ShouldBeFalse();
    }

    [Fact]
    public async Task Without_a_store_the_command_says_where_to_name_it_and_a_folder_that_cannot_be_is_a_failure()
    {
        var nowhere = new StringWriter();
        int code = await new TokensProgram(TextWriter.Null, nowhere, new ConfigurationBuilder().Build(), TimeProvider.System).RunAsync(["tokens", "list"]);
        await File.WriteAllTextAsync(_folder.FilePath, "");
        (int impossible, _, string error) = await RunAsync("create", "--name", "ci", "--store", Path.Combine(_folder.FilePath, "tokens.json"));

        (code, impossible).ShouldBe((2, 1));
        nowhere.ToString().ShouldContain("Set GGROK_TOKENS_STORE");
        error.ShouldContain("cannot be written");
    }

    [Fact]
    public async Task Changes_from_the_command_line_are_in_the_audit_log()
    {
        await RunAsync("create", "--name", "ci", "--kinds", "http");
        await RunAsync("revoke", "ci");

        string[] lines = _folder.AuditLines();
        lines.Length.ShouldBe(2);
        lines[0].ShouldContain($"\"event\":\"tokenCreated\",\"token\":\"ci\",\"grants\":\"public kinds=http\",\"by\":\"{Environment.UserName}\"");
        lines[1].ShouldContain("\"event\":\"tokenRevoked\",\"token\":\"ci\"");
    }

    [Fact]
    public void Every_option_is_in_the_documentation()
    {
        string document = Repository.Read("docs", "tokens.md");
        foreach (string name in new TokensProgram(TextWriter.Null, TextWriter.Null, new ConfigurationBuilder().Build(), TimeProvider.System).OptionNames())
        {
            document.ShouldContain($"`{name}");
        }
    }

    public void Dispose() => _folder.Dispose();

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var output = new StringWriter { NewLine = "\n" };
        var error = new StringWriter { NewLine = "\n" };
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([KeyValuePair.Create(_folder.StoreSetting.Name, (string?)_folder.StorePath), KeyValuePair.Create(_folder.AuditSetting.Name, (string?)_folder.AuditPath)])
            .Build();
        int code = await new TokensProgram(output, error, configuration, TimeProvider.System).RunAsync(["tokens", .. arguments]);
        return (code, output.ToString(), error.ToString());
    }

    private async Task<(int Code, string Output)> ProgramAsync(string arguments)
    {
        await using RunningProgram program = RunningProgram.Start(
            "dotnet", $"\"{Path.Combine(AppContext.BaseDirectory, "Ggrok.Server.dll")}\" tokens {arguments.Replace('\'', '"')}", environment: [_folder.StoreSetting]);
        int code = await program.ExitAsync();
        return (code, program.Output);
    }
}
