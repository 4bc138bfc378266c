using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ggrok.Client.Connection;
using Ggrok.Shared.Edge;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Ggrok.Tests.Tls;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Edge.Certificate;

/// <summary>Visitors with client certificates.</summary>
public class CertificatePolicyTests
{
    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Only_visitors_with_a_certificate_of_the_ca_pass_and_the_local_service_learns_whose_it_is(string version)
    {
        await using CertificateScene scene = await CertificateScene.StartAsync();
        using MadeCertificates other = await MadeCertificates.MakeAsync("localhost");
        await other.CreateAsync("--client", "anna");

        (await scene.GetAsync(null, version)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        HttpResponseMessage foreign = await scene.GetAsync(Pair(other, "anna"), version);
        (await foreign.Content.ReadAsStringAsync()).ShouldContain("not issued by the CA that the owner of the tunnel accepts");
        (await (await scene.GetAsync(Pair(scene.Made, "localhost"), version)).Content.ReadAsStringAsync()).ShouldContain("The certificate is not one for clients.");
        scene.Seen.ShouldBeEmpty();

        using X509Certificate2 anna = Pair(scene.Made, "anna");
        (await scene.GetAsync(anna, version)).StatusCode.ShouldBe(HttpStatusCode.OK);
        IHeaderDictionary seen = scene.Seen.ShouldHaveSingleItem();
        seen["Client-Cert"].ToString().ShouldBe($":{Convert.ToBase64String(anna.RawData)}:");
        seen["X-Client-Cert-Subject"].ToString().ShouldBe(anna.Subject);
        seen["X-Client-Cert-Fingerprint"].ToString().ShouldBe(Convert.ToHexStringLower(SHA256.HashData(anna.RawData)));
    }

    [Fact]
    public async Task What_a_visitor_says_of_certificates_itself_is_removed()
    {
        await using CertificateScene scene = await CertificateScene.StartAsync();
        using X509Certificate2 anna = Pair(scene.Made, "anna");
        string[] forged = ["Client-Cert", "client_cert", "Client-Cert-Chain", "X-Client-Cert-Subject", "X_Client_Cert_Subject", "X-Client-Cert-Fingerprint", "X-Client-Cert-Anything"];

        (await scene.GetAsync(anna, "1.1", forged)).StatusCode.ShouldBe(HttpStatusCode.OK);

        scene.Seen.ShouldHaveSingleItem().ShouldAllBe(f => !f.Value.ToString().Contains("forged", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_tls_and_by_what_a_trusted_proxy_says_nobody_passes()
    {
        await using CertificateScene scene = await CertificateScene.StartAsync();
        using var visitor = new HttpClient { BaseAddress = scene.Server.Url };
        using X509Certificate2 anna = Pair(scene.Made, "anna");
        var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { Host = "localhost" } };
        request.Headers.TryAddWithoutValidation("Client-Cert", $":{Convert.ToBase64String(anna.RawData)}:");

        (await visitor.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        scene.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task Only_handshakes_for_hosts_that_need_it_ask_for_a_certificate()
    {
        await using CertificateScene scene = await CertificateScene.StartAsync();
        int port = MadeCertificates.SecureUrl(scene.Server).Port;

        (_, string asked) = await OutsideProgram.RunAsync($"openssl s_client -connect 127.0.0.1:{port} -servername localhost -CAfile {scene.Made.Ca}");
        (_, string not) = await OutsideProgram.RunAsync($"openssl s_client -connect 127.0.0.1:{port} -servername other.localhost -CAfile {scene.Made.Ca}");

        // OpenSSL prints what kinds of signatures a request for a certificate allows.
        asked.ShouldContain("Requested Signature Algorithms");
        not.ShouldNotContain("Requested Signature Algorithms");
    }

    [Fact]
    public async Task Beside_a_ca_for_registrations_the_certificates_of_a_tunnel_are_not_excluded_by_name()
    {
        await using CertificateScene scene = await CertificateScene.StartAsync(withLogin: true);

        (await scene.GetAsync(Pair(scene.Made, "anna"), "2.0")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (_, string asked) = await OutsideProgram.RunAsync($"openssl s_client -connect 127.0.0.1:{MadeCertificates.SecureUrl(scene.Server).Port} -servername localhost -CAfile {scene.Made.Ca}");
        asked.ShouldContain("No client certificate CA names sent");
    }

    [Fact]
    public async Task A_connection_that_was_made_for_another_host_is_told_to_connect_anew()
    {
        await using CertificateScene scene = await CertificateScene.StartAsync();
        int port = MadeCertificates.SecureUrl(scene.Server).Port;

        (_, string answer) = await OutsideProgram.RunAsync(
            $"curl -sSik --noproxy '*' --http2 -m 20 --resolve other.localhost:{port}:127.0.0.1 -H 'Host: localhost' https://other.localhost:{port}/");

        answer.ShouldContain("HTTP/2 421");
        answer.ShouldContain(nameof(RelayError.ClientCertificateRequired));
    }

    [Fact]
    public async Task A_server_that_does_not_end_tls_itself_refuses_the_policy()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("localhost");
        await using RunningServer server = await RunningServer.StartAsync();
        await using var client = new RunningClient(RunningClient.Options(server.Url, new Uri("http://127.0.0.1:9"), t => t with { Policies = [new("client-ca", File.ReadAllText(made.Ca))] }));

        (await client.Exit).Message.ShouldNotBeNull().ShouldContain("client-ca: this server does not end TLS itself");
    }

    [Theory]
    [InlineData("")]
    [InlineData("no pem")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    public void What_is_no_ca_is_refused(string text) => Should.Throw<FormatException>(() => PolicyKeys.Find("client-ca")!.Check([text]));

    private static X509Certificate2 Pair(MadeCertificates made, string name) => X509Certificate2.CreateFromPemFile(made[name + ".crt"], made[name + ".key"]);

    /// <summary>A tunnel on a host with TLS whose visitors need a certificate.</summary>
    private sealed class CertificateScene : IAsyncDisposable
    {
        public required MadeCertificates Made { get; init; }

        public required RunningServer Server { get; init; }

        public required LocalApp App { get; init; }

        public required RunningClient Client { get; init; }

        public required List<IHeaderDictionary> Seen { get; init; }

        public static async Task<CertificateScene> StartAsync(bool withLogin = false)
        {
            MadeCertificates made = await MadeCertificates.MakeAsync("localhost");
            await made.CreateAsync("--client", "anna");
            using MadeCertificates login = await MadeCertificates.MakeAsync("localhost");
            var seen = new List<IHeaderDictionary>();
            LocalApp app = await LocalApp.StartAsync(context =>
            {
                seen.Add(new HeaderDictionary(context.Request.Headers.ToDictionary(h => h.Key, h => h.Value, StringComparer.OrdinalIgnoreCase)));
                return context.Response.WriteAsync("ok");
            });
            RunningServer server = await RunningServer.StartAsync(
                [.. made.Settings("localhost"), ("GGROK_TRUSTED_PROXIES", "*"), ("GGROK_TOKENS", "secret"), .. withLogin ? [("GGROK_TLS_CLIENT_CA", login.Ca)] : Array.Empty<(string, string)>()]);
            string ca = await File.ReadAllTextAsync(made.Ca);
            TunnelClientOptions options = RunningClient.Options(MadeCertificates.SecureUrl(server), app.Url, t => t with { Policies = [new("client-ca", ca)] }, token: "secret");
            var client = new RunningClient(options with { Trust = made.Trust() });
            await client.Events.NextReadyAsync();
            return new CertificateScene { Made = made, Server = server, App = app, Client = client, Seen = seen };
        }

        public async Task<HttpResponseMessage> GetAsync(X509Certificate2? certificate, string version, params string[] forged)
        {
            using HttpClient visitor = Made.Visitor(MadeCertificates.SecureUrl(Server), certificate);
            var request = new HttpRequestMessage(HttpMethod.Get, "/") { Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            foreach (string name in forged)
            {
                request.Headers.TryAddWithoutValidation(name, "forged");
            }

            return await visitor.SendAsync(request);
        }

        public async ValueTask DisposeAsync()
        {
            await Client.DisposeAsync();
            await Server.DisposeAsync();
            await App.DisposeAsync();
            Made.Dispose();
        }
    }
}
