using System.Net.WebSockets;
using Ggrok.Client.Connection;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Raw;

/// <summary>A server whose Welcome is not what it should be ends the client with a sentence, not with an exception.</summary>
public class HostileServerTests
{
    private static readonly SessionLimits Limits = new(10, 32_768);

    public static TheoryData<string, Welcome> Welcomes => new()
    {
        { "no URI", new Welcome("s", "1", [new("web", "not a uri")], Limits) },
        { "no tunnel", new Welcome("s", "1", [null!], Limits) },
        { "no limits", new Welcome("s", "1", [new("web", "http://a.test")], null!) },
        { "too few", new Welcome("s", "1", [], Limits) },
        { "a name that was not asked for", new Welcome("s", "1", [new("web", "http://a.test")], Limits, [null!]) },
    };

    [Theory]
    [MemberData(nameof(Welcomes))]
    public async Task A_Welcome_that_makes_no_sense_ends_the_client_in_order(string what, Welcome welcome)
    {
        await using LocalApp server = await StartAsync(welcome);
        await using var client = new RunningClient(RunningClient.Options(server.Url, server.Url));

        (await client.Exit).Code.ShouldBe(ExitCode.ProtocolTooOld, what);
    }

    [Fact]
    public async Task So_does_one_that_says_nothing_of_a_name_to_connect_to()
    {
        await using LocalApp server = await StartAsync(new Welcome("s", "1", [], Limits, [null!]));
        TunnelClientOptions options = RunningClient.Options(server.Url, server.Url) with { Tunnels = [], Connect = [new ConnectTarget("a", null)] };
        await using var client = new RunningClient(options);

        (await client.Exit).Code.ShouldBe(ExitCode.ProtocolTooOld);
    }

    private static Task<LocalApp> StartAsync(Welcome welcome) => LocalApp.StartAsync(async context =>
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(ProtocolLimits.SubProtocol);
        var transport = new WebSocketTransport(socket);
        await HandshakeChannel.ReceiveAsync(transport);
        await transport.SendAsync(HandshakeCodec.Encode(FrameKind.Welcome, welcome, HandshakeJson.Default.Welcome));
        try
        {
            while (!(await transport.ReceiveAsync(new byte[1024])).Closed)
            {
            }
        }
        catch (IOException)
        {
            // The client is gone.
        }
    });
}
