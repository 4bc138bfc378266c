using System.Net;
using Ggrok.Client.Connection;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Hardening;

/// <summary>A client that misbehaves harms itself: the tunnel of another tenant goes on.</summary>
public sealed class TenantTests : IAsyncLifetime
{
    private RunningServer _server = null!;
    private LocalApp _local = null!;
    private RunningClient _neighbour = null!;
    private HttpClient _visitor = null!;

    public async Task InitializeAsync()
    {
        _server = await RunningServer.StartAsync([("GGROK_TOKENS", "mallory, anna"), ("GGROK_MAX_STREAMS", "500")]);
        _local = await LocalApp.StartAsync(context => context.Response.WriteAsync("anna's"));
        _neighbour = new RunningClient(RunningClient.Options(_server.Url, _local.Url, t => t with { Path = "/anna" }, token: "anna"));
        await _neighbour.Events.NextReadyAsync();
        _visitor = new HttpClient { BaseAddress = _server.Url, Timeout = Within.Limit };
    }

    public async Task DisposeAsync()
    {
        _visitor.Dispose();
        await _neighbour.DisposeAsync();
        await _server.DisposeAsync();
        await _local.DisposeAsync();
    }

    [Fact]
    public async Task A_client_that_never_reads_its_connection_stops_only_its_own_requests()
    {
        await using RogueClient rogue = await RogueClient.RegisterAsync(_server.Url, "/mallory", "mallory");
        using var stop = new CancellationTokenSource();

        // More than its socket and the server's batch hold.
        Task[] visitors = [.. Enumerable.Range(0, 400).Select(i => VisitAsync(i, stop.Token))];

        await NeighbourAnswersAsync();
        await stop.CancelAsync();
        await Within.Bound(Task.WhenAll(visitors), "the visitors of the silent client to leave");
        await NeighbourAnswersAsync();

        async Task VisitAsync(int i, CancellationToken cancellation)
        {
            try
            {
                using HttpResponseMessage response = await _visitor.PostAsync($"/mallory/{i}", new ByteArrayContent(new byte[100_000]), cancellation);
            }
            catch (OperationCanceledException)
            {
                // Nobody answers there.
            }
        }
    }

    [Theory]
    [InlineData(FrameKind.Head)]
    [InlineData(FrameKind.Data)]
    [InlineData(FrameKind.Credit)]
    [InlineData(FrameKind.Ping)]
    [InlineData(FrameKind.Reset)]
    [InlineData((FrameKind)200)]
    public async Task A_flood_of_frames_ends_the_flooding_client_or_is_taken_and_the_neighbour_goes_on(FrameKind kind)
    {
        await using (RogueClient rogue = await RogueClient.RegisterAsync(_server.Url, "/mallory", "mallory"))
        {
            try
            {
                byte[] batch = [.. Enumerable.Range(0, 500).SelectMany(i => Frames.Of(kind, (uint)(kind == FrameKind.Ping ? 0 : i + 1), kind switch
                {
                    FrameKind.Head => "{\"status\":200,\"headers\":[]}"u8,
                    FrameKind.Credit => [0xff, 0xff, 0xff, 0xff],
                    FrameKind.Ping => new byte[8],
                    FrameKind.Reset => [0, 3],
                    _ => "abcdefgh"u8,
                }))];
                for (int i = 0; i < 200; i++)
                {
                    await rogue.SendAsync(batch);
                    if (i % 20 == 0)
                    {
                        await NeighbourAnswersAsync();
                    }
                }
            }
            catch (Exception e) when (e is System.Net.WebSockets.WebSocketException or IOException)
            {
                // Thrown out.
            }

            await NeighbourAnswersAsync();
        }

        await Eventually.BecomesAsync(() => Task.FromResult(_server.Get<SessionDirectory>().Sessions.Count()), 1);
    }

    [Fact]
    public async Task Another_tenant_cannot_take_a_name_even_with_the_holders_client_id()
    {
        TunnelClientOptions stolen = RunningClient.Options(_server.Url, _local.Url, t => t with { Path = "/anna" }, token: "mallory", id: _neighbour.ClientId);

        await using var thief = new RunningClient(stolen);
        ClientExit exit = await thief.Exit;

        exit.Code.ShouldBe(ExitCode.NameTaken);
        await NeighbourAnswersAsync();
    }

    [Fact]
    public async Task Another_tenant_cannot_take_a_name_whose_client_is_away()
    {
        await using var lost = await RogueClient.RegisterAsync(_server.Url, "/away", "anna");
        await lost.DisposeAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(_server.Get<TunnelRegistry>().Snapshot().Any(r => r.IsAway)), true);

        await using var thief = new RunningClient(RunningClient.Options(_server.Url, _local.Url, t => t with { Path = "/away" }, token: "mallory"));

        (await thief.Exit).Code.ShouldBe(ExitCode.NameTaken);
    }

    private async Task NeighbourAnswersAsync()
    {
        using HttpResponseMessage response = await _visitor.GetAsync("/anna/x");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsStringAsync()).ShouldBe("anna's");
    }
}
