using Ggrok.Server.Hosting;
using Ggrok.Server.Tls;
using Ggrok.Tests.Testing;
using Microsoft.Extensions.Configuration;

namespace Ggrok.Tests.Tls;

/// <summary>Mistakes in the server's TLS settings, and what it says at start.</summary>
public sealed class TlsSettingsTests : IAsyncLifetime
{
    private MadeCertificates _made = null!;

    public async Task InitializeAsync()
    {
        _made = await MadeCertificates.MakeAsync("a.test");
        await _made.CreateAsync("b.test");
        await _made.CreateAsync("--client", "anna");
        await OutsideProgram.RunAsync($"openssl pkey -in {_made["a.test.key"]} -aes128 -passout pass:x -out {_made["locked.key"]}");
        await OutsideProgram.RunAsync($"openssl ec -in {_made["a.test.key"]} -aes128 -passout pass:x -out {_made["locked-ec.key"]}");
        await OutsideProgram.RunAsync($"openssl x509 -in {_made["a.test.crt"]} -outform der -out {_made["der.crt"]}");
        await File.WriteAllTextAsync(_made["text.crt"], "hello");
    }

    public Task DisposeAsync()
    {
        _made.Dispose();
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData("GGROK_TLS_CERT: There is no file ", "GGROK_TLS_CERT=missing.crt")]
    [InlineData("GGROK_TLS_CERT: There is no file ", "GGROK_TLS_CERT=a.test.crt", "GGROK_TLS_KEY=missing.key")]
    [InlineData("a.test.crt holds no private key; name the file of the key, too", "GGROK_TLS_CERT=a.test.crt")]
    [InlineData("ca.crt holds no private key; a PEM file of a key", "GGROK_TLS_CERT=a.test.crt", "GGROK_TLS_KEY=ca.crt")]
    [InlineData("b.test.key does not fit the certificate of a.test in ", "GGROK_TLS_CERT=a.test.crt", "GGROK_TLS_KEY=b.test.key")]
    [InlineData("locked.key is encrypted; decrypt it with: openssl pkey", "GGROK_TLS_CERT=a.test.crt", "GGROK_TLS_KEY=locked.key")]
    [InlineData("locked-ec.key is encrypted; decrypt it with: openssl pkey", "GGROK_TLS_CERT=a.test.crt", "GGROK_TLS_KEY=locked-ec.key")]
    [InlineData("text.crt holds no certificate", "GGROK_TLS_CERT=text.crt", "GGROK_TLS_KEY=a.test.key")]
    [InlineData("der.crt is no PEM file; convert it with: openssl x509", "GGROK_TLS_CERT=der.crt", "GGROK_TLS_KEY=a.test.key")]
    [InlineData("GGROK_TLS_KEY: there are 1 keys for 2 certificates", "GGROK_TLS_CERT=a.test.crt,b.test.crt", "GGROK_TLS_KEY=a.test.key")]
    [InlineData("GGROK_TLS_KEY: it needs GGROK_TLS_CERT", "GGROK_TLS_KEY=a.test.key")]
    [InlineData("GGROK_TLS_CLIENT_CA: it needs GGROK_TLS_CERT", "GGROK_TLS_CLIENT_CA=ca.crt")]
    [InlineData("GGROK_TLS_CLIENT_CA: There is no file ", "GGROK_TLS_CERT=a.test.crt", "GGROK_TLS_KEY=a.test.key", "GGROK_TLS_CLIENT_CA=missing.crt")]
    [InlineData("anna.crt holds no root certificate", "GGROK_TLS_CERT=a.test.crt", "GGROK_TLS_KEY=a.test.key", "GGROK_TLS_CLIENT_CA=anna.crt")]
    [InlineData("GGROK_TLS_PORT: 8080 is PORT, too", "GGROK_TLS_CERT=a.test.crt", "GGROK_TLS_KEY=a.test.key", "GGROK_TLS_PORT:8080")]
    [InlineData("GGROK_TLS_PORT: \"x\" is not valid", "GGROK_TLS_CERT=a.test.crt", "GGROK_TLS_KEY=a.test.key", "GGROK_TLS_PORT:x")]
    [InlineData("GGROK_HTTP3: \"on\" is not valid; write auto or off", "GGROK_HTTP3:on")]
    public void Each_mistake_is_named(string expected, params string[] settings)
    {
        SettingsException e = Should.Throw<SettingsException>(() => Read(settings));

        e.Message.ShouldContain(expected);
    }

    [Fact]
    public void The_tls_port_may_be_PORT_when_addresses_are_given()
    {
        ServerOptions options = Read("GGROK_TLS_CERT=a.test.crt", "GGROK_TLS_KEY=a.test.key", "GGROK_TLS_PORT:8080", "ASPNETCORE_URLS:http://127.0.0.1:9");

        options.Tls!.Port.ShouldBe(8080);
    }

    [Fact]
    public async Task A_mistake_ends_the_program_with_code_2()
    {
        await using var program = RunningProgram.Start("dotnet", Path.Combine(AppContext.BaseDirectory, "Ggrok.Server.dll"), environment:
            [("GGROK_TLS_CERT", _made["a.test.crt"]), ("GGROK_TLS_KEY", _made["b.test.key"]), ("PORT", "0")]);

        (await program.ExitAsync()).ShouldBe(2);
        program.Output.ShouldContain("GGROK_TLS_CERT: The key in ");
        program.Output.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task The_health_probe_and_both_ports_work_beside_each_other()
    {
        await using var program = RunningProgram.Start("dotnet", Path.Combine(AppContext.BaseDirectory, "Ggrok.Server.dll"), environment:
            [("GGROK_TLS_CERT", _made["a.test.crt"]), ("GGROK_TLS_KEY", _made["a.test.key"]), ("GGROK_TLS_PORT", "0"), ("PORT", "0")]);
        string line = await program.LineAsync("Now listening on: http://");
        await program.LineAsync("Now listening on: https://");
        string port = line[(line.LastIndexOf(':') + 1)..].Trim();

        await using var probe = RunningProgram.Start("dotnet", $"{Path.Combine(AppContext.BaseDirectory, "Ggrok.Server.dll")} --health", environment: [("PORT", port)]);

        (await probe.ExitAsync()).ShouldBe(0, probe.Output);
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("off")]
    public async Task The_start_says_plainly_what_becomes_of_http3(string setting)
    {
        await using RunningServer server = await RunningServer.StartAsync([.. _made.Settings("a.test"), ("GGROK_HTTP3", setting)]);

        bool said = server.Logs.Lines.Any(l => l.Message.Contains("HTTP/3 is off: this system has no msquic (package libmsquic); visitors use HTTP/2 and HTTP/1.1", StringComparison.Ordinal));

        said.ShouldBe(setting == "auto" && !TlsEndpoint.IsHttp3Possible);
    }

    private ServerOptions Read(params string[] settings) => ServerSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(Setting)).Build());

    // NAME=file,file or NAME:value.
    private KeyValuePair<string, string?> Setting(string text)
    {
        int end = text.AsSpan().IndexOfAny('=', ':');
        string value = text[(end + 1)..];
        return KeyValuePair.Create(text[..end], (string?)(text[end] == ':' ? value : string.Join(",", value.Split(',').Select(f => _made[f]))));
    }
}
