using Ggrok.Client.Connection;
using Ggrok.Tests.Client;

namespace Ggrok.Tests.Tls;

/// <summary>--ca, --cert and --key as people write them.</summary>
public sealed class TrustOptionTests : CommandLineScene
{
    [Fact]
    public async Task Options_beat_variables_and_variables_beat_the_file()
    {
        using MadeCertificates made = await MadeAsync();
        (await RunAsync("config", "set", "ca", made.Ca)).ShouldBe(0, Error);
        Variables["GGROK_CERT"] = made["anna.crt"];
        Variables["GGROK_KEY"] = made["anna.key"];
        File.Copy(made.Ca, made["copy.crt"]);

        (await RunAsync("3000", "--server", "my.app")).ShouldBe(0, Error);
        Opened!.Trust.ShouldBe(made.Trust("anna"));
        (await RunAsync("3000", "--server", "my.app", "--ca", made["copy.crt"])).ShouldBe(0, Error);
        Opened.Trust.CaFile.ShouldBe(made["copy.crt"]);
    }

    [Fact]
    public async Task A_relative_path_in_the_file_begins_there_and_a_typed_one_is_saved_in_full()
    {
        using MadeCertificates made = await MadeAsync();
        string folder = Path.GetDirectoryName(ConfigPath)!;
        File.Copy(made.Ca, Path.Combine(folder, "office.crt"));
        await File.WriteAllTextAsync(ConfigPath, "ca: office.crt\n");
        (await RunAsync("3000", "--server", "my.app")).ShouldBe(0, Error);
        Opened!.Trust.CaFile.ShouldBe(Path.Combine(folder, "office.crt"));

        string relative = Path.GetRelativePath(Environment.CurrentDirectory, made.Ca);
        (await RunAsync("config", "set", "ca", relative)).ShouldBe(0, Error);

        (await RunAsync("config", "get", "ca")).ShouldBe(0, Error);
        Output.ShouldEndWith(Path.GetFullPath(relative) + Environment.NewLine);
    }

    [Theory]
    [InlineData("--ca: There is no file /nonexistent/ca.crt", "--ca", "/nonexistent/ca.crt")]
    [InlineData("--ca is empty", "--ca", "")]
    [InlineData("anna.crt holds no root certificate", "--ca", "anna.crt")]
    [InlineData("--cert: There is no file /nonexistent/a.crt", "--cert", "/nonexistent/a.crt")]
    [InlineData("anna.crt holds no private key; name the file of the key, too", "--cert", "anna.crt")]
    [InlineData("ca.key does not fit the certificate of anna", "--cert", "anna.crt", "--key", "ca.key")]
    [InlineData("--key needs --cert", "--key", "anna.key")]
    public async Task Each_mistake_is_a_sentence(string expected, params string[] arguments)
    {
        using MadeCertificates made = await MadeAsync();

        int code = await RunAsync(["3000", "--server", "my.app", .. arguments.Select(a => a.Contains('.') && a[0] != '/' ? made[a] : a)]);

        code.ShouldBe((int)ExitCode.Usage);
        Error.ShouldContain(expected);
        Opened.ShouldBeNull();
    }

    [Fact]
    public async Task A_server_without_tls_wants_none_of_them_but_what_is_saved_does_not_harm()
    {
        using MadeCertificates made = await MadeAsync();

        (await RunAsync("3000", "--server", "localhost:8443", "--ca", made.Ca)).ShouldBe((int)ExitCode.Usage);
        Error.ShouldContain("--ca is about TLS, and localhost:8443 is reached without it; write --server https://localhost:8443");
        await RunAsync("config", "set", "ca", made.Ca);
        (await RunAsync("3000", "--server", "http://localhost:8080")).ShouldBe(0, Error);
        Opened!.Trust.ShouldBe(ServerTrust.System);
    }

    [Fact]
    public async Task Files_that_are_not_there_are_not_saved()
    {
        foreach (string key in (string[])["ca", "cert", "key"])
        {
            (await RunAsync("config", "set", key, "/nonexistent/x")).ShouldBe((int)ExitCode.Usage);
        }

        File.Exists(ConfigPath).ShouldBeFalse();
    }

    private static async Task<MadeCertificates> MadeAsync()
    {
        MadeCertificates made = await MadeCertificates.MakeAsync("localhost");
        await made.CreateAsync("--client", "anna");
        return made;
    }
}
