using System.Net;
using Ggrok.Client.Diagnosis;
using Ggrok.Server.Tunnels;
using Ggrok.Tests.Testing;
using Ggrok.Tests.Tls;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Client;

/// <summary>What the doctor says of real servers, good and bad ones.</summary>
public sealed class DoctorServerTests : DoctorScene
{
    [Fact]
    public async Task Where_everything_works_every_check_passes_and_a_running_tunnel_stays()
    {
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(c => c.Response.WriteAsync("ok"));
        TunnelSession before = ggrok.Server.Get<SessionDirectory>().Sessions.ShouldHaveSingleItem();

        Diagnosis found = await ExamineAsync(ggrok.Server.Url, ggrok.App.Url.ToString());

        found.Trouble.ShouldBeEmpty();
        found.Code.ShouldBe(0);
        found.Names.ShouldBe(["configuration", "dns", "proxy", "tcp", "tls", "http", "websocket", "token", "clock", "round-trip", "local"]);
        found["http"].ShouldBe("pass: a Ggrok server answers");
        found["token"].ShouldStartWith("pass: not needed, the server is open to everybody; server 1.0.0");
        found["round-trip"].ShouldEndWith("of 7 pings");
        found.Measured("round-trip", "medianMs").ShouldBeInRange(found.Measured("round-trip", "minMs"), found.Measured("round-trip", "maxMs"));
        found["local"].ShouldContain("answers GET / with 200");
        found.Summary.GetProperty("passed").GetInt32().ShouldBe(10);
        found.Summary.GetProperty("skipped").GetInt32().ShouldBe(1);
        await Eventually.BecomesAsync(() => Task.FromResult(ggrok.Server.Get<SessionDirectory>().Sessions.Count()), 1);
        ggrok.Server.Get<SessionDirectory>().Sessions.ShouldHaveSingleItem().ShouldBeSameAs(before);
        (await ggrok.Visitor.GetStringAsync("/")).ShouldBe("ok");
        Directory.EnumerateFileSystemEntries(Folder).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("secret", "pass: token accepted; server 1.0.0")]
    [InlineData("served serve=device-*", "pass: token accepted")]
    public async Task A_token_is_accepted_whatever_it_grants(string tokens, string expected)
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TOKENS", tokens)]);

        Diagnosis found = await ExamineAsync(server.Url, "--token", tokens.Split(' ')[0]);

