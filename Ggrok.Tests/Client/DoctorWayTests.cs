using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Ggrok.Tests.Testing;
using Ggrok.Tests.Tls;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Client;

/// <summary>What the doctor says of what may be between client and server, or in the server's place.</summary>
public sealed class DoctorWayTests : DoctorScene
{
    private const string Healthy = "{\"status\":\"ok\"}";

    [Fact]
    public async Task Another_web_server_is_recognised()
    {
        await using LocalApp other = await LocalApp.StartAsync(c =>
        {
            c.Response.Headers.Server = "nginx/1.24.0";
            return c.Response.WriteAsync("<html>Welcome</html>");
        });

        Diagnosis found = await ExamineAsync(other.Url);

        found["http"].ShouldStartWith("fail: no Ggrok server: a web server that calls itself nginx/1.24.0 answers 200 | Check host and port of --server");
        (found["websocket"], found["token"], found.Code).ShouldBe(("skipped: no Ggrok server answered", "skipped: the server could not be asked", 1));
    }

    [Theory]
    [InlineData(301, "https://ggrok.test/x", "it answers 301 and sends to https://ggrok.test/x | Write the address where the Ggrok server is itself: --server https://ggrok.test")]
    [InlineData(302, "/login", "it answers 302 and sends to /login | Write the address where the Ggrok server is itself.")]
    [InlineData(502, null, "a web server that gives no name answers 502 | It is in front of a Ggrok server that does not run")]
    public async Task What_answers_in_the_servers_place_is_explained(int status, string? location, string expected)
    {
        await using LocalApp other = await LocalApp.StartAsync(c =>
        {
            c.Response.StatusCode = status;
            c.Response.Headers.Location = location;
            return Task.CompletedTask;
        });

        (await ExamineAsync(other.Url))["http"].ShouldStartWith("fail: " + expected);
    }

    [Fact]
    public async Task A_server_that_shuts_down_is_told()
    {
        await using LocalApp other = await LocalApp.StartAsync(c =>
        {
            c.Response.StatusCode = 503;
            return c.Response.WriteAsync("{\"status\":\"draining\"}\n");
        });

        (await ExamineAsync(other.Url))["http"].ShouldStartWith("fail: a Ggrok server answers, which is shutting down");
    }

    [Fact]
    public async Task A_proxy_that_removes_the_upgrade_is_recognised()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        await using LocalApp proxy = await LocalApp.StartAsync(async c =>
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri(server.Url, c.Request.Path));
            c.Response.StatusCode = (int)answer.StatusCode;
            foreach ((string name, IEnumerable<string> values) in answer.Headers.Where(h => h.Key.StartsWith("X-", StringComparison.Ordinal)))
            {
                c.Response.Headers[name] = values.ToArray();
            }

