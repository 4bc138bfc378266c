using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ggrok.Client.Connection;
using Ggrok.Server.TlsPassthrough;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Raw;

/// <summary>TLS tunnels share a port, told apart by server name; the certificates stay at the local services.</summary>
public class TlsPassthroughTests
{
    // Alerts of RFC 8446 section 6, as records.
    private const string UnrecognizedName = "\u0015\u0003\u0003\0\u0002\u0002\u0070";
    private const string DecodeError = "\u0015\u0003\u0003\0\u0002\u0002\u0032";
    private const string InternalError = "\u0015\u0003\u0003\0\u0002\u0002\u0050";

    [Fact]
    public async Task Two_services_share_one_port_and_each_shows_its_own_certificate()
    {
        await using TlsScene scene = await TlsScene.StartAsync("alice.test", "bob.test");

        foreach (string name in new[] { "alice.test", "bob.test", "ALICE.test", "alice.test" })
        {
            using TlsVisitor visitor = await TlsVisitor.ConnectAsync(scene.Port, name);

            visitor.Certificate.Subject.ShouldBe($"CN={name.ToLowerInvariant()}");
            visitor.Certificate.Thumbprint.ShouldBe(scene.Certificates[name.ToLowerInvariant()].Thumbprint);
            (await visitor.GetAsync(name)).ShouldContain($"this is {name.ToLowerInvariant()}");
        }
    }

