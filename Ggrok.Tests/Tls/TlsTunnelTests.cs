using System.Net;
using System.Net.WebSockets;
using Ggrok.Client.Connection;
using Ggrok.Tests.EndToEnd;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Tls;

/// <summary>Tunnels and visitors on the server's own TLS endpoint.</summary>
public sealed class TlsTunnelTests
{
    [Fact]
    public async Task A_client_that_trusts_the_ca_serves_visitors_over_https_and_the_local_service_is_told_so()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("localhost");
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync($"{c.Request.Headers["X-Forwarded-Proto"]} {c.Request.Headers["Forwarded"]}"));
        await using RunningServer server = await RunningServer.StartAsync(made.Settings("localhost"));
        Uri secure = MadeCertificates.SecureUrl(server);
        await using var client = new RunningClient(RunningClient.Options(secure, app.Url) with { Trust = made.Trust() });

        Uri url = (await client.Events.NextReadyAsync())[0].Url;
        using HttpClient visitor = made.Visitor(url);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower };
        using HttpResponseMessage response = await visitor.SendAsync(request);

        url.GetLeftPart(UriPartial.Authority).ShouldBe(secure.GetLeftPart(UriPartial.Authority));
        response.Version.ShouldBe(HttpVersion.Version20);
        (await response.Content.ReadAsStringAsync()).ShouldMatch("^https for=.*;proto=https$");
    }

    [Fact]
    public async Task A_websocket_of_a_visitor_passes_over_tls()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("localhost");
        await using LocalApp app = await LocalApp.StartAsync(UpgradeTests.EchoAsync);
        await using RunningServer server = await RunningServer.StartAsync(made.Settings("localhost"));
        await using var client = new RunningClient(RunningClient.Options(MadeCertificates.SecureUrl(server), app.Url) with { Trust = made.Trust() });
        Uri url = (await client.Events.NextReadyAsync())[0].Url;
        using var invoker = new HttpMessageInvoker(made.Handler());
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("chat");

        await Within.Bound(socket.ConnectAsync(new UriBuilder(url) { Scheme = "wss", Path = "/echo" }.Uri, invoker, default), "the WebSocket");
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, default);
        byte[] buffer = new byte[100];
        WebSocketReceiveResult echoed = await Within.Bound(socket.ReceiveAsync(buffer, default), "the echo");

        buffer.AsSpan(0, echoed.Count).ToArray().ShouldBe("hello"u8.ToArray());
    }

    [Fact]
    public async Task A_server_of_an_unknown_ca_is_refused_with_the_advice_to_pass_it()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("localhost", "--ca-name", "Office CA");
        using MadeCertificates other = await MadeCertificates.MakeAsync("localhost", "--ca-name", "Office CA");
        await using RunningServer server = await RunningServer.StartAsync(made.Settings("localhost"));

        string none = await ProblemAsync(MadeCertificates.SecureUrl(server), ServerTrust.System);
        string wrong = await ProblemAsync(MadeCertificates.SecureUrl(server), other.Trust());

        none.ShouldContain("has a certificate issued by \"Office CA\", which this machine does not know; if that is right, pass its CA with --ca.");
        wrong.ShouldContain($"which neither this machine knows nor {other.Ca} holds; pass the CA that issued it with --ca.");
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_refused_with_the_names_that_it_has()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("tunnel.lan", "10.9.8.7");
        await using RunningServer server = await RunningServer.StartAsync(made.Settings("tunnel.lan"));

        string problem = await ProblemAsync(MadeCertificates.SecureUrl(server), made.Trust());

        problem.ShouldContain("has a certificate for tunnel.lan, 10.9.8.7 only; connect by such a name");
    }

    [Fact]
    public async Task An_expired_certificate_is_refused_by_the_client_and_warned_of_by_the_server()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync();
        made.MakeExpired();
        await using RunningServer server = await RunningServer.StartAsync(made.Settings("localhost"));

        string problem = await ProblemAsync(MadeCertificates.SecureUrl(server), made.Trust());

        problem.ShouldContain("has a certificate that expired at ");
        server.Logs.Lines.ShouldContain(l => l.Message.Contains("The certificate for localhost EXPIRED", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_without_tls_is_told_from_one_with_a_wrong_certificate()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("localhost");
        await using RunningServer server = await RunningServer.StartAsync();

        string problem = await ProblemAsync(new UriBuilder(server.Url) { Scheme = "https" }.Uri, made.Trust());

        problem.ShouldContain("If the server speaks plain HTTP, use --server http://");
    }

    [Fact]
    public async Task A_ca_file_that_is_replaced_counts_at_the_next_attempt()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("localhost");
        using MadeCertificates other = await MadeCertificates.MakeAsync("localhost");
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync("ok"));
        await using RunningServer server = await RunningServer.StartAsync(made.Settings("localhost"));
        await using var client = new RunningClient(RunningClient.Options(MadeCertificates.SecureUrl(server), app.Url) with { Trust = other.Trust() });
        await client.Events.NextLostAsync();

        File.Copy(made.Ca, other.Ca, overwrite: true);

        await client.Events.NextReadyAsync();
    }

    private static async Task<string> ProblemAsync(Uri server, ServerTrust trust)
    {
        await using var client = new RunningClient(RunningClient.Options(server, new Uri("http://localhost:1")) with { Trust = trust });
        return (await client.Events.NextLostAsync()).Reason;
    }
}