            await c.Response.WriteAsync(await answer.Content.ReadAsStringAsync());
        });

        Diagnosis found = await ExamineAsync(proxy.Url);

        found["http"].ShouldStartWith("pass: ");
        found["websocket"].ShouldStartWith("fail: something on the way removes the upgrade: the server saw an ordinary request | Let what is in front of the server pass Upgrade");
        found["token"].ShouldStartWith("skipped: ");
        found["round-trip"].ShouldEndWith("of 7 requests");
        found.Code.ShouldBe(1);
    }

    [Theory]
    [InlineData(400, "something in front of the server answers 400 to the upgrade | Let what is in front")]
    [InlineData(403, "something in front of the server answers 403 to the upgrade | It wants a login of its own")]
    [InlineData(0, "HTTP passes and WebSockets do not")]
    [InlineData(101, "the upgrade passes, but without ggrok.v1")]
    public async Task What_refuses_websockets_itself_is_told(int status, string expected)
    {
        await using LocalApp proxy = await LocalApp.StartAsync(async c =>
        {
            if (c.Request.Path.Value!.EndsWith("/health", StringComparison.Ordinal))
            {
                await c.Response.WriteAsync(Healthy);
            }
            else if (status == 101)
            {
                using WebSocket socket = await c.WebSockets.AcceptWebSocketAsync();
            }
            else if (status == 0)
            {
                c.Abort();
            }
            else
            {
                c.Response.StatusCode = status;
            }
        });

        (await ExamineAsync(proxy.Url))["websocket"].ShouldStartWith("fail: " + expected);
    }

    [Theory]
    [InlineData(10, "warn: the server's clock is 10 min ahead of this machine's | Set the one that is wrong")]
    [InlineData(-180, "warn: the server's clock is 3 h behind this machine's | ")]
    public async Task A_clock_that_is_off_is_a_warning(int minutes, string expected)
    {
        await using LocalApp server = await LocalApp.StartAsync(c =>
        {
            c.Response.Headers.Date = DateTimeOffset.UtcNow.AddMinutes(minutes).ToString("R");
            return c.Response.WriteAsync(Healthy);
        });

        Diagnosis found = await ExamineAsync(server.Url);

        found["clock"].ShouldStartWith(expected);
        found.Measured("clock", "offsetSeconds").ShouldBeInRange((minutes * 60) - 5, (minutes * 60) + 5);
    }

    [Fact]
    public async Task Through_the_environments_proxy_the_proxy_is_what_must_be_reached()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("ggrok.invalid");
        await using RunningServer server = await RunningServer.StartAsync(made.Settings("ggrok.invalid"));
        using var listener = new RawListener();
        int port = listener.Url.Port;
        using var stop = new CancellationTokenSource();
        Task proxying = ProxyAsync(listener, MadeCertificates.SecureUrl(server).Port, stop.Token);
        (string, string)[] environment =
        [
            ("HTTPS_PROXY", $"http://anna:pass@127.0.0.1:{port}"), ("https_proxy", $"http://anna:pass@127.0.0.1:{port}"),
            ("NO_PROXY", ""), ("no_proxy", ""), ("GGROK_CONFIG", ConfigPath),
        ];
        await using var program = RunningProgram.Start(
            "dotnet", $"\"{Path.Combine(AppContext.BaseDirectory, "ggrok.dll")}\" doctor --json --server https://ggrok.invalid --ca {made.Ca}", environment: environment);

        int code = await program.ExitAsync();
        var found = new Diagnosis(code, program.Output, "");
        await stop.CancelAsync();
        listener.Dispose();
        await proxying;

        found["dns"].ShouldStartWith("warn: ");
        found["proxy"].ShouldBe($"pass: http://127.0.0.1:{port} is used");
        found["tcp"].ShouldBe($"pass: proxy 127.0.0.1:{port} answers");
        found["tls"].ShouldStartWith("pass: TLS 1.3, certificate of ggrok.invalid by ");
        found["token"].ShouldStartWith("pass: ");
        found.Code.ShouldBe(0);
    }

    private static async Task ProxyAsync(RawListener listener, int port, CancellationToken stop)
    {
        var running = new List<Task>();
        try
        {
            while (!stop.IsCancellationRequested)
            {
                running.Add(TunnelAsync(await listener.AcceptSocketAsync(), port));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The listener was closed.
        }

        await Task.WhenAll(running);
    }

    private static async Task TunnelAsync(Socket socket, int port)
    {
        await using var near = new NetworkStream(socket, ownsSocket: true);
        try
        {
            int read = 0;
            byte[] head = new byte[4096];
            while (!System.Text.Encoding.ASCII.GetString(head, 0, read).EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                int count = await near.ReadAsync(head.AsMemory(read));
                read += count;
                if (count == 0)
                {
                    return;
                }
            }

            using var onward = new TcpClient();
            await onward.ConnectAsync(IPAddress.Loopback, port);
            await using NetworkStream far = onward.GetStream();
            await near.WriteAsync("HTTP/1.1 200 Connected\r\n\r\n"u8.ToArray());
            await Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near));
        }
        catch (IOException)
        {
            // One end is gone.
        }
    }
}
