using System.Net;
using System.Security.Cryptography.X509Certificates;
using Ggrok.Client.Connection;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Tls;

/// <summary>Client certificates in place of tokens.</summary>
public sealed class ClientCertificateTests
{
    [Fact]
    public async Task A_certificate_of_the_ca_registers_without_a_token_and_again_after_a_loss()
    {
        using MadeCertificates made = await MadeAsync();
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync("ok"));
        await using RunningServer server = await StartAsync(made);
        await using RunningClient client = Client(server, app.Url, made.Trust("anna"));
        Uri url = (await client.Events.NextReadyAsync())[0].Url;
        TunnelSession session = server.Get<SessionDirectory>().Sessions.ShouldHaveSingleItem();

        session.Identity.Id.ShouldMatch("^cert:anna/[0-9a-f]{16}$");
        session.Connection.RequestClose(CloseReason.TransportLost);
        await client.Events.NextReadyAsync();
        using HttpClient visitor = made.Visitor(url);
        (await visitor.GetStringAsync("/")).ShouldBe("ok");
    }

    [Fact]
    public async Task Without_tokens_only_certificates_register_and_the_server_does_not_call_itself_open()
    {
        using MadeCertificates made = await MadeAsync();
        await using RunningServer server = await StartAsync(made);

        ClientExit none = await ExitAsync(server, made.Trust());
        ClientExit token = await ExitAsync(server, made.Trust(), token: "guess");
        ClientExit clear = await ExitAsync(server.Url, new ServerTrust());

        foreach (ClientExit exit in (ClientExit[])[none, token, clear])
        {
            exit.Code.ShouldBe(ExitCode.TokenRefused);
            exit.Message!.ShouldContain("pass it with --cert and --key");
        }

        server.Logs.Lines.ShouldNotContain(l => l.Message.Contains("THIS SERVER IS OPEN", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_certificate_of_another_ca_is_refused_though_it_has_the_same_names()
    {
        using MadeCertificates made = await MadeAsync("--ca-name", "Office CA");
        using MadeCertificates other = await MadeAsync("--ca-name", "Office CA");
        await using RunningServer server = await StartAsync(made);

        ClientExit exit = await ExitAsync(server, other.Trust("anna") with { CaFile = made.Ca });

        (exit.Code, exit.Message).ShouldBe((ExitCode.TokenRefused,
            $"The server refuses the certificate in {other["anna.crt"]}: it is not issued by the server's CA; pass another one with --cert."));
    }

    [Fact]
    public async Task An_expired_certificate_and_one_for_servers_are_refused()
    {
        using MadeCertificates made = await MadeAsync();
        using MadeCertificates old = await MadeCertificates.MakeAsync();
        old.MakeExpired();
        await File.AppendAllTextAsync(made["clients.crt"], await File.ReadAllTextAsync(made.Ca) + await File.ReadAllTextAsync(old.Ca));
        await using RunningServer server = await StartAsync(made, clientCa: made["clients.crt"]);

        ClientExit expired = await ExitAsync(server, old.Trust("late") with { CaFile = made.Ca });
        ClientExit purpose = await ExitAsync(server, made.Trust("localhost"));

        (expired.Code, purpose.Code).ShouldBe((ExitCode.TokenRefused, ExitCode.TokenRefused));
        expired.Message!.ShouldContain("it is not valid at this time; pass a renewed one with --cert.");
        purpose.Message!.ShouldContain("it is not one for clients");
    }

    [Fact]
    public async Task Tokens_work_beside_certificates()
    {
        using MadeCertificates made = await MadeAsync();
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync("ok"));
        await using RunningServer server = await StartAsync(made, ("GGROK_TOKENS", "secret"));
        await using (RunningClient byToken = Client(server, app.Url, made.Trust(), "secret"))
        {
            await byToken.Events.NextReadyAsync();
        }

        await using (RunningClient byCertificate = Client(server, app.Url, made.Trust("anna")))
        {
            await byCertificate.Events.NextReadyAsync();
        }

        (await ExitAsync(server, made.Trust())).Message.ShouldBe("The server wants a token or a client certificate; pass --token, or --cert and --key.");
        (await ExitAsync(server, made.Trust(), "wrong")).Message!.ShouldContain("refuses this token");
    }

    [Fact]
    public async Task A_server_that_takes_no_certificates_says_so()
    {
        using MadeCertificates made = await MadeAsync();
        await using RunningServer server = await RunningServer.StartAsync([.. made.Settings("localhost"), ("GGROK_TOKENS", "secret")]);

        (await ExitAsync(server, made.Trust("anna"))).Message!.ShouldContain("takes no client certificates");
    }

    [Fact]
    public async Task Visitors_are_visitors_with_any_certificate_or_none()
    {
        using MadeCertificates made = await MadeAsync();
        using MadeCertificates other = await MadeAsync();
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync("ok"));
        await using RunningServer server = await StartAsync(made);
        await using RunningClient client = Client(server, app.Url, made.Trust("anna"));
        Uri url = (await client.Events.NextReadyAsync())[0].Url;
        using X509Certificate2 foreign = X509Certificate2.CreateFromPemFile(other["anna.crt"], other["anna.key"]);

        foreach (X509Certificate2? certificate in (X509Certificate2?[])[null, foreign])
        {
            using HttpClient visitor = made.Visitor(url, certificate);
            (await visitor.GetStringAsync("/")).ShouldBe("ok");
        }
    }

    [Fact]
    public async Task What_a_header_says_of_certificates_counts_nothing()
    {
        using MadeCertificates made = await MadeAsync();
        await using RunningServer server = await StartAsync(made, ("GGROK_TRUSTED_PROXIES", "*"));
        string pem = Uri.EscapeDataString(await File.ReadAllTextAsync(made["anna.crt"]));
        using RawSocket socket = await RawSocket.ConnectAsync(server.Url);

        await socket.SendAsync("GET /$$ggrok HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ggrok.v1\r\n"
            + $"X-ARR-ClientCert: {pem}\r\nX-Forwarded-Client-Cert: {pem}\r\nClient-Cert: {pem}\r\n\r\n");

        (await socket.ReadUntilAsync("\r\n")).ShouldStartWith("HTTP/1.1 401");
        (await socket.ReadUntilAsync("\r\n\r\n")).ShouldContain("WWW-Authenticate: ClientCertificate realm=\"ggrok\", problem=\"Missing\"");
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task A_resumed_session_keeps_its_certificate(string version)
    {
        using MadeCertificates made = await MadeAsync();
        await using RunningServer server = await StartAsync(made);
        await File.WriteAllTextAsync(made["request"], "GET /$$ggrok HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: unknown\r\n\r\n");
        string connect = $"openssl s_client -connect 127.0.0.1:{MadeCertificates.SecureUrl(server).Port} -ign_eof {version}";
        await using IAsyncDisposable open = await made.HoldContextAsync(server);

        (_, string first) = await OutsideProgram.RunAsync($"{connect} -cert {made["anna.crt"]} -key {made["anna.key"]} -sess_out {made["session"]}", made["request"]);
        (_, string second) = await OutsideProgram.RunAsync($"{connect} -sess_in {made["session"]}", made["request"]);
        (_, string none) = await OutsideProgram.RunAsync(connect, made["request"]);

        // Past the gate the protocol is refused, before it the identity.
        (first.Contains("400 Bad Request", StringComparison.Ordinal), second.Contains("400 Bad Request", StringComparison.Ordinal)).ShouldBe((true, true), second);
        second.ShouldContain("Reused, TLS");
        none.ShouldContain("401 Unauthorized");
    }

    [Fact]
    public async Task The_handshake_names_the_ca_so_that_browsers_offer_no_others()
    {
        using MadeCertificates made = await MadeAsync("--ca-name", "Office CA");
        await using RunningServer server = await StartAsync(made);

        (_, string output) = await OutsideProgram.RunAsync($"openssl s_client -connect 127.0.0.1:{MadeCertificates.SecureUrl(server).Port} -CAfile {made.Ca}");

        output.ShouldContain("Acceptable client certificate CA names\nCN = Office CA");
    }

    [Fact]
    public async Task Curl_registers_a_websocket_with_its_certificate()
    {
        using MadeCertificates made = await MadeAsync();
        await using RunningServer server = await StartAsync(made);
        string curl = $"curl -sS --noproxy '*' --http1.1 -o /dev/null -w '%{{http_code}}' --cacert {made.Ca} -m 10 -H 'Upgrade: websocket' -H 'Connection: Upgrade' "
            + $"-H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' -H 'Sec-WebSocket-Protocol: unknown' https://localhost:{MadeCertificates.SecureUrl(server).Port}/%24%24ggrok";

        // Past the gate, the protocol is refused; before it, the identity.
        (await OutsideProgram.RunAsync(curl)).Output.ShouldContain("401");
        (await OutsideProgram.RunAsync($"{curl} --cert {made["anna.crt"]} --key {made["anna.key"]}")).Output.ShouldContain("400");
    }

    private static async Task<MadeCertificates> MadeAsync(params string[] more)
    {
        MadeCertificates made = await MadeCertificates.MakeAsync(["localhost", .. more]);
        await made.CreateAsync("--client", "anna");
        return made;
    }

    private static Task<RunningServer> StartAsync(MadeCertificates made, (string Name, string Value)? more = null, string? clientCa = null) =>
        RunningServer.StartAsync([.. made.Settings("localhost"), ("GGROK_TLS_CLIENT_CA", clientCa ?? made.Ca), .. more is null ? [] : new[] { more.Value }]);

    private static RunningClient Client(RunningServer server, Uri target, ServerTrust trust, string? token = null) =>
        new(RunningClient.Options(MadeCertificates.SecureUrl(server), target, token: token) with { Trust = trust });

    private static Task<ClientExit> ExitAsync(RunningServer server, ServerTrust trust, string? token = null) => ExitAsync(MadeCertificates.SecureUrl(server), trust, token);

    private static async Task<ClientExit> ExitAsync(Uri server, ServerTrust trust, string? token = null)
    {
        await using var client = new RunningClient(RunningClient.Options(server, new Uri("http://localhost:1"), token: token) with { Trust = trust });
        return await client.Exit;
    }
}