    [Fact]
    public async Task Openssl_and_curl_see_each_services_certificate()
    {
        await using TlsScene scene = await TlsScene.StartAsync("alice.test", "bob.test");
        foreach (string name in new[] { "alice.test", "bob.test" })
        {
            string file = scene.FileOf(name);
            await using RunningProgram curl = RunningProgram.Start(
                "curl", $"--silent --show-error --max-time 20 --noproxy * --cacert {file} --connect-to {name}:443:127.0.0.1:{scene.Port} https://{name}/");
            (await curl.ExitAsync()).ShouldBe(0, curl.Output);
            curl.Output.ShouldContain($"this is {name}");

            await using RunningProgram openssl = RunningProgram.Start(
                "sh", $"-c \"openssl s_client -connect 127.0.0.1:{scene.Port} -servername {name} -verify_hostname {name} -verify_return_error -CAfile {file} < /dev/null\"");
            (await openssl.ExitAsync()).ShouldBe(0, openssl.Output);
            openssl.Output.ShouldContain("Verify return code: 0 (ok)");
            openssl.Output.Replace(" ", "", StringComparison.Ordinal).ShouldContain($"subject=CN={name}");
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(16_384, 1)]
    [InlineData(50, 7)]
    public async Task A_hello_in_small_records_and_small_packets_arrives_as_it_was_sent(int recordBytes, int packetBytes)
    {
        using var local = new RawListener();
        await using RawScene scene = await RawScene.StartAsync();
        await scene.ServeAsync(Tls(local.Url.Port, "alice.test"));
        using RawSocket visitor = await DialAsync(scene);
        byte[] hello = Hello.With("alice.test", recordBytes);

        foreach (byte[] packet in hello.Chunk(packetBytes))
        {
            await visitor.SendAsync(packet);
        }

        using RawSocket accepted = await local.AcceptAsync();
        (await accepted.ReadAsync(hello.Length)).ShouldBe(hello);
        await visitor.SendAsync("and on");
        (await accepted.ReadUntilAsync("on")).ShouldBe("and on");
        await accepted.SendAsync("and back");
        accepted.ShutdownSend();
        (await visitor.ReadToEndAsync()).ShouldBe("and back");
    }

    [Fact]
    public async Task What_comes_with_the_hello_arrives_behind_it()
    {
        using var local = new RawListener();
        await using RawScene scene = await RawScene.StartAsync();
        (RunningClient serving, _) = await scene.ServeAsync(Tls(local.Url.Port, "alice.test"));
        using RawSocket visitor = await DialAsync(scene);
        byte[] all = [.. Hello.With("alice.test"), .. new byte[3000]];

        await visitor.SendAsync(all);

        using RawSocket accepted = await local.AcceptAsync();
        (await accepted.ReadAsync(all.Length)).ShouldBe(all);
        visitor.ShutdownSend();
        (await accepted.ReadToEndAsync()).ShouldBeEmpty();
        accepted.ShutdownSend();
        ConnectionSummary summary = await serving.Events.NextConnectionAsync();
        (summary.Kind, summary.BytesIn, summary.Error).ShouldBe((TunnelKind.Tls, all.Length, RelayError.None));
    }

    [Fact]
    public async Task A_name_that_nobody_serves_or_none_at_all_is_refused_with_an_alert()
    {
        await using RawScene scene = await RawScene.StartAsync();
        await scene.ServeAsync(Tls(9, "alice.test"));

        (await AnswerAsync(scene, Hello.With("mallory.test"))).ShouldBe(UnrecognizedName);
        (await AnswerAsync(scene, Hello.With(null))).ShouldBe(UnrecognizedName);
        (await AnswerAsync(scene, Hello.With("alice.test.evil"))).ShouldBe(UnrecognizedName);
        (await AnswerAsync(scene, Hello.With("alice_test/..%"))).ShouldBe(UnrecognizedName);
        await Should.ThrowAsync<AuthenticationException>(() => TlsVisitor.ConnectAsync(PortOf(scene), "mallory.test"));
        scene.Server.Logs.Lines.ShouldContain(l => l.Message.Contains("mallory.test refused", StringComparison.Ordinal));
    }

    [Fact]
    public async Task While_the_client_is_away_the_alert_says_that_it_is_not_the_name()
    {
        await using RawScene scene = await RawScene.StartAsync();
        RunningClient client = scene.Start(RunningClient.Options(scene.Server.Url, scene.Server.Url, _ => Tls(9, "alice.test")) with { Reconnect = false });
        await client.Events.NextReadyAsync();
        await scene.CutAsync(client);
        await client.Exit;

        await Eventually.BecomesAsync(() => AnswerAsync(scene, Hello.With("alice.test")), InternalError);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: alice.test\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("\0\0\0\0")]
    public async Task Anything_but_TLS_is_answered_with_an_alert_and_closed(string text)
    {
        await using RawScene scene = await RawScene.StartAsync();
        await scene.ServeAsync(Tls(9, "alice.test"));

        (await AnswerAsync(scene, System.Text.Encoding.Latin1.GetBytes(text))).ShouldBe(DecodeError);
    }

    [Fact]
    public async Task A_hello_that_is_too_large_is_closed()
    {
        await using RawScene scene = await RawScene.StartAsync();
        await scene.ServeAsync(Tls(9, "alice.test"));
        using RawSocket visitor = await DialAsync(scene);

        // Its size stands in its first bytes; the rest need not come.
        await visitor.SendAsync(Hello.With("alice.test", paddingBytes: 60_000)[..9]);

        (await visitor.ReadToEndAsync()).ShouldBe(DecodeError);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    public async Task A_visitor_who_does_not_finish_its_hello_in_time_is_dropped(int bytes)
    {
        await using RawScene scene = await RawScene.StartAsync(("GGROK_HEADER_TIMEOUT", "3s"));
        await scene.ServeAsync(Tls(9, "alice.test"));
        using RawSocket visitor = await DialAsync(scene);

        await visitor.SendAsync(Hello.With("alice.test")[..bytes]);

        await Within.Bound(visitor.WaitForCloseAsync(), "the server to close");
        scene.Sessions.ShouldAllBe(s => s.Connection.OpenStreams == 0);
    }

    [Fact]
    public async Task Once_the_hello_is_there_no_time_limit_counts_any_more()
    {
        using var local = new RawListener();
        await using RawScene scene = await RawScene.StartAsync(("GGROK_HEADER_TIMEOUT", "5s"));
        await scene.ServeAsync(Tls(local.Url.Port, "alice.test"));
        using RawSocket visitor = await DialAsync(scene);
        await visitor.SendAsync(Hello.With("alice.test"));
        using RawSocket accepted = await local.AcceptAsync();
        using RawSocket idle = await DialAsync(scene);

        // One that came later and sends nothing has been dropped by then.
        await Within.Bound(idle.WaitForCloseAsync(), "the idle visitor to be dropped");
        await accepted.SendAsync("late");
        (await visitor.ReadUntilAsync("late")).ShouldBe("late");
    }

    [Fact]
    public async Task A_server_without_that_port_refuses_TLS_tunnels_with_the_setting()
    {
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TLS_PASSTHROUGH_PORT", ""));

        ClientExit exit = await scene.Start(RunningClient.Options(scene.Server.Url, scene.Server.Url, _ => Tls(9, "alice.test"))).Exit;

        exit.Code.ShouldBe(ExitCode.Refused);
        exit.Message.ShouldNotBeNull().ShouldContain("GGROK_TLS_PASSTHROUGH_PORT");
    }

    [Fact]
    public async Task A_TLS_name_is_held_by_one_client_and_is_no_HTTP_host()
    {
        await using RawScene scene = await RawScene.StartAsync();
        (_, Uri url) = await scene.ServeAsync(Tls(9, "alice.test"));
        url.OriginalString.ShouldBe($"tls://alice.test:{PortOf(scene)}");

        ClientExit exit = await scene.Start(RunningClient.Options(scene.Server.Url, scene.Server.Url, _ => Tls(9, "alice.test"))).Exit;
        exit.Code.ShouldBe(ExitCode.NameTaken);
        exit.Message.ShouldNotBeNull().ShouldContain("the TLS name alice.test is held by");

        using var request = new HttpRequestMessage(HttpMethod.Get, scene.Server.Url) { Headers = { Host = "alice.test" } };
        using var http = new HttpClient();
        (await http.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_host_has_one_owner_whether_the_server_ends_its_TLS_or_passes_it_on(bool httpFirst)
    {
        await using RawScene scene = await RawScene.StartAsync();
        var http = new LocalTunnel { Name = "web", Target = scene.Server.Url, Host = "alice.test", Path = "/hooks" };
        LocalTunnel[] tunnels = httpFirst ? [http, Tls(9, "alice.test")] : [Tls(9, "alice.test"), http];
        await scene.ServeAsync(tunnels[0], id: "alice");

        ClientExit exit = await scene.Start(RunningClient.Options(scene.Server.Url, scene.Server.Url, _ => tunnels[1], id: "mallory")).Exit;

        exit.Code.ShouldBe(ExitCode.NameTaken);
        exit.Message.ShouldNotBeNull().ShouldContain("is held by anna@laptop");
        await scene.ServeAsync(tunnels[1], id: "alice");
    }

    [Fact]
    public async Task Of_several_tunnels_the_one_whose_host_has_another_owner_is_named()
    {
        await using RawScene scene = await RawScene.StartAsync();
        await scene.ServeAsync(new LocalTunnel { Name = "web", Target = scene.Server.Url, Host = "alice.test" }, id: "alice");

        ClientExit exit = await scene.Start(RunningClient.Options(scene.Server.Url, scene.Server.Url, id: "mallory") with
        {
            Tunnels = [RawScene.Tcp(9), Tls(9, "alice.test")],
        }).Exit;

        exit.Code.ShouldBe(ExitCode.NameTaken, exit.Message);
        exit.Message.ShouldNotBeNull().ShouldStartWith("alice.test: alice.test is held by anna@laptop; choose another --subdomain or --host");
    }

    internal static LocalTunnel Tls(int port, string host) => new()
    {
        Name = host, Kind = TunnelKind.Tls, Target = new Uri($"tcp://127.0.0.1:{port}"), Host = host,
    };

    private static int PortOf(RawScene scene) => scene.Server.Get<PassthroughPort>().Port.ShouldNotBeNull();

    private static Task<RawSocket> DialAsync(RawScene scene) => RawScene.DialAsync(new IPEndPoint(IPAddress.Loopback, PortOf(scene)));

    private static async Task<string> AnswerAsync(RawScene scene, byte[] bytes)
    {
        using RawSocket visitor = await DialAsync(scene);
        await visitor.SendAsync(bytes);
        return await visitor.ReadToEndAsync();
    }
}

/// <summary>Real TLS services with certificates of their own, each behind its own client.</summary>
internal sealed class TlsScene : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-tls").FullName;
    private readonly List<LocalApp> _apps = [];
    private RawScene _scene = null!;

    public Dictionary<string, X509Certificate2> Certificates { get; } = [];

    public int Port => _scene.Server.Get<PassthroughPort>().Port.ShouldNotBeNull();

    public static async Task<TlsScene> StartAsync(params string[] names)
    {
        var scene = new TlsScene { _scene = await RawScene.StartAsync() };
        foreach (string name in names)
        {
            X509Certificate2 certificate = Certificate(name);
            scene.Certificates[name] = certificate;
            await File.WriteAllTextAsync(scene.FileOf(name), certificate.ExportCertificatePem());
            LocalApp app = await LocalApp.StartAsync(
                c => c.Response.WriteAsync($"this is {name}"), k => k.Listen(IPAddress.Loopback, 0, o => o.UseHttps(certificate)));
            scene._apps.Add(app);
            await scene._scene.ServeAsync(TlsPassthroughTests.Tls(app.SecureUrl.Port, name));
        }

        return scene;
    }

    public string FileOf(string name) => Path.Combine(_folder, name + ".pem");

    public async ValueTask DisposeAsync()
    {
        await _scene.DisposeAsync();
        foreach (LocalApp app in _apps)
        {
            await app.DisposeAsync();
        }

        foreach (X509Certificate2 certificate in Certificates.Values)
        {
            certificate.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static X509Certificate2 Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}

/// <summary>A TLS client that takes any certificate and keeps it.</summary>
internal sealed class TlsVisitor : IDisposable
{
    private readonly SslStream _stream;

    private TlsVisitor(SslStream stream)
    {
        _stream = stream;
        Certificate = new X509Certificate2(stream.RemoteCertificate!);
    }

    public X509Certificate2 Certificate { get; }

    public static async Task<TlsVisitor> ConnectAsync(int port, string name)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            Task handshake = stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = name,
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
            });
            await Within.Bound(handshake, "the handshake");
            return new TlsVisitor(stream);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    public async Task<string> GetAsync(string host)
    {
        await _stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(_stream, leaveOpen: true);
        return await Within.Bound(reader.ReadToEndAsync(), "the response");
    }

    public void Dispose()
    {
        _stream.Dispose();
        Certificate.Dispose();
    }
}