        found.Trouble.ShouldBeEmpty();
        found["token"].ShouldStartWith(expected);
    }

    [Theory]
    [InlineData("wrong", "fail: The server refuses this token | Pass one of its GGROK_TOKENS with --token or GGROK_TOKEN.")]
    [InlineData(null, "fail: The server wants a token | Pass it with --token or GGROK_TOKEN.")]
    public async Task A_wrong_token_and_none_are_told_apart(string? token, string expected)
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TOKENS", "secret")]);

        Diagnosis found = await ExamineAsync(server.Url, token is null ? [] : ["--token", token]);

        (found.Code, found["token"]).ShouldBe((1, expected));
        found["websocket"].ShouldStartWith("pass: ");
        found["round-trip"].ShouldEndWith("of 7 requests");
    }

    [Fact]
    public async Task A_token_that_nobody_asks_for_is_told()
    {
        await using RunningServer server = await RunningServer.StartAsync();

        (await ExamineAsync(server.Url, "--token", "any"))["token"].ShouldStartWith("pass: no token is needed, the server is open to everybody");
    }

    [Fact]
    public async Task A_token_whose_tunnels_are_all_open_is_a_warning()
    {
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(c => c.Response.WriteAsync("ok"), [("GGROK_MAX_TUNNELS_PER_TOKEN", "1")]);

        Diagnosis found = await ExamineAsync(ggrok.Server.Url);

        found["token"].ShouldStartWith("warn: not needed, the server is open to everybody, but no further tunnel now | This token may open 1 tunnels");
        found.Code.ShouldBe(0);
    }

    [Fact]
    public async Task A_certificate_of_a_private_ca_is_trusted_with_the_ca_and_explained_without()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("localhost", "--ca-name", "Office CA", "--days", "90");
        await made.CreateAsync("--client", "anna");
        await using RunningServer server = await RunningServer.StartAsync([.. made.Settings("localhost"), ("GGROK_TLS_CLIENT_CA", made.Ca)]);
        Uri url = MadeCertificates.SecureUrl(server);

        Diagnosis trusted = await ExamineAsync(url, "--ca", made.Ca, "--cert", made["anna.crt"], "--key", made["anna.key"]);
        Diagnosis unknown = await ExamineAsync(url);
        Diagnosis nobody = await ExamineAsync(url, "--ca", made.Ca);

        trusted.Trouble.ShouldBeEmpty();
        trusted["tls"].ShouldMatch($"^pass: TLS 1\\.[23], certificate of localhost by Office CA, (89|90) days left, trusted by {made.Ca}$");
        trusted.Measured("tls", "daysLeft").ShouldBeInRange(89, 90);
        trusted["token"].ShouldStartWith("pass: client certificate accepted");
        unknown["tls"].ShouldStartWith($"fail: {url.Authority} has a certificate issued by \"Office CA\", which this machine does not know | If that is right, pass its CA with --ca");
        (unknown.Code, unknown["http"], unknown["clock"]).ShouldBe((1, "skipped: TLS failed", "skipped: nothing answered"));
        nobody["token"].ShouldStartWith("fail: The server wants a client certificate issued by its CA | Pass it with --cert and --key");
    }

    [Theory]
    [InlineData("13", "warn: ")]
    [InlineData("16", "pass: ")]
    public async Task A_certificate_that_expires_soon_is_a_warning(string days, string expected)
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("localhost", "--days", days);
        await using RunningServer server = await RunningServer.StartAsync(made.Settings("localhost"));

        Diagnosis found = await ExamineAsync(MadeCertificates.SecureUrl(server), "--ca", made.Ca);

        found["tls"].ShouldStartWith(expected);
        found.Code.ShouldBe(0);
    }

    [Fact]
    public async Task Tls_to_a_port_without_is_explained()
    {
        await using RunningServer server = await RunningServer.StartAsync();

        Diagnosis found = await ExamineAsync(new UriBuilder(server.Url) { Scheme = "https" }.Uri);

        found["tls"].ShouldEndWith($"| If the server speaks plain HTTP, write --server {server.Url.GetLeftPart(UriPartial.Authority)}");
        found.Code.ShouldBe(1);
    }

    [Fact]
    public async Task Where_nothing_listens_the_rest_is_skipped()
    {
        int port = FreePorts.One();

        Diagnosis found = await ExamineAsync(new Uri($"http://127.0.0.1:{port}"));

        found["tcp"].ShouldBe($"fail: 127.0.0.1:{port} refuses | Nothing listens at port {port}; start the server, or write its port: --server 127.0.0.1:PORT.");
        found.Code.ShouldBe(1);
        found.Summary.GetProperty("failed").GetInt32().ShouldBe(1);
        found.Summary.GetProperty("skipped").GetInt32().ShouldBe(7);
    }

    [Fact]
    public async Task A_name_that_there_is_not_is_told()
    {
        var options = RunningClient.Options(new Uri("https://nowhere.invalid"), new Uri("http://localhost:1"));
        await using var direct = new Examination(null) { Options = options, Proxies = new WebProxy() };
        await using var behindProxy = new Examination(null) { Options = options, Proxies = new WebProxy("http://127.0.0.1:3128") };

        Finding found = await new DnsCheck().LookAsync(direct, default);
        Finding byProxy = await new DnsCheck().LookAsync(behindProxy, default);

        found.Result.ShouldBe(CheckResult.Fail);
        found.Found.ShouldMatch("^(there is no name nowhere.invalid|nowhere.invalid cannot be looked up)");
        new TcpCheck().Obstacle(direct).ShouldBe("there is no address to connect to");
        byProxy.Result.ShouldBe(CheckResult.Warn);
        new TcpCheck().Obstacle(behindProxy).ShouldBeNull();
    }

    [Fact]
    public async Task Each_address_is_tried_and_one_that_works_is_enough()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using var examination = new Examination(null)
        {
            Proxies = new WebProxy(),
            Options = RunningClient.Options(new Uri($"http://ggrok.test:{server.Url.Port}"), server.Url),
            Addresses = [IPAddress.Parse("127.0.0.2"), IPAddress.Loopback],
        };

        Finding some = await new TcpCheck().LookAsync(examination, default);
        examination.Addresses = [IPAddress.Parse("127.0.0.2")];
        bool reachedByOne = examination.IsReached;
        Finding none = await new TcpCheck().LookAsync(examination, default);

        (some.Result, some.Found, reachedByOne).ShouldBe((CheckResult.Warn, $"127.0.0.2:{server.Url.Port} refuses, 127.0.0.1:{server.Url.Port} answers", true));
        (none.Result, examination.IsReached).ShouldBe((CheckResult.Fail, false));
    }

    [Fact]
    public async Task A_server_that_is_silent_is_given_up_after_the_timeout()
    {
        using var silent = new RawListener();

        Diagnosis found = await ExamineAsync(silent.Url, "--timeout", "3s");

        found["http"].ShouldStartWith("fail: no answer within 3 s | ");
        found["websocket"].ShouldStartWith("skipped: ");
    }

    [Fact]
    public async Task What_speaks_no_http_is_told()
    {
        using var listener = new RawListener();
        Task answering = AnswerAsync(listener, "SSH-2.0-OpenSSH_9.2\r\n");

        Diagnosis found = await ExamineAsync(listener.Url);

        found["http"].ShouldStartWith("fail: what listens there does not answer HTTP | Check host and port of --server; if it speaks TLS, write https://");
        await answering;
    }

    [Fact]
    public async Task A_session_ends_with_the_diagnosis_and_leaves_nothing_behind()
    {
        await using RunningServer server = await RunningServer.StartAsync();

        await ExamineAsync(server.Url);

        await Eventually.BecomesAsync(() => Task.FromResult(server.Get<SessionDirectory>().Sessions.Any()), false);
        server.Logs.Lines.ShouldContain(l => l.Message.Contains("(doctor) opened: connects to doctor-", StringComparison.Ordinal));
        await Eventually.BecomesAsync(() => Task.FromResult(server.Logs.Lines.Any(l => l.Message.EndsWith("ended: Normal", StringComparison.Ordinal))), true);
    }

    private static async Task AnswerAsync(RawListener listener, string bytes)
    {
        // One connection of the TCP check, one of the HTTP check.
        for (int i = 0; i < 2; i++)
        {
            using RawSocket socket = await listener.AcceptAsync();
            await socket.SendAsync(bytes);
            await socket.WaitForCloseAsync();
        }
    }
}
