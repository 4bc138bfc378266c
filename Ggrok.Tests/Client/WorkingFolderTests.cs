using Ggrok.Client.Connection;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Client;

/// <summary>The file of the working folder beside the user's: what it may say, and what it may not bring about.</summary>
public sealed class WorkingFolderTests : CommandLineScene
{
    private readonly string _project;
    private readonly string _user;

    public WorkingFolderTests()
    {
        Variables.Remove("GGROK_CONFIG");
        Variables["XDG_CONFIG_HOME"] = Path.Combine(Folder, "home");
        WorkingFolder = Directory.CreateDirectory(Path.Combine(Folder, "repo")).FullName;
        _project = Path.Combine(WorkingFolder, "ggrok.yml");
        _user = Path.Combine(Directory.CreateDirectory(Path.Combine(Folder, "home", "ggrok")).FullName, "ggrok.yml");
    }

    [Fact]
    public async Task What_the_folder_does_not_say_comes_from_the_user()
    {
        await WriteAsync(_user, "server: my.app\ntoken: mine\nlabel: anna\ntunnels:\n  web: 1\n  ssh: {kind: tcp, target: 22}\nconnect:\n  db: 1000\n  cache: 2000\n");
        await WriteAsync(_project, "label: project\ntunnels:\n  web: 3000\n  cache: 4000\n");

        (await RunAsync("start", "--all")).ShouldBe(0, Error);

        (Opened!.Server.Host, Opened.Token, Opened.Label).ShouldBe(("my.app", "mine", "project"));
        Opened.Tunnels.Select(t => $"{t.Name} {t.Target.Port}").ShouldBe(["web 3000", "cache 4000", "ssh 22"]);
        Opened.Connect.Select(c => c.Name).ShouldBe(["db"]);
        Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_private_name_that_a_file_opens_to_the_network_is_told()
    {
        await WriteAsync(_project, "server: my.app\nconnect:\n  db: 0.0.0.0:5432\n  cache: 6379\n");

        (await RunAsync("start", "--all")).ShouldBe(0, Error);

        Error.ShouldBe($"ggrok: {_project}:3: db: whoever reaches this machine at 0.0.0.0:5432 is let through to db.{Environment.NewLine}");
    }

    [Fact]
    public async Task The_identity_stays_with_the_user_wherever_the_command_is_run()
    {
        await WriteAsync(_user, "server: my.app\n");
        (await RunAsync("3000")).ShouldBe(0, Error);
        string id = Opened!.ClientId;
        await WriteAsync(_project, "tunnels:\n  web: 3000\n");

        (await RunAsync("start", "web")).ShouldBe(0, Error);

        Opened.ClientId.ShouldBe(id);
        Directory.GetFiles(WorkingFolder!).ShouldBe([_project]);
    }

    [Theory]
    [InlineData("evil.app")]
    [InlineData("http://my.app")]
    [InlineData("my.app:8443")]
    [InlineData("my.app.evil.app")]
    public async Task A_server_of_the_folder_never_gets_the_saved_token(string server)
    {
        await WriteAsync(_user, "server: my.app\ntoken: s3cret\n");
        await WriteAsync(_project, $"server: {server}\n");

        (await RunAsync("3000")).ShouldBe(0, Error);

        Opened!.Token.ShouldBeNull();
        Error.ShouldContain($"{_project}:1: server (\"{server}\") is not what {_user} says, so your saved token is not used here.");
        Error.ShouldContain("pass --token yourself");
        Error.ShouldNotContain("s3cret");
    }

    [Fact]
    public async Task Neither_does_it_when_no_server_is_saved()
    {
        await WriteAsync(_user, "token: s3cret\n");
        await WriteAsync(_project, "server: evil.app\n");

        (await RunAsync("3000")).ShouldBe(0, Error);

        Opened!.Token.ShouldBeNull();
        Error.ShouldContain("your saved token is not used");
    }

    [Theory]
    [InlineData("https://my.app")]
    [InlineData("MY.app")]
    [InlineData("wss://my.app:443")]
    public async Task The_same_server_in_other_words_gets_it(string server)
    {
        await WriteAsync(_user, "server: my.app\ntoken: s3cret\n");
        await WriteAsync(_project, $"server: {server}\n");

        (await RunAsync("3000")).ShouldBe(0, Error);

        Opened!.Token.ShouldBe("s3cret");
        Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task Nor_does_a_ca_of_the_folder_vouch_for_who_gets_the_saved_token()
    {
        await RunAsync("certs", "create", "my.app", "--out", WorkingFolder!);
        await WriteAsync(_user, "server: my.app\ntoken: s3cret\n");
        await WriteAsync(_project, "ca: ca.crt\n");

        (await RunAsync("3000")).ShouldBe(0, Error);

        Opened!.Token.ShouldBeNull();
        Opened.Trust.CaFile.ShouldBe(Path.Combine(WorkingFolder!, "ca.crt"));
        Error.ShouldContain($"{_project}:1: ca");
        Error.ShouldContain("your saved token is not used");
    }

    [Fact]
    public async Task The_saved_client_certificate_stays_away_from_it_too()
    {
        await RunAsync("certs", "create", "--client", "anna", "--out", Path.Combine(Folder, "home"));
        string certificate = Path.Combine(Folder, "home", "anna.crt");
        string key = Path.Combine(Folder, "home", "anna.key");
        await WriteAsync(_user, $"server: my.app\ncert: {certificate}\nkey: {key}\n");
        (await RunAsync("3000")).ShouldBe(0, Error);
        Opened!.Trust.CertificateFile.ShouldBe(certificate);

        await WriteAsync(_project, "server: evil.app\n");
        Clear();
        (await RunAsync("3000")).ShouldBe(0, Error);
        Opened!.Trust.CertificateFile.ShouldBeNull();
        Error.ShouldContain("your saved client certificate is not used");

        await WriteAsync(_project, $"server: evil.app\ncert: {certificate}\nkey: {key}\n");
        Clear();
        (await RunAsync("3000")).ShouldBe((int)ExitCode.Usage);
        Error.ShouldContain($"{_project}:2: cert: {certificate} is outside the folder");
    }

    [Theory]
    [InlineData("mine.crt", "anna.crt", "mine.crt")]
    [InlineData("certs", "", "certs/anna.crt")]
    public async Task A_link_in_the_folder_does_not_lead_to_the_users_certificate(string link, string target, string written)
    {
        await RunAsync("certs", "create", "--client", "anna", "--out", Path.Combine(Folder, "home"));
        File.CreateSymbolicLink(Path.Combine(WorkingFolder!, link), Path.Combine(Folder, "home", target));
        await WriteAsync(_project, $"server: evil.app\ncert: {written}\n");
        Clear();

        (await RunAsync("3000")).ShouldBe((int)ExitCode.Usage);

        Error.ShouldContain("cert: " + Path.Combine(WorkingFolder!, written) + " is outside the folder");
    }

    [Fact]
    public async Task A_certificate_that_lies_in_the_folder_is_used()
    {
        await RunAsync("certs", "create", "--client", "ci", "--out", Path.Combine(WorkingFolder!, "certs"));
        await WriteAsync(_user, "server: my.app\ntoken: s3cret\ncert: /nonexistent\nkey: /nonexistent\n");
        await WriteAsync(_project, "server: other.app\ncert: certs/ci.crt\nkey: ./certs/ci.key\n");

        (await RunAsync("3000")).ShouldBe(0, Error);

        (Opened!.Token, Opened.Trust.CertificateFile).ShouldBe((null, Path.Combine(WorkingFolder!, "certs", "ci.crt")));
    }

    [Fact]
    public async Task What_the_user_says_at_this_moment_counts()
    {
        await WriteAsync(_user, "server: my.app\ntoken: s3cret\n");
        await WriteAsync(_project, "server: other.app\n");

        (await RunAsync("3000", "--token", "other")).ShouldBe(0, Error);
        (Opened!.Server.Host, Opened.Token).ShouldBe(("other.app", "other"));
        (await RunAsync("3000", "--server", "third.app")).ShouldBe(0, Error);
        (Opened.Server.Host, Opened.Token).ShouldBe(("third.app", "s3cret"));
        await WriteAsync(_project, "server: other.app\ntoken: theirs\n");
        (await RunAsync("3000")).ShouldBe(0, Error);
        (Opened.Server.Host, Opened.Token).ShouldBe(("other.app", "theirs"));
        Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_named_file_stands_alone()
    {
        await WriteAsync(_user, "server: my.app\n");
        await WriteAsync(_project, "server: project.app\n");
        string named = Path.Combine(Folder, "named.yml");
        await WriteAsync(named, "server: named.app\n");

        (await RunAsync("3000", "--config", named)).ShouldBe(0, Error);
        Opened!.Server.Host.ShouldBe("named.app");
        Variables["GGROK_CONFIG"] = named;
        (await RunAsync("3000")).ShouldBe(0, Error);
        Opened.Server.Host.ShouldBe("named.app");
    }

    [Fact]
    public async Task A_file_that_every_user_may_change_is_used_with_a_warning()
    {
        await WriteAsync(_project, "server: my.app\n");
        (await RunAsync("3000")).ShouldBe(0, Error);
        Error.ShouldBeEmpty();

        File.SetUnixFileMode(_project, File.GetUnixFileMode(_project) | UnixFileMode.OtherWrite);
        (await RunAsync("3000")).ShouldBe(0, Error);

        Opened!.Server.Host.ShouldBe("my.app");
        Error.ShouldContain($"chmod o-w {_project}");
    }

    [Fact]
    public async Task A_server_of_the_folder_does_not_get_the_token_of_the_environment_in_place_of_the_users_own()
    {
        await WriteAsync(_user, "server: my.app\n");
        await WriteAsync(_project, "server: evil.app\n");
        Variables["GGROK_TOKEN"] = "s3cret";

        (await RunAsync("3000")).ShouldBe(2);

        Opened.ShouldBeNull();
        Error.ShouldContain("is not the server that you have saved, and GGROK_TOKEN would be sent to it");
        Error.ShouldNotContain("s3cret");
        (await RunAsync("3000", "--token", "other")).ShouldBe(0, Error);
        (await RunAsync("3000", "--server", "my.app")).ShouldBe(0, Error);
        Opened!.Token.ShouldBe("s3cret");
        File.Delete(_user);
        (await RunAsync("3000")).ShouldBe(0, Error);
        Opened.Server.Host.ShouldBe("evil.app", "who has saved no server means the variable for the folder's");
    }

    [Fact]
    public async Task The_paths_are_shown_in_their_order_with_what_is_not_there()
    {
        await WriteAsync(_user, "server: my.app\n");
        (await RunAsync("config", "path")).ShouldBe(0);
        Lines().ShouldBe([$"{_project} (does not exist)", _user]);

        Clear();
        string other = Path.ChangeExtension(_project, ".yaml");
        await WriteAsync(other, "tunnels:\n  web: 3000\n");
        (await RunAsync("config", "path")).ShouldBe(0);
        Lines().ShouldBe([other, _user]);
        (await RunAsync("start", "web")).ShouldBe(0, Error);
    }

    [Fact]
    public async Task In_the_users_own_folder_the_file_counts_once()
    {
        WorkingFolder = Path.GetDirectoryName(_user);
        await WriteAsync(_user, "server: my.app\ntoken: s3cret\n");

        (await RunAsync("config", "path")).ShouldBe(0);
        (await RunAsync("3000")).ShouldBe(0, Error);

        Lines()[0].ShouldBe(_user);
        Opened!.Token.ShouldBe("s3cret");
    }

    [Fact]
    public async Task Saving_and_forgetting_never_touch_the_folders_file()
    {
        await WriteAsync(_project, "server: project.app\n");

        (await RunAsync("config", "set", "server", "my.app")).ShouldBe(0, Error);
        (await RunAsync("config", "get", "server")).ShouldBe(0, Error);

        Lines().ShouldBe([$"Saved server in {_user}", "my.app"]);
        (await File.ReadAllTextAsync(_project)).ShouldBe("server: project.app\n");
    }

    [Fact]
    public async Task Every_file_that_counts_is_checked()
    {
        (await RunAsync("config", "check")).ShouldBe((int)ExitCode.Usage);
        Error.ShouldContain($"There is nothing to check: neither {_project} nor {_user} exists.");

        await WriteAsync(_project, "server: a b\ntunnels:\n  web: 3000\n  ssh: {kind: tcp, target: 22, name: n}\n");
        await WriteAsync(_user, "tunnels:\n  web: 3000\n  other: {kind: tcp, target: 22, name: n}\ncert: /nonexistent\n");
        Clear();
        (await RunAsync("config", "check")).ShouldBe((int)ExitCode.Usage);

        Lines().ShouldBe(
        [
            $"{_project}:1: server: \"a b\" is not a server address; write it like my.app, my.app:8443 or http://localhost:8080.",
            $"{_user}:4: cert: There is no file /nonexistent; write the path of a PEM file.",
            $"{_user}:3: other asks for the private name n, as ssh does; change one of them, or start them apart.",
        ]);
    }

    private string[] Lines() => Output.ReplaceLineEndings("\n").Trim().Split('\n');

    private static Task WriteAsync(string path, string text) => File.WriteAllTextAsync(path, text);
}
