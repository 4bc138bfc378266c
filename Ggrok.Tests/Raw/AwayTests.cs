using Ggrok.Client.Connection;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Raw;

/// <summary>Names of clients that were lost count as long as they are reserved.</summary>
public class AwayTests
{
    [Fact]
    public async Task Names_that_are_kept_for_lost_clients_count_towards_the_limit_of_their_token()
    {
        (int first, int last) = FreePorts.Range(4);
        await using RawScene scene = await RawScene.StartAsync(
            ("GGROK_TCP_PORTS", $"{first}-{last}"), ("GGROK_TOKENS", "greedy,other"), ("GGROK_MAX_TUNNELS_PER_TOKEN", "2"));
        for (int i = 0; i < 2; i++)
        {
            (RunningClient client, _) = await scene.ServeAsync(RawScene.Tcp(9) with { RemotePort = first + i }, "greedy");
            TunnelSession session = scene.Sessions.Single(s => s.Hello.Client == client.ClientId);
            client.Stop();
            session.Connection.RequestClose(CloseReason.TransportLost);
            await Within.Bound(session.Connection.Ended, "the session to end");
            await client.Exit;
        }

        RunningClient third = scene.Start(RunningClient.Options(scene.Server.Url, scene.Server.Url, _ => RawScene.Tcp(9) with { RemotePort = first + 2 }, "greedy"));
        (await third.Events.NextLostAsync()).Reason.ShouldContain("may open 2 tunnels");
        await scene.ServeAsync(RawScene.Tcp(9) with { RemotePort = last }, "other");
    }

    [Fact]
    public async Task A_client_that_was_lost_comes_back_to_its_name_also_at_the_limit()
    {
        await using RawScene scene = await RawScene.StartAsync(("GGROK_TOKENS", "secret"), ("GGROK_MAX_TUNNELS_PER_TOKEN", "1"));
        (RunningClient client, Uri url) = await scene.ServeAsync(RawScene.Tcp(9), "secret");

        await scene.CutAsync(client);

        (await client.Events.NextReadyAsync())[0].Url.ShouldBe(url);
    }
}
