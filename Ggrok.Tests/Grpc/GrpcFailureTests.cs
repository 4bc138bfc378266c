using System.Net;
using Ggrok.Server.Visitors;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Peers;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Ggrok.Tests.Grpc;

/// <summary>What gRPC visitors are told when the relay has no answer for them.</summary>
public class GrpcFailureTests
{
    private const int Cancelled = 1, DeadlineExceeded = 4, Unimplemented = 12, Internal = 13, Unavailable = 14;

    // An empty message: no compression, length 0 (PROTOCOL-HTTP2).
    private static readonly byte[] s_emptyMessage = new byte[5];

    [PeerFact]
    public async Task Nobody_there_is_unimplemented()
    {
        await using RunningServer server = await RunningServer.StartAsync();

        GrpcCall call = await GrpcCall.UnaryAsync(server.Url);

        (call.Status, call.Error).ShouldBe((Unimplemented, "NoTunnel"));
        call.Message.ShouldContain("Start a tunnel to it.");
    }

    [PeerFact]
    public async Task A_client_that_is_away_is_unavailable()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        server.Get<Ggrok.Server.Tunnels.TunnelRegistry>().Register(
        [
            new Ggrok.Server.Tunnels.TunnelRoute
            {
                Key = Ggrok.Server.Tunnels.RouteKey.Http("127.0.0.1", "/"),
                Owner = new("id", "anna@laptop"),
                AwayUntil = DateTimeOffset.UtcNow + TimeSpan.FromMinutes(1),
            },
        ]);

        GrpcCall call = await GrpcCall.UnaryAsync(server.Url);

