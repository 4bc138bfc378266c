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

    [Theory]
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
