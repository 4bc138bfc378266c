using System.Net;
using System.Net.Sockets;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Edge.Address;

public class AddressPolicyTests
{
    [Theory]
    [InlineData("203.0.113.9", HttpStatusCode.OK)]
    [InlineData("203.0.113.200", HttpStatusCode.OK)]
    [InlineData("203.0.114.1", HttpStatusCode.Forbidden)]
    [InlineData("2001:db8::7", HttpStatusCode.OK)]
    [InlineData("2001:db9::7", HttpStatusCode.Forbidden)]
    [InlineData("::ffff:203.0.113.9", HttpStatusCode.OK)]
    [InlineData("203.0.113.66", HttpStatusCode.Forbidden)]
    public async Task Only_visitors_from_allowed_networks_reach_the_local_service(string address, HttpStatusCode expected)
    {
        await using EdgeScene scene = await EdgeScene.OfClientAsync(("allow-ip", "203.0.113.0/24, 2001:db8::/32"), ("deny-ip", "203.0.113.66"));

        HttpResponseMessage response = await scene.FromAsync(address);

        response.StatusCode.ShouldBe(expected);
        scene.Reached.ShouldBe(expected == HttpStatusCode.OK ? 1 : 0);
        if (expected == HttpStatusCode.Forbidden)
        {
            response.Headers.GetValues("X-Ggrok-Error").ShouldBe([nameof(RelayError.AddressDenied)]);
        }
    }

    [Fact]
    public async Task A_claimed_address_does_not_count_where_no_proxy_is_trusted()
    {
        await using EdgeScene scene = await EdgeScene.StartAsync([("allow-ip", "203.0.113.9")], [("GGROK_TRUSTED_PROXIES", "192.0.2.1")]);

        HttpResponseMessage response = await scene.FromAsync("203.0.113.9");

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        scene.Reached.ShouldBe(0);
    }

    [Fact]
    public async Task A_raw_port_refuses_connections_from_other_addresses()
    {
        await using RunningServer server = await RunningServer.StartAsync([("GGROK_TCP_PORTS", "0"), ("GGROK_PORTS_ADDRESS", "127.0.0.1")]);
        await using LocalApp app = await LocalApp.StartAsync(context => context.Response.WriteAsync("reached"));
        await using var client = new RunningClient(RunningClient.Options(server.Url, new Uri($"tcp://127.0.0.1:{app.Url.Port}"), t => t with
        {
            Kind = TunnelKind.Tcp,
            Policies = [new("allow-ip", "203.0.113.0/24")],
        }));
        Uri url = (await client.Events.NextReadyAsync())[0].Url;

        using var socket = new TcpClient();
        byte[] buffer = new byte[1];
        int read = -1;
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, url.Port);
            await socket.GetStream().WriteAsync("GET / HTTP/1.0\r\n\r\n"u8.ToArray());
            read = await socket.GetStream().ReadAsync(buffer);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            read = 0;
        }

        read.ShouldBe(0);
        await Eventually.BecomesAsync(() => Task.FromResult(server.Logs.Lines.Any(l => l.Message.Contains("error=AddressDenied", StringComparison.Ordinal))), true);
    }
}
