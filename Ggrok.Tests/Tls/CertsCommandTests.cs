using System.Security.Cryptography.X509Certificates;
using Ggrok.Client.Connection;

namespace Ggrok.Tests.Tls;

/// <summary><c>ggrok certs create</c>, with openssl as the judge of what it makes.</summary>
public sealed class CertsCommandTests
{
    [Fact]
    public async Task Openssl_accepts_server_and_client_certificates_for_their_purpose_and_names_alone()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("tunnel.lan", "*.tunnel.lan", "192.168.1.5", "fd00::5");
        await made.CreateAsync("--client", "anna");
        string verify = $"openssl verify -x509_strict -CAfile {made.Ca}";

        (await OutsideProgram.RunAsync($"{verify} -purpose sslserver -verify_hostname alice.tunnel.lan {made["tunnel.lan.crt"]}")).Code.ShouldBe(0);
        (await OutsideProgram.RunAsync($"{verify} -purpose sslserver -verify_ip 192.168.1.5 {made["tunnel.lan.crt"]}")).Code.ShouldBe(0);
        (await OutsideProgram.RunAsync($"{verify} -purpose sslserver -verify_ip fd00::5 {made["tunnel.lan.crt"]}")).Code.ShouldBe(0);
        (await OutsideProgram.RunAsync($"{verify} -purpose sslserver -verify_hostname other.lan {made["tunnel.lan.crt"]}")).Code.ShouldNotBe(0);
        (await OutsideProgram.RunAsync($"{verify} -purpose sslclient {made["tunnel.lan.crt"]}")).Code.ShouldNotBe(0);
        (await OutsideProgram.RunAsync($"{verify} -purpose sslclient {made["anna.crt"]}")).Code.ShouldBe(0);
        (await OutsideProgram.RunAsync($"{verify} -purpose sslserver {made["anna.crt"]}")).Code.ShouldNotBe(0);
        (int code, string text) = await OutsideProgram.RunAsync($"openssl x509 -in {made.Ca} -noout -ext basicConstraints,keyUsage");
        (code, text.Contains("CA:TRUE, pathlen:0", StringComparison.Ordinal), text.Contains("Certificate Sign", StringComparison.Ordinal)).ShouldBe((0, true, true));
    }

    [Fact]
    public async Task Keys_are_their_owners_and_the_output_has_the_next_commands()
    {
        using var made = await MadeCertificates.MakeAsync();

        string server = await made.CreateAsync("*.tunnel.lan", "::1");
        string client = await made.CreateAsync("--client", "anna");

        server.ShouldContain($"GGROK_TLS_CERT={made["_wildcard.tunnel.lan.crt"]}");
        server.ShouldContain($"GGROK_TLS_KEY={made["_wildcard.tunnel.lan.key"]}");
        server.ShouldContain($"ggrok --server https://[::1]:8443 --ca {made.Ca} --port 3000");
        client.ShouldContain($"--cert {made["anna.crt"]} --key {made["anna.key"]}");
        client.ShouldContain("used again");
        foreach (string key in (string[])["ca.key", "_wildcard.tunnel.lan.key", "anna.key"])
        {
            File.GetUnixFileMode(made[key]).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [Fact]
    public async Task Nothing_is_overwritten_without_force_and_the_ca_never_is()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("a.lan");
        byte[] first = await File.ReadAllBytesAsync(made["a.lan.crt"]);
        byte[] ca = await File.ReadAllBytesAsync(made.Ca);

        (int code, _, string error) = await made.RunAsync("a.lan");
        (await File.ReadAllBytesAsync(made["a.lan.crt"])).ShouldBe(first);
        await made.CreateAsync("a.lan", "--force");

        code.ShouldBe((int)ExitCode.Usage);
        error.ShouldContain("is there already; overwrite it with --force");
        (await File.ReadAllBytesAsync(made["a.lan.crt"])).ShouldNotBe(first);
        (await File.ReadAllBytesAsync(made.Ca)).ShouldBe(ca);
        File.GetUnixFileMode(made["a.lan.key"]).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Theory]
    [InlineData("rsa:2048")]
    [InlineData("ec -pkeyopt ec_paramgen_curve:P-384")]
    public async Task A_ca_that_another_program_made_is_used(string key)
    {
        using var made = await MadeCertificates.MakeAsync();
        (int code, string output) = await OutsideProgram.RunAsync(
            $"openssl req -x509 -newkey {key} -nodes -keyout {made["ca.key"]} -out {made.Ca} -days 100 -subj /CN=Elsewhere -addext keyUsage=critical,keyCertSign");
        code.ShouldBe(0, output);

        await made.CreateAsync("a.lan");

        (await OutsideProgram.RunAsync($"openssl verify -x509_strict -purpose sslserver -CAfile {made.Ca} {made["a.lan.crt"]}")).Code.ShouldBe(0);
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificateFromFile(made["a.lan.crt"]);
        using X509Certificate2 ca = X509CertificateLoader.LoadCertificateFromFile(made.Ca);
        certificate.NotAfter.ShouldBe(ca.NotAfter);
    }

    [Theory]
    [InlineData("Which names?")]
    [InlineData("Make one at a time", "a.lan", "--client", "anna")]
    [InlineData("\"https://a.lan\" is neither a name nor an address", "https://a.lan")]
    [InlineData("\"a.lan:8443\" is neither", "a.lan:8443")]
    [InlineData("\"a_b.lan\" is neither", "a_b.lan")]
    [InlineData("\"3000\" is neither", "3000")]
    [InlineData("\"300.1.1.1\" is neither", "300.1.1.1")]
    [InlineData("\"a.*.lan\" is neither", "a.*.lan")]
    [InlineData("\"*.\" is neither", "*.")]
    [InlineData("ca.crt is the file of the CA itself", "ca")]
    [InlineData("--days: \"0\" is no number of days", "a.lan", "--days", "0")]
    [InlineData("--days: \"soon\" is no number of days", "a.lan", "--days", "soon")]
    [InlineData("--days: The CA ends at", "a.lan", "--days", "3650", "--ca-name", "x", "y.lan")]
    [InlineData("--client: \"../anna\" cannot name a client", "--client", "../anna")]
    [InlineData("--client is empty", "--client", "")]
    [InlineData("--ca-name: The name of a CA is one line", "a.lan", "--ca-name", "a\nb")]
    [InlineData("There is no option \"--day\"; did you mean --days?", "a.lan", "--day", "5")]
    public async Task Each_mistake_is_a_sentence(string expected, params string[] arguments)
    {
        using var made = await MadeCertificates.MakeAsync();
        if (expected.Contains("The CA ends", StringComparison.Ordinal))
        {
            made.MakeExpired();
        }

        (int code, _, string error) = await made.RunAsync(arguments);

        code.ShouldBe((int)ExitCode.Usage);
        error.ShouldContain(expected);
        error.ShouldNotContain("   at ");
        File.Exists(made["a.lan.crt"]).ShouldBeFalse();
    }

    [Fact]
    public async Task A_folder_in_disorder_is_explained()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("a.lan");
        string other = made["other.key"];
        File.Move(made["ca.key"], other);
        (await made.RunAsync("b.lan")).Error.ShouldContain("ca.key is not; bring it back");

        File.Copy(made["a.lan.key"], made["ca.key"]);
        (await made.RunAsync("b.lan")).Error.ShouldContain("ca.key does not fit the certificate");

        File.Copy(made["a.lan.crt"], made.Ca, overwrite: true);
        (await made.RunAsync("b.lan")).Error.ShouldContain("ca.crt is no CA");
    }

    [Fact]
    public async Task Names_are_kept_in_the_form_that_travels()
    {
        using var made = await MadeCertificates.MakeAsync("Bücher.Example", "bücher.example.", "::ffff:10.0.0.1", "[fd00::5]");

        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificateFromFile(made["xn--bcher-kva.example.crt"]);
        X509SubjectAlternativeNameExtension names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();

        names.EnumerateDnsNames().ShouldBe(["xn--bcher-kva.example"]);
        names.EnumerateIPAddresses().Select(a => a.ToString()).ShouldBe(["::ffff:10.0.0.1", "fd00::5"]);
    }
}
