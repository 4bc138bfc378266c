using System.Net.WebSockets;
using Ggrok.Client.Connection;
using Ggrok.Shared.Balancing;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Balancing;

/// <summary>A server from before there were pools: it ignores what it does not know.</summary>
public class OlderServerTests
{
    public static TheoryData<string> Asked => new("match", "pool", "health");

    [Theory]
    [MemberData(nameof(Asked))]
    public async Task A_client_does_not_go_on_without_what_it_asked_for(string what)
    {
        await using LocalApp server = await StartAsync();
        await using var client = new RunningClient(RunningClient.Options(server.Url, server.Url, t => what switch
        {
            "match" => t with { Match = RouteMatch.Parse(["method=GET"]) },
            "pool" => t with { Pool = new PoolRequest() },
            _ => t with { Health = new HealthRequest("/up") },
        }));

        ClientExit exit = await client.Exit;

        exit.Code.ShouldBe(ExitCode.ProtocolTooOld);
        exit.Message!.ShouldContain($"too old to apply {what} to web");
    }

    [Fact]
    public async Task One_that_leaves_the_close_to_the_client_does_not_hold_it_up()
    {
        await using LocalApp server = await StartAsync();
        await using var client = new RunningClient(RunningClient.Options(server.Url, server.Url) with { DrainTimeout = TimeSpan.FromHours(1) });
        await client.Events.NextReadyAsync();

        client.Stop();

        (await client.Exit).Code.ShouldBe(ExitCode.Ok);
    }

    private static Task<LocalApp> StartAsync() => LocalApp.StartAsync(async context =>
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(ProtocolLimits.SubProtocol);
        var transport = new WebSocketTransport(socket);
        await HandshakeChannel.ReceiveAsync(transport);
        var welcome = new Welcome("s", "0.9.0", [new TunnelGrant("web", "http://a.test")], new SessionLimits(10, 32_768));
        await transport.SendAsync(HandshakeCodec.Encode(FrameKind.Welcome, welcome, HandshakeJson.Default.Welcome));
        try
        {
            while (!(await transport.ReceiveAsync(new byte[1024])).Closed)
            {
            }

            await transport.CloseAsync(CloseReason.Normal);
        }
        catch (IOException)
        {
            // The client is gone.
        }
    });
}
