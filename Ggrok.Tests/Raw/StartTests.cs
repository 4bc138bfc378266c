using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Ggrok.Client.Cli;
using Ggrok.Client.Connection;
using Ggrok.Tests.Testing;
using Ggrok.Tests.Tls;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Raw;

/// <summary><c>ggrok start</c> against a real server: every kind of tunnel in one session.</summary>
public sealed class StartTests : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ggrok-start").FullName;
    private readonly List<Socket> _listeners = [];
    private readonly RecordingEvents _events = new();
    private readonly StringWriter _error = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly MadeCertificates _certificates = new();
    private Task<int> _running = Task.FromResult(0);

    [Fact]
    public async Task All_kinds_work_in_one_session_and_again_after_the_server_has_restarted()
    {
        await _certificates.CreateAsync("mail.example.test");
        await using LocalApp web = await LocalApp.StartAsync(c => c.Response.WriteAsync("web " + c.Request.Path));
        using UdpService udp = UdpService.Echo();
        await WriteAsync($$"""
            tunnels:
              web: {target: "{{web.Url.Authority}}", host: web.example.test}
              one: {target: "{{web.Url.Authority}}", host: shared.example.test, path: /one, strip-path: true}
              tcp: {kind: tcp, port: {{EchoTcp(Plain)}}}
              udp: {kind: udp, port: {{udp.Port}}}
              tls: {kind: tls, port: {{EchoTcp(Encrypted)}}, host: mail.example.test}
              ssh: {kind: tcp, port: {{EchoTcp(Plain)}}, name: device-42}
              dns: {kind: udp, port: {{udp.Port}}, name: resolver}
            connect:
              device-42: 0
              resolver: {udp: true}
            """);
        await using (RunningServer first = await ServerAsync(FreePorts.One()))
        {
            Start(first.Url, "start", "--all");
            await VisitAllAsync(first.Url, await _events.NextReadyAsync(), await _events.NextListeningAsync(), await _events.NextListeningAsync());
        }

        await using RunningServer second = await ServerAsync(_port);
        await VisitAllAsync(second.Url, await _events.NextReadyAsync(), await _events.NextListeningAsync(), await _events.NextListeningAsync());
        await _stop.CancelAsync();
        (await Within.Bound(_running, "the command to end")).ShouldBe(0, _error.ToString());
    }

    [Fact]
    public async Task A_refusal_names_the_tunnel_and_nothing_is_opened()
    {
        await using RunningServer server = await ServerAsync(0);
        await using var holder = new RunningClient(RunningClient.Options(server.Url, server.Url, t => t with { Host = "taken.example.test" }));
        await holder.Events.NextReadyAsync();
        await WriteAsync("tunnels:\n  free: {target: 1, host: free.example.test}\n  wanted: {target: 1, host: taken.example.test}\n");

        Start(server.Url, "start", "free", "wanted");

        (await Within.Bound(_running, "the command to end")).ShouldBe((int)ExitCode.NameTaken);
        _error.ToString().ShouldContain("ggrok: wanted: taken.example.test is held by anna@laptop");
        using var http = new HttpClient();
        (await GetAsync(http, server.Url, "free.example.test", "/")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task The_program_finds_the_file_of_its_folder_and_says_which_tunnel_each_line_is_about()
    {
        await using RunningServer server = await ServerAsync(0);
        await using LocalApp web = await LocalApp.StartAsync(c => c.Response.WriteAsync("hello"));
        using var local = new RawListener();
        await WriteAsync($"server: {server.Url.AbsoluteUri}\ntunnels:\n  web: {{target: '{web.Url.Authority}', path: /web}}\n"
            + $"  db:\n    kind: tcp\n    target: {local.Url.Authority}\n  down: {{target: {FreePort()}, path: /down}}\n");
        await using RunningProgram program = Program("start --all");

        string forwarding = await program.LineAsync("Forwarding  db  ");
        (await program.LineAsync("Forwarding  web ")).ShouldContain($"Forwarding  web   http://127.0.0.1:{server.Url.Port}/web -> {web.Url.GetLeftPart(UriPartial.Authority)}");
        (await program.LineAsync("down: nothing listens at http://localhost:")).ShouldEndWith(" yet");
        using var http = new HttpClient();
        (await GetAsync(http, server.Url, server.Url.Authority, "/web")).Text.ShouldBe("hello");
        (await program.LineAsync("GET     /web")).ShouldContain("  web   200  ");

        // Nothing was connected to only to see whether it is there.
        using RawSocket visitor = await RawScene.DialAsync(AddressIn(forwarding));
        using RawSocket accepted = await local.AcceptAsync();
        await visitor.SendAsync("first");
        (await accepted.ReadUntilAsync("first")).ShouldBe("first");
        accepted.ShutdownSend();
        visitor.ShutdownSend();
        (await program.LineAsync("  tcp  db")).ShouldContain("5 B in");
        program.Output.ShouldNotContain("web: nothing");
        program.Output.ShouldNotContain("db: nothing");
        await program.TerminateAsync();
        (await program.ExitAsync()).ShouldBe(0, program.Output);
    }

    [Fact]
    public async Task Json_lines_name_the_tunnel()
    {
        await using RunningServer server = await ServerAsync(0);
        await WriteAsync($"server: {server.Url.AbsoluteUri}\ntunnels:\n  a: {{target: {FreePort()}, path: /a}}\n  b: {{kind: tcp, target: {FreePort()}}}\n");
        await using RunningProgram program = Program("start a b --log json");

        (await program.LineAsync("\"tunnel\":\"a\"")).ShouldContain("\"event\":\"ready\"");
        (await program.LineAsync("\"tunnel\":\"b\"")).ShouldContain("\"event\":\"ready\"");
        (await program.LineAsync("b: nothing listens at tcp://localhost:")).ShouldContain("\"event\":\"notice\"");
    }

    [Fact]
    public async Task A_saved_token_is_not_sent_to_a_server_of_the_working_folder()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TOKENS", "s3cret")]);
        string home = Directory.CreateDirectory(Path.Combine(_folder, "home", "ggrok")).FullName;
        await File.WriteAllTextAsync(Path.Combine(home, "ggrok.yml"), "server: my.app\ntoken: s3cret\n");
        await WriteAsync($"server: {server.Url.AbsoluteUri}\ntunnels:\n  web: 1\n");
        await using RunningProgram program = Program("start web");

        await program.LineAsync("so your saved token is not used here");
        (await program.ExitAsync()).ShouldBe((int)ExitCode.TokenRefused, program.Output);

        // With the user's own word for it the same server takes the same token.
        await using RunningProgram asked = Program($"start web --server {server.Url.AbsoluteUri}");
        await asked.LineAsync("Forwarding");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Within.Bound(_running, "the command to end");
        _listeners.ForEach(l => l.Dispose());
        _certificates.Dispose();
        _error.Dispose();
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task VisitAllAsync(Uri server, IReadOnlyList<PublicTunnel> tunnels, IPEndPoint device, IPEndPoint resolver)
    {
        using var http = new HttpClient();
        Dictionary<string, Uri> urls = tunnels.ToDictionary(t => t.Name, t => t.Url);
        urls.Keys.ShouldBe(["web", "one", "tcp", "udp", "tls", "ssh", "dns"]);
        (await GetAsync(http, server, urls["web"].Host, "/a")).Text.ShouldBe("web /a");
        (await GetAsync(http, server, urls["one"].Host, "/one/b")).Text.ShouldBe("web /b");
        await EchoesAsync(new IPEndPoint(IPAddress.Loopback, urls["tcp"].Port));
        await EchoesAsync(device);
        await AnswersAsync(new IPEndPoint(IPAddress.Loopback, urls["udp"].Port));
        await AnswersAsync(resolver);
        urls["tls"].Host.ShouldBe("mail.example.test");
        await ShakesHandsAsync(urls["tls"].Port);
    }

    private static async Task<(HttpStatusCode Status, string Text)> GetAsync(HttpClient http, Uri server, string host, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server, path)) { Headers = { Host = host } };
        using HttpResponseMessage response = await http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task EchoesAsync(IPEndPoint address)
    {
        using RawSocket socket = await RawScene.DialAsync(address);
        await socket.SendAsync("hello");
        socket.ShutdownSend();
        (await socket.ReadToEndAsync()).ShouldBe("hello");
    }

    private static async Task AnswersAsync(IPEndPoint address)
    {
        using var peer = new UdpPeer(address);
        Encoding.ASCII.GetString(await peer.AskAsync("hello"u8.ToArray())).ShouldBe("hello");
    }

    private async Task ShakesHandsAsync(int port)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        await using var stream = new SslStream(client.GetStream(), false, (_, certificate, _, _) => certificate!.Subject.Contains("mail.example.test", StringComparison.Ordinal));
        await Within.Bound(stream.AuthenticateAsClientAsync("mail.example.test"), "the handshake");
        await stream.WriteAsync("hello"u8.ToArray());
        byte[] answer = new byte[5];
        await stream.ReadExactlyAsync(answer);
        Encoding.ASCII.GetString(answer).ShouldBe("hello");
    }

    private int _port;

    private async Task<RunningServer> ServerAsync(int port)
    {
        RunningServer server = await RunningServer.StartAsync(
        [
            ("GGROK_TCP_PORTS", "0"), ("GGROK_UDP_PORTS", "0"), ("GGROK_TLS_PASSTHROUGH_PORT", "0"), ("GGROK_PORTS_ADDRESS", "127.0.0.1"),
        ], port: port);
        _port = server.Url.Port;
        return server;
    }

    private void Start(Uri server, params string[] arguments)
    {
        var line = new CommandLine(TextWriter.Null, _error, false, n => n == "XDG_CONFIG_HOME" ? Path.Combine(_folder, "home") : null,
            (options, _, stop) => new TunnelClient(options, _events, TimeProvider.System).RunAsync(stop), _folder);
        _running = line.InvokeAsync([.. arguments, "--server", server.AbsoluteUri], _stop.Token);
    }

    private RunningProgram Program(string arguments) => RunningProgram.Start(
        "dotnet", $"\"{Path.Combine(AppContext.BaseDirectory, "ggrok.dll")}\" {arguments}", _folder,
        [("XDG_CONFIG_HOME", Path.Combine(_folder, "home"))]);

    private Task WriteAsync(string text) => File.WriteAllTextAsync(Path.Combine(_folder, "ggrok.yml"), text);

    private static IPEndPoint AddressIn(string forwarding) =>
        new(IPAddress.Loopback, new Uri(forwarding.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2]).Port);

    // Bound and not listened on: nobody else gets it, and nobody answers.
    private int FreePort()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listeners.Add(socket);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>A local service that says what it hears; its port.</summary>
    private string EchoTcp(Func<Socket, Task<Stream>> open)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listeners.Add(listener);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _ = ServeAsync(listener, open);
        return ((IPEndPoint)listener.LocalEndPoint!).Port.ToString(CultureInfo.InvariantCulture);
    }

    private static async Task ServeAsync(Socket listener, Func<Socket, Task<Stream>> open)
    {
        try
        {
            while (true)
            {
                _ = EchoAsync(await listener.AcceptAsync(), open);
            }
        }
        catch (SocketException)
        {
            // The test is over.
        }
        catch (ObjectDisposedException)
        {
            // The same.
        }
    }

    private static async Task EchoAsync(Socket socket, Func<Socket, Task<Stream>> open)
    {
        using Socket end = socket;
        await using Stream stream = await open(socket);
        await stream.CopyToAsync(stream);
    }

    private static Task<Stream> Plain(Socket socket) => Task.FromResult<Stream>(new NetworkStream(socket));

    private async Task<Stream> Encrypted(Socket socket)
    {
        var stream = new SslStream(new NetworkStream(socket));
        using var pem = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPemFile(_certificates["mail.example.test.crt"], _certificates["mail.example.test.key"]);
        await stream.AuthenticateAsServerAsync(pem);
        return stream;
    }
}
