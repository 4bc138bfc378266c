using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Tls;

/// <summary>Which certificate a visitor is shown, and what the handshake offers.</summary>
public sealed class CertificateChoiceTests
{
    [Fact]
    public async Task The_name_chooses_exact_before_wildcard_before_first()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("first.test");
        await made.CreateAsync("*.tunnel.test", "tunnel.test");
        await made.CreateAsync("special.tunnel.test");
        await using RunningServer server = await RunningServer.StartAsync(made.Settings("first.test", "_wildcard.tunnel.test", "special.tunnel.test"));

        (await made.ShownForAsync(server, "first.test")).ShouldBe("first.test");
        (await made.ShownForAsync(server, "alice.tunnel.test")).ShouldBe("*.tunnel.test");
        (await made.ShownForAsync(server, "ALICE.Tunnel.Test")).ShouldBe("*.tunnel.test");
        (await made.ShownForAsync(server, "tunnel.test")).ShouldBe("*.tunnel.test");
        (await made.ShownForAsync(server, "special.tunnel.test")).ShouldBe("special.tunnel.test");
        (await made.ShownForAsync(server, "a.b.tunnel.test")).ShouldBe("first.test");
        (await made.ShownForAsync(server, "unknown.test")).ShouldBe("first.test");
        (await made.ShownForAsync(server, "127.0.0.1")).ShouldBe("first.test");
    }

    [Fact]
    public async Task The_chain_of_the_file_is_sent_and_a_key_may_stand_beside_its_certificate()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync();
        await IntermediateAsync(made);
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TLS_CERT", made["all.pem"]), ("GGROK_TLS_PORT", "0")]);

        // Openssl knows the root alone, and has the intermediate from the server.
        (int code, string output) = await OutsideProgram.RunAsync(
            $"openssl s_client -connect 127.0.0.1:{MadeCertificates.SecureUrl(server).Port} -servername leaf.test -CAfile {made.Ca} -verify_return_error -verify_hostname leaf.test");

        code.ShouldBe(0, output);
        output.ShouldContain("Verification: OK");
        output.ShouldContain("CN = Intermediate");
    }

    [Fact]
    public async Task Old_versions_of_tls_are_refused_and_http2_is_offered()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("localhost");
        await using RunningServer server = await RunningServer.StartAsync(made.Settings("localhost"));
        string connect = $"openssl s_client -connect 127.0.0.1:{MadeCertificates.SecureUrl(server).Port} -CAfile {made.Ca} -cipher ALL:@SECLEVEL=0 -alpn h2,http/1.1";

        string old = (await OutsideProgram.RunAsync($"{connect} -tls1_1")).Output;
        string v12 = (await OutsideProgram.RunAsync($"{connect} -tls1_2")).Output;
        string v13 = (await OutsideProgram.RunAsync($"{connect} -tls1_3")).Output;

        old.ShouldContain("alert protocol version");
        v12.ShouldContain("ALPN protocol: h2");
        v13.ShouldContain("ALPN protocol: h2");
        v13.ShouldNotContain("Acceptable client certificate CA names");
    }

    [Fact]
    public async Task A_session_is_resumed()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("localhost");
        await made.CreateAsync("--client", "anna");
        await using RunningServer server = await RunningServer.StartAsync([.. made.Settings("localhost"), ("GGROK_TLS_CLIENT_CA", made.Ca)]);
        await using IAsyncDisposable open = await made.HoldContextAsync(server);

        string output = (await OutsideProgram.RunAsync($"openssl s_client -connect 127.0.0.1:{MadeCertificates.SecureUrl(server).Port} -tls1_2 -reconnect")).Output;

        output.Split('\n').Count(l => l.StartsWith("Reused, TLSv1.2", StringComparison.Ordinal)).ShouldBe(5, output);
    }

    [Fact]
    public async Task Https_among_the_addresses_works_with_kestrels_own_certificate_settings()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("localhost");
        await using var program = RunningProgram.Start("dotnet", Path.Combine(AppContext.BaseDirectory, "Ggrok.Server.dll"), environment:
        [
            ("ASPNETCORE_URLS", "https://127.0.0.1:0;http://127.0.0.1:0"),
            ("Kestrel__Certificates__Default__Path", made["localhost.crt"]),
            ("Kestrel__Certificates__Default__KeyPath", made["localhost.key"]),
        ]);
        string line = await program.LineAsync("Now listening on: https://127.0.0.1:");
        int port = new Uri(line[line.IndexOf("https://", StringComparison.Ordinal)..].Trim()).Port;
        using HttpClient visitor = made.Visitor(new Uri($"https://localhost:{port}"));

        (await visitor.GetStringAsync("/$$ggrok/health")).ShouldContain("ok");
    }

    [Fact]
    public async Task Tls_stands_beside_the_given_addresses()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("localhost");
        await using RunningServer server = await RunningServer.StartAsync(made.Settings("localhost"));
        using HttpClient secure = made.Visitor(MadeCertificates.SecureUrl(server));
        using HttpClient clear = made.Visitor(server.Url);

        (await secure.GetStringAsync("/$$ggrok/health")).ShouldContain("ok");
        (await clear.GetStringAsync("/$$ggrok/health")).ShouldContain("ok");
        (SslStream stream, _) = await made.ShakeHandsAsync(server, "localhost", SslProtocols.Tls13);
        await using (stream)
        {
            stream.SslProtocol.ShouldBe(SslProtocols.Tls13);
        }
    }

    [Fact]
    public async Task Curl_and_openssl_accept_the_server()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("localhost", "127.0.0.1");
        await using RunningServer server = await RunningServer.StartAsync(made.Settings("localhost"));
        int port = MadeCertificates.SecureUrl(server).Port;

        (int code, string output) = await OutsideProgram.RunAsync($"curl -sS --noproxy '*' --cacert {made.Ca} -w ' %{{http_version}}' https://localhost:{port}/%24%24ggrok/health https://127.0.0.1:{port}/%24%24ggrok/health");
        (int unknown, _) = await OutsideProgram.RunAsync($"curl -sS --noproxy '*' https://localhost:{port}/");

        code.ShouldBe(0, output);
        output.Split("\"ok\"").Length.ShouldBe(3, output);
        output.ShouldContain(" 2");
        unknown.ShouldBe(60);
    }

    // Made by openssl: the client's command makes no intermediates.
    private static async Task IntermediateAsync(MadeCertificates made)
    {
        string f(string name) => made[name];
        await File.WriteAllTextAsync(f("leaf.ext"), "subjectAltName=DNS:leaf.test\nextendedKeyUsage=serverAuth\n");
        await File.WriteAllTextAsync(f("mid.ext"), "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n");
        string[] steps =
        [
            $"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {f("ca.key")} -out {made.Ca} -days 10 -subj /CN=Root",
            $"openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {f("mid.key")} -out {f("mid.csr")} -subj /CN=Intermediate",
            $"openssl x509 -req -in {f("mid.csr")} -CA {made.Ca} -CAkey {f("ca.key")} -CAcreateserial -days 10 -extfile {f("mid.ext")} -out {f("mid.crt")}",
            $"openssl req -newkey rsa:2048 -nodes -keyout {f("leaf.key")} -out {f("leaf.csr")} -subj /CN=leaf.test",
            $"openssl x509 -req -in {f("leaf.csr")} -CA {f("mid.crt")} -CAkey {f("mid.key")} -CAcreateserial -days 10 -extfile {f("leaf.ext")} -out {f("leaf.crt")}",
        ];
        foreach (string step in steps)
        {
            (int code, string output) = await OutsideProgram.RunAsync(step);
            code.ShouldBe(0, output);
        }

        string[] parts = await Task.WhenAll(((string[])["leaf.crt", "mid.crt", "leaf.key"]).Select(p => File.ReadAllTextAsync(f(p))));
        await File.WriteAllTextAsync(f("all.pem"), string.Concat(parts));
    }
}