        (call.Status, call.Error).ShouldBe((Unavailable, "TunnelAway"));
    }

    [PeerFact]
    public async Task A_service_that_does_not_listen_is_unavailable()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using var client = new RunningClient(RunningClient.Options(server.Url, new Uri("http://127.0.0.1:1")));
        await client.Events.NextReadyAsync();

        GrpcCall call = await GrpcCall.UnaryAsync(server.Url);

        (call.Status, call.Error).ShouldBe((Unavailable, "LocalUnreachable"));
        (await client.Events.NextExchangeAsync()).Error.ShouldBe(RelayError.LocalUnreachable);
    }

    [PeerFact]
    public async Task A_service_that_speaks_http1_only_is_named()
    {
        await using GgrokEnvironment ggrok = await GgrokEnvironment.StartAsync(c => c.Response.WriteAsync("hello"));

        GrpcCall call = await GrpcCall.UnaryAsync(ggrok.Server.Url);

        (call.Status, call.Error).ShouldBe((Unavailable, "LocalProtocol"));
        call.Message.ShouldContain("--target-protocol http1");
    }

    [PeerFact]
    public async Task More_calls_than_may_run_are_unavailable()
    {
        await using GgrokEnvironment ggrok = await StartAsync(SendOneAndWaitAsync, [("GGROK_MAX_STREAMS", "1")]);
        await using RunningProgram first = GrpcCall.Stream(ggrok.Server.Url);
        await first.LineAsync("READY");

        GrpcCall call = await GrpcCall.UnaryAsync(ggrok.Server.Url);

        (call.Status, call.Error).ShouldBe((Unavailable, "TooManyStreams"));
    }

    [PeerFact]
    public async Task A_service_that_stays_silent_exceeds_the_deadline()
    {
        await using GgrokEnvironment ggrok = await StartAsync(c => Task.Delay(Timeout.Infinite, c.RequestAborted), [("GGROK_RESPONSE_TIMEOUT", "1s")]);

        GrpcCall call = await GrpcCall.UnaryAsync(ggrok.Server.Url);

        (call.Status, call.Error).ShouldBe((DeadlineExceeded, "ResponseHeadTimeout"));
    }

    [PeerFact]
    public async Task A_calls_own_deadline_counts_and_not_that_of_the_server()
    {
        // The service answers after the time that the server gives to requests without a deadline, which another call tells.
        var answer = new TaskCompletionSource();
        await using GgrokEnvironment ggrok = await StartAsync(
            async c =>
            {
                await (c.Request.Headers.ContainsKey("grpc-timeout") ? answer.Task : Task.Delay(Timeout.Infinite, c.RequestAborted));
                c.Response.ContentType = "application/grpc";
                c.Response.AppendTrailer("grpc-status", "0");
                await c.Response.Body.WriteAsync(s_emptyMessage);
            },
            [("GGROK_RESPONSE_TIMEOUT", "1s")]);
        Task<GrpcCall> patient = GrpcCall.UnaryAsync(ggrok.Server.Url, seconds: 60);

        (await GrpcCall.UnaryAsync(ggrok.Server.Url)).Status.ShouldBe(DeadlineExceeded);
        (await GrpcCall.UnaryAsync(ggrok.Server.Url)).Status.ShouldBe(DeadlineExceeded);
        patient.IsCompleted.ShouldBeFalse();
        answer.SetResult();

        (await patient).Status.ShouldBe(0);
    }

    [PeerFact]
    public async Task A_status_without_a_message_arrives_in_one_piece()
    {
        await using RawEnvironment ggrok = await RawEnvironment.StartAsync(tunnel: t => t with { TargetProtocol = Ggrok.Client.Connection.TargetProtocol.Http1 });
        Task<GrpcCall> call = GrpcCall.UnaryAsync(ggrok.Server.Url);
        using RawSocket local = await ggrok.Local.AcceptAsync();
        await local.ReadUntilAsync("\r\n\r\n");
        await local.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\ngrpc-status: 5\r\ngrpc-message: nowhere\r\nTransfer-Encoding: chunked\r\n\r\n");

        // Another exchange behind it: the head has passed the tunnel by then, the end has not.
        using RawSocket other = await ggrok.VisitAsync();
        await other.SendAsync("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        using RawSocket second = await ggrok.Local.AcceptAsync();
        await second.ReadUntilAsync("\r\n\r\n");
        await second.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await other.ReadUntilAsync("ok");
        await local.SendAsync("0\r\n\r\n");

        (await call).ShouldBe(new GrpcCall(5, "nowhere", ""));
    }

    [PeerFact]
    public async Task A_stream_that_the_service_cancels_is_cancelled()
    {
        (int status, RelayError error) = await BrokenOffAsync(http2ErrorCode: 8);

        (status, error).ShouldBe((Cancelled, RelayError.LocalCancelled));
    }

    [PeerFact]
    public async Task A_stream_that_the_service_breaks_off_is_an_internal_error()
    {
        (int status, RelayError error) = await BrokenOffAsync(http2ErrorCode: 2);

        (status, error).ShouldBe((Internal, RelayError.ResponseBodyLocal));
    }

    [PeerFact]
    public async Task A_lost_tunnel_breaks_the_stream_off_at_once()
    {
        await using GgrokEnvironment ggrok = await StartAsync(SendOneAndWaitAsync);
        await using RunningProgram stream = GrpcCall.Stream(ggrok.Server.Url);
        await stream.LineAsync("READY");

        ggrok.Server.Get<Ggrok.Server.Tunnels.SessionDirectory>().Sessions.Single().Connection.RequestClose(CloseReason.Internal);

        (await GrpcCall.EndAsync(stream)).Status.ShouldBe(Internal);
    }

    [Fact]
    public void Every_named_error_has_a_status_and_a_message_that_needs_no_encoding()
    {
        foreach (RelayError error in Enum.GetValues<RelayError>().Where(e => e != RelayError.None))
        {
            (GrpcAnswer.StatusOf(error) is > 0 and <= 16 and not 2).ShouldBe(error != RelayError.VisitorGone, error.ToString());
            RelayFailure.Of(error).Advice.All(c => c is >= ' ' and <= '~' and not '%').ShouldBeTrue(error.ToString());
        }
    }

    [Fact]
    public async Task Http1_visitors_with_grpc_web_get_the_same()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using var http = new HttpClient();
        using var content = new ByteArrayContent(s_emptyMessage);
        content.Headers.ContentType = new("application/grpc-web+proto");

        using HttpResponseMessage response = await http.PostAsync(server.Url, content);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/grpc-web+proto");
        response.Headers.GetValues("grpc-status").ShouldBe(["12"]);
        response.Headers.GetValues("grpc-message").Single().ShouldStartWith("NoTunnel: ");
    }

    private static async Task<(int Status, RelayError Error)> BrokenOffAsync(int http2ErrorCode)
    {
        var breakOff = new TaskCompletionSource();
        await using GgrokEnvironment ggrok = await StartAsync(async c =>
        {
            await SendOneAsync(c);
            await breakOff.Task;
            c.Features.GetRequiredFeature<IHttpResetFeature>().Reset(http2ErrorCode);
        });
        await using RunningProgram stream = GrpcCall.Stream(ggrok.Server.Url);
        await stream.LineAsync("READY");
        breakOff.SetResult();
        return ((await GrpcCall.EndAsync(stream)).Status, (await ggrok.Client.Events.NextExchangeAsync()).Error);
    }

    private static async Task SendOneAndWaitAsync(HttpContext context)
    {
        await SendOneAsync(context);
        await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    private static async Task SendOneAsync(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(s_emptyMessage);
        await context.Response.Body.FlushAsync();
    }

    private static Task<GgrokEnvironment> StartAsync(RequestDelegate app, IEnumerable<(string Name, string Value)>? settings = null) =>
        GgrokEnvironment.StartAsync(app, settings, localKestrel: k => k.ConfigureEndpointDefaults(e => e.Protocols = HttpProtocols.Http2));
}
