using Ggrok.Client.Inspector;
using Ggrok.Shared.Webhooks;

namespace Ggrok.Tests.Client;

/// <summary>How the inspector is switched on, off and sized.</summary>
public class InspectorOptionsTests : CommandLineScene
{
    [Fact]
    public async Task It_is_on_unless_somebody_says_otherwise()
    {
        (await RunAsync("3000", "--server", "my.app")).ShouldBe(0);

        InspectOptions inspect = Opened!.Inspect.ShouldNotBeNull();
        inspect.Port.ShouldBeNull();
        inspect.MaxExchanges.ShouldBe(10_000);
        inspect.MaxBytes.ShouldBe(32 << 20);
        inspect.MaxBodyBytes.ShouldBe(64 << 10);
    }

    [Fact]
    public async Task Options_say_where_and_how_much()
    {
        (await RunAsync("3000", "--server", "my.app", "--inspect", "5050", "--inspect-keep", "500", "--inspect-memory", "8MiB", "--inspect-body", "1 MB")).ShouldBe(0);

        InspectOptions inspect = Opened!.Inspect.ShouldNotBeNull();
        inspect.Port.ShouldBe(5050);
        inspect.MaxExchanges.ShouldBe(500);
        inspect.MaxBytes.ShouldBe(8 << 20);
        inspect.MaxBodyBytes.ShouldBe(1_000_000);
    }

    [Fact]
    public async Task Off_is_off_also_when_it_is_saved()
    {
        (await RunAsync("3000", "--server", "my.app", "--inspect", "off")).ShouldBe(0);
        Opened!.Inspect.ShouldBeNull();

        (await RunAsync("config", "set", "inspect", "off")).ShouldBe(0);
        (await RunAsync("3000", "--server", "my.app")).ShouldBe(0);
        Opened!.Inspect.ShouldBeNull();
        (await RunAsync("3000", "--server", "my.app", "--inspect", "4041")).ShouldBe(0);
        Opened!.Inspect.ShouldNotBeNull();
    }

    [Fact]
    public async Task Recording_has_a_folder_a_size_and_secrets()
    {
        (await RunAsync("3000", "--server", "my.app", "--record", Folder)).ShouldBe(0);
        InspectOptions inspect = Opened!.Inspect.ShouldNotBeNull();
        inspect.HasPage.ShouldBeTrue();
        inspect.Record.ShouldBe(new RecordOptions(Folder) { MaxBytes = 1L << 30 });
        inspect.Redact.ShouldBeEmpty();

        (await RunAsync("config", "set", "redact", "own, X-Own")).ShouldBe(0);
        (await RunAsync("3000", "--server", "my.app", "--record", Path.GetRelativePath(Environment.CurrentDirectory, Folder), "--record-size", "5GiB", "--record-secrets",
            "--redact", "pin", "--redact", "a,b", "--inspect", "off")).ShouldBe(0);
        inspect = Opened!.Inspect.ShouldNotBeNull();
        inspect.HasPage.ShouldBeFalse();
        inspect.Record.ShouldBe(new RecordOptions(Folder) { MaxBytes = 5L << 30, WithSecrets = true });
        inspect.Redact.ShouldBe(["pin", "a", "b", "own", "X-Own"]);
    }

    [Fact]
    public async Task A_working_folder_can_name_more_secrets_and_not_fewer()
    {
        WorkingFolder = Directory.CreateDirectory(Path.Combine(Folder, "work")).FullName;
        await File.WriteAllTextAsync(Path.Combine(WorkingFolder, "ggrok.yml"), "redact: theirs\n");
        await File.WriteAllTextAsync(Path.Combine(Folder, "user.yml"), "redact: mine\n");
        Variables.Remove("GGROK_CONFIG");
        Variables["XDG_CONFIG_HOME"] = Directory.CreateDirectory(Path.Combine(Folder, "home")).FullName;
        Directory.CreateDirectory(Path.Combine(Folder, "home", "ggrok"));
        File.Move(Path.Combine(Folder, "user.yml"), Path.Combine(Folder, "home", "ggrok", "ggrok.yml"));

        (await RunAsync("3000", "--server", "my.app")).ShouldBe(0);

        Opened!.Inspect!.Redact.ShouldBe(["theirs", "mine"]);
    }

    [Theory]
    [InlineData("1KiB", "1MiB to 1TiB")]
    [InlineData("2TiB", "1MiB to 1TiB")]
    public async Task The_size_of_records_is_bounded(string size, string expected)
    {
        (await RunAsync("3000", "--server", "my.app", "--record", Folder, "--record-size", size)).ShouldBe(2);

        Error.ShouldContain("--record-size");
        Error.ShouldContain(expected);
    }

    [Fact]
    public async Task Recording_needs_a_folder()
    {
        await File.WriteAllTextAsync(Path.Combine(Folder, "file"), "");

        (await RunAsync("3000", "--server", "my.app", "--record", Path.Combine(Folder, "file"))).ShouldBe(2);
        Error.ShouldContain("is a file; give a folder");
        (await RunAsync("3000", "--server", "my.app", "--record-secrets")).ShouldBe(2);
        Error.ShouldContain("--record-secrets says how to record; say where with --record DIR");
    }

    [Theory]
    [InlineData("--record-size", "1MiB", "--record DIR")]
    [InlineData("--record", "", "empty")]
    [InlineData("--redact", "-", "no name of a field")]
    [InlineData("--redact", "a,", "no name of a field")]
    [InlineData("--inspect", "on", "no port for the inspector")]
    [InlineData("--inspect", "70000", "no port for the inspector")]
    [InlineData("--inspect-keep", "0", "1 to 1000000")]
    [InlineData("--inspect-memory", "1KiB", "1MiB to 1GiB")]
    [InlineData("--inspect-body", "lots", "64KiB")]
    [InlineData("--inspect-body", "16MiB", "a quarter")]
    public async Task What_cannot_be_is_told(string option, string value, string expected)
    {
        (await RunAsync("3000", "--server", "my.app", option, value)).ShouldBe(2);

        Error.ShouldContain(option);
        Error.ShouldContain(expected);
        Opened.ShouldBeNull();
    }

    [Fact]
    public async Task Secrets_of_webhooks_come_from_the_environment_or_the_file_and_are_not_shown()
    {
        Variables["GGROK_WEBHOOK_SECRET_STANDARD"] = "whsec_old whsec_new";
        (await RunAsync("config", "set", "webhook-secret-github", "s3cret")).ShouldBe(0);
        (await RunAsync("config", "list")).ShouldBe(0);
        Output.ShouldContain("webhook-secret-github: ****");
        Output.ShouldNotContain("s3cret");

        (await RunAsync("3000", "--server", "my.app")).ShouldBe(0);

        IReadOnlyDictionary<WebhookProvider, IReadOnlyList<string>> secrets = Opened!.Inspect!.WebhookSecrets;
        secrets[WebhookProvider.GitHub].ShouldBe(["s3cret"]);
        secrets[WebhookProvider.StandardWebhooks].ShouldBe(["whsec_old", "whsec_new"]);
        secrets.Count.ShouldBe(2);
    }
}
