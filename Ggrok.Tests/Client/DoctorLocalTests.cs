using System.Net;
using System.Net.Sockets;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Client;

/// <summary>What the doctor says of local services.</summary>
public sealed class DoctorLocalTests : DoctorScene
{
    private readonly Uri _nowhere = new($"http://127.0.0.1:{FreePorts.One()}");

    [Fact]
    public async Task A_service_is_looked_at_although_the_server_is_not_there()
    {
        await using LocalApp app = await LocalApp.StartAsync(c =>
        {
            c.Response.StatusCode = 404;
            return Task.CompletedTask;
        });

        Diagnosis found = await ExamineAsync(_nowhere, "--port", $"{app.Url.Port}");

        found["local"].ShouldBe($"pass: localhost:{app.Url.Port} answers GET / with 404{(Socket.OSSupportsIPv6 ? ", on 127.0.0.1 only" : "")}");
    }

    [Fact]
    public async Task Nothing_behind_the_port_is_a_failure_also_where_the_server_is_fine()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        int port = FreePorts.One();

        Diagnosis found = await ExamineAsync(server.Url, $"{port}");

        (found.Code, found["local"]).ShouldBe((1, $"fail: nothing listens at localhost:{port} | Start the service, or give the address where it is."));
        found.Summary.GetProperty("failed").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task A_service_on_the_other_address_family_is_found()
    {
        if (!Socket.OSSupportsIPv6)
        {
            return;
        }

        using var listener = new TcpListener(IPAddress.IPv6Loopback, FreePorts.One());
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;

        Diagnosis wrong = await ExamineAsync(_nowhere, "--target", $"127.0.0.1:{port}");
        (await Within.Bound(listener.AcceptSocketAsync(), "a look at the other family")).Dispose();
        Task<Diagnosis> either = ExamineAsync(_nowhere, $"{port}");
        await AnswerAsync(() => Within.Bound(listener.AcceptSocketAsync(), "a local connection"), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

        wrong["local"].ShouldBe($"fail: nothing listens at 127.0.0.1:{port}, but at [::1]:{port} | Write localhost:{port}, which is tried on both.");
        (await either)["local"].ShouldBe($"pass: localhost:{port} answers GET / with 200, on ::1 only");
    }

    [Fact]
    public async Task A_service_with_an_error_is_a_warning()
    {
        await using LocalApp app = await LocalApp.StartAsync(c =>
        {
            c.Response.StatusCode = 500;
            return Task.CompletedTask;
        });

        (await ExamineAsync(_nowhere, app.Url.ToString()))["local"].ShouldStartWith($"warn: 127.0.0.1:{app.Url.Port} answers GET / with 500");
    }

    [Fact]
    public async Task A_self_signed_certificate_is_refused_until_it_is_accepted()
    {
        using var certificate = new LoopbackCertificate();
        await using LocalApp app = await LocalApp.StartAsync(
            c => c.Response.WriteAsync("ok"), k => k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(certificate.Certificate)));
        string target = app.SecureUrl.ToString();

        Diagnosis refused = await ExamineAsync(_nowhere, target);
        Diagnosis accepted = await ExamineAsync(_nowhere, target, "--insecure-target");

        refused["local"].ShouldStartWith($"fail: TLS to {app.SecureUrl.Authority} failed: ");
        refused["local"].ShouldContain("| If its certificate is self-signed, pass --insecure-target");
        accepted["local"].ShouldStartWith($"pass: {app.SecureUrl.Authority} answers GET / with 200");
    }

    [Fact]
    public async Task A_service_that_speaks_no_http_is_told()
    {
        using var listener = new RawListener();
        Task<Diagnosis> examining = ExamineAsync(_nowhere, listener.Url.ToString());
        await AnswerAsync(listener.AcceptSocketAsync, "SSH-2.0-OpenSSH_9.2\r\n");
        using (RawSocket second = await listener.AcceptAsync())
        {
            await second.SendAsync("SSH-2.0-OpenSSH_9.2\r\n");
        }

        (await examining)["local"].ShouldStartWith($"fail: {listener.Url.Authority} takes connections, but does not answer HTTP | If it has TLS, write https://{listener.Url.Authority}");
    }

    [Fact]
    public async Task A_service_that_speaks_http2_alone_is_fine()
    {
        using var listener = new RawListener();
        Task<Diagnosis> examining = ExamineAsync(_nowhere, listener.Url.ToString());

        // To HTTP/1.1 it says what HTTP/2 begins with, and leaves.
        byte[] settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
        (await listener.AcceptSocketAsync()).Dispose();
        using (RawSocket first = await listener.AcceptAsync())
        {
            await first.ReadUntilAsync("\r\n\r\n");
            await first.SendAsync(settings);
        }

        using RawSocket second = await listener.AcceptAsync();
        await second.ReadUntilAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        await second.SendAsync(settings);
        await second.SendAsync([0, 0, 0, 4, 1, 0, 0, 0, 0]);
        await ReadHeadersAsync(second);

        // HEADERS on stream 1, which end it: ":status: 200" (RFC 7541 appendix A).
        await second.SendAsync([0, 0, 1, 1, 5, 0, 0, 0, 1, 0x88]);

        (await examining)["local"].ShouldBe($"pass: {listener.Url.Authority} answers GET / with 200 over HTTP/2{(Socket.OSSupportsIPv6 ? ", on 127.0.0.1 only" : "")}");
    }

    [Fact]
    public async Task A_service_that_is_silent_is_a_warning()
    {
        using var listener = new RawListener();

        (await ExamineAsync(_nowhere, listener.Url.ToString(), "--timeout", "3s"))["local"]
            .ShouldStartWith($"warn: {listener.Url.Authority} takes connections, but does not answer GET / within 3 s");
    }

    // Frames until the request's HEADERS (RFC 9113 section 4.1).
    private static async Task ReadHeadersAsync(RawSocket socket)
    {
        byte[] header;
        do
        {
            header = await socket.ReadAsync(9);
            await socket.ReadAsync((header[0] << 16) | (header[1] << 8) | header[2]);
        }
        while (header[3] != 1);
    }

    // The first connection only looks whether something listens.
    private static async Task AnswerAsync(Func<Task<Socket>> accept, string answer)
    {
        (await accept()).Dispose();
        using var socket = new RawSocket(await accept());
        await socket.ReadUntilAsync("\r\n\r\n");
        await socket.SendAsync(answer);
        await socket.WaitForCloseAsync();
    }
}
