using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.EndToEnd;

/// <summary>The environment's proxy: used for the way to the server, never for the local service.</summary>
public class ProxyTests
{
    [Fact]
    public async Task The_tunnel_goes_through_the_proxy_and_the_local_request_does_not()
    {
        await using LocalApp app = await LocalApp.StartAsync(c => c.Response.WriteAsync("local"));
        await using RunningServer server = await RunningServer.StartAsync();
        using var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        Task<string> connect = ServeOneAsync(proxy, server.Url.Port);
        string folder = Directory.CreateTempSubdirectory("ggrok-proxy").FullName;
        using Process client = StartClient(folder, ((IPEndPoint)proxy.LocalEndpoint).Port, "http://ggrok.test", app.Url);

        string line = await Within.Bound(client.StandardOutput.ReadLineAsync(), "the client's first line") ?? await client.StandardError.ReadToEndAsync();
        using var visitor = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, server.Url) { Headers = { Host = "ggrok.test" } };
        using HttpResponseMessage response = await visitor.SendAsync(request);

        line.ShouldStartWith("Forwarding  http://ggrok.test");
        (await connect).ShouldStartWith("CONNECT ggrok.test:80 HTTP/1.1");
        (await response.Content.ReadAsStringAsync()).ShouldBe("local");
        client.Kill();
        await client.WaitForExitAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static Process StartClient(string folder, int proxy, string server, Uri target)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])[Path.Combine(AppContext.BaseDirectory, "ggrok.dll"), "--server", server, "--target", target.AbsoluteUri.TrimEnd('/')])
        {
            start.ArgumentList.Add(argument);
        }

        // A local request that took the proxy would fail there: it serves one CONNECT and no more.
        foreach (string name in (string[])["http_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"])
        {
            start.Environment[name] = $"http://127.0.0.1:{proxy}";
        }

        start.Environment["GGROK_CONFIG"] = Path.Combine(folder, "ggrok.yml");
        return Process.Start(start)!;
    }

    private static async Task<string> ServeOneAsync(TcpListener listener, int serverPort)
    {
        TcpClient client = await listener.AcceptTcpClientAsync();
        NetworkStream near = client.GetStream();
        byte[] buffer = new byte[4096];
        int count = await near.ReadAsync(buffer);
        string head = System.Text.Encoding.ASCII.GetString(buffer, 0, count);
        var onward = new TcpClient();
        await onward.ConnectAsync(IPAddress.Loopback, serverPort);
        NetworkStream far = onward.GetStream();
        await near.WriteAsync("HTTP/1.1 200 Connected\r\n\r\n"u8.ToArray());
        _ = PumpAsync(near, far);
        _ = PumpAsync(far, near);
        return head;
    }

    private static async Task PumpAsync(Stream from, Stream to)
    {
        try
        {
            await from.CopyToAsync(to);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // One end is gone.
        }

        await to.DisposeAsync();
    }
}
